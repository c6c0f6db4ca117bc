package postgres

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

const (
	// openEvery is how long a database that could not be opened is left alone.
	openEvery = time.Second
	// openWait is how long Open waits for one that may be opened later. One that does not even refuse, or that another process
	// migrates, takes longer.
	openWait = 5 * time.Second
)

// openOrLeave opens the database if it is there, and otherwise has it opened later.
func (s *Store) openOrLeave(ctx, life context.Context, o Options) error {
	s.gate.shutFor(nil)
	found, left := make(chan error), make(chan struct{})
	defer close(left)
	s.owned.Go(func() { s.openLater(life, o, found, left) })
	wait := time.NewTimer(openWait)
	defer wait.Stop()
	select {
	case err := <-found:
		if fault.Is(err, fault.Unavailable) {
			return nil
		}
		return err
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap(fault.Canceled, "open database", ctx.Err())
	}
}

// openLater tries to open the database until it is open, or cannot be. What the first attempt found is for whoever waits for
// it, until they left.
func (s *Store) openLater(life context.Context, o Options, found chan<- error, left <-chan struct{}) {
	for attempt := 1; ; attempt++ {
		err := s.prepare(life, o)
		if life.Err() != nil {
			return
		}
		if err == nil {
			s.gate.open()
		} else {
			s.gate.shutFor(err)
		}
		waitedFor := false
		select {
		case found <- err:
			waitedFor = true
		case <-left:
		}
		if !fault.Is(err, fault.Unavailable) {
			if !waitedFor && o.OnOpened != nil {
				o.OnOpened(err)
			}
			if err == nil && o.Listen {
				s.engine.listen(life, o.URL)
			}
			return
		}
		if attempt == 1 {
			s.engine.log.WarnContext(life, "the database cannot be opened yet, and is tried again until it can", "error", err)
		}
		select {
		case <-life.Done():
			return
		case <-time.After(openEvery):
		}
	}
}

// gate is an engine that nobody gets to before it is open: until then its schema may be missing, or changing.
type gate struct {
	*engine
	shut atomic.Pointer[fault.Error] // what everybody is told; nil while it is open
}

func (g *gate) open() { g.shut.Store(nil) }

func (g *gate) shutFor(why error) {
	g.shut.Store(&fault.Error{Kind: fault.Unavailable, Message: "the database was not to be had since the start", RetryAfter: openEvery, Cause: why})
}

type transaction = func(context.Context, func(sqlstore.Tx) error) error

func (g *gate) through(to transaction) transaction {
	if shut := g.shut.Load(); shut != nil {
		return func(context.Context, func(sqlstore.Tx) error) error { return shut }
	}
	return to
}

// Update implements sqlstore.Database, like all below.
func (g *gate) Update(ctx context.Context, work func(sqlstore.Tx) error) error {
	return g.through(g.engine.Update)(ctx, work)
}

func (g *gate) View(ctx context.Context, work func(sqlstore.Tx) error) error {
	return g.through(g.engine.View)(ctx, work)
}

func (g *gate) Watch(ctx context.Context, work func(sqlstore.Tx) error) error {
	return g.through(g.engine.Watch)(ctx, work)
}

func (g *gate) Snapshot(ctx context.Context, work func(sqlstore.Tx) error) error {
	return g.through(g.engine.Snapshot)(ctx, work)
}
