package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/adapters/plainmodel"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// stock is a store in memory, which can be away, and lose its end.
type stock struct {
	now atomic.Pointer[plainmodel.Model]

	mu      sync.Mutex
	changes []catalogue.Change
	err     error
	hung    chan struct{}   // closed when it answers again; nil while it does
	cut     context.Context // ends when what goes on is to fail
	fail    context.CancelFunc

	during func() // a snapshot, when it begins

	searches, snapshots atomic.Int64
}

func newStock(events ...event.Event) *stock {
	s := &stock{}
	s.cut, s.fail = context.WithCancel(context.Background())
	s.restore(events...)
	return s
}

// restore makes it another history, with these events.
func (s *stock) restore(events ...event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := plainmodel.New(plainmodel.Options{Remembered: 1 << 20})
	_ = m.Fill(context.Background(), empty{})
	old := s.now.Swap(m)
	s.changes = nil
	s.write(events...)
	if old != nil {
		old.Drop() // who waits for its news hears of it
	}
}

type empty struct{}

func (empty) Snapshot(context.Context, event.TimeRange, func(*event.Event) error) (catalogue.Version, error) {
	return catalogue.Version{}, nil
}

// put logs events and returns the head.
func (s *stock) put(events ...event.Event) catalogue.Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(events...)
	at, _ := s.now.Load().At()
	return at
}

func (s *stock) write(events ...event.Event) {
	changes := make([]catalogue.Change, len(events))
	for i, e := range events {
		changes[i] = catalogue.Change{
			Version: catalogue.Version{Number: int64(len(s.changes)+i) + 1, Tag: rand.Uint64()},
			Event:   e, Was: event.During(e.Facts.Start, e.Facts.End),
		}
	}
	s.changes = append(s.changes, changes...)
	if err := s.now.Load().Apply(context.Background(), changes); err != nil {
		panic(err)
	}
}

// leave makes it fail with err; nil brings it back.
func (s *stock) leave(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.fail()
	s.cut, s.fail = context.WithCancel(context.Background())
}

// hang makes it neither answer nor fail, where it is asked for changes.
func (s *stock) hang(hangs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if hangs {
		s.hung = make(chan struct{})
		return
	}
	close(s.hung)
	s.hung = nil
}

// whenRead has do done when a snapshot begins.
func (s *stock) whenRead(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.during = do
}

func (s *stock) away() (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut, s.err
}

func (s *stock) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	s.searches.Add(1)
	if _, err := s.away(); err != nil {
		return catalogue.Page{}, err
	}
	return s.now.Load().Search(ctx, q)
}

func (s *stock) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	s.snapshots.Add(1)
	if _, err := s.away(); err != nil {
		return catalogue.Version{}, err
	}
	s.mu.Lock()
	during := s.during
	s.mu.Unlock()
	if during != nil {
		during()
	}
	return s.now.Load().Snapshot(ctx, starts, each)
}

func (s *stock) Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	s.mu.Lock()
	hung := s.hung
	s.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-ctx.Done():
			return catalogue.ChangeBatch{}, fault.Wrap(fault.Unavailable, "read changes", ctx.Err())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return catalogue.ChangeBatch{}, s.err
	}
	var batch catalogue.ChangeBatch
	if len(s.changes) > 0 {
		batch.Head = s.changes[len(s.changes)-1].Version
	}
	rest := s.changes
	if after != (catalogue.Version{}) {
		if after.Number > int64(len(s.changes)) || s.changes[after.Number-1].Version != after {
			return catalogue.ChangeBatch{}, fault.New(fault.Gone, "version %s belongs to another history", after)
		}
		rest = s.changes[after.Number:]
	}
	batch.Changes = slices.Clone(rest[:min(limit, len(rest))])
	return batch, nil
}

func (s *stock) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	for {
		cut, err := s.away()
		if err != nil {
			return catalogue.Version{}, err
		}
		life, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(cut, cancel)
		at, err := s.now.Load().Await(life, after)
		stop()
		cancel()
		if err == nil || ctx.Err() != nil {
			return at, err
		}
	}
}

// gig is one of a row of events, each on a day of its own from the midnight of a Monday on.
func gig(n int) event.Event {
	identity := event.Identity{Provider: "default", Base: "1", Event: fmt.Sprint(n)}
	start := event.MomentAt(midnight.Add(time.Duration(n)*24*time.Hour).Unix(), 0)
	return event.Event{ID: identity.ID(), Identity: identity, Facts: event.Facts{Title: fmt.Sprint("Gig ", n), Start: start, End: start}}
}

func gigs(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = gig(i)
	}
	return list
}

// called is the event by another title.
func called(e event.Event, title string) event.Event {
	e.Facts.Title = title
	return e
}

func (s *stock) isAway() bool {
	_, err := s.away()
	return err != nil
}
