package search

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

const (
	// readTimeout is how long the log may take to be read.
	readTimeout = 10 * time.Second
	// mostWaiting is how many readers may wait for changes at a time. Each costs a connection and little else.
	mostWaiting = 10_000
	// breath is between two looks of a reader who was told of news that there are not.
	breath = 100 * time.Millisecond
)

// Changes tells what changed, in order, to readers who keep copies of the catalogue. However many they are, the log is read
// by one of them at a time, and those who ask for the same share what it brings: so they cannot be in the way of those
// whose answers hang on it.
//
// It may be used from many goroutines.
type Changes struct {
	log     ports.ChangeReader
	fresh   *Freshness
	clock   func() time.Time
	turn    chan struct{}
	reads   *flights[changesAfter, catalogue.ChangeBatch]
	waiting atomic.Int64
	ended   chan struct{} // closed when nobody is to wait any more
	end     func()
}

type changesAfter struct {
	version catalogue.Version
	limit   int
}

// NewChanges reads the log. Who waits for changes waits for fresh to hear of them.
func NewChanges(log ports.ChangeReader, fresh *Freshness, clock func() time.Time) *Changes {
	c := &Changes{log: log, fresh: fresh, clock: clock, turn: make(chan struct{}, 1), reads: newFlights[changesAfter, catalogue.ChangeBatch](readTimeout)}
	c.ended = make(chan struct{})
	c.end = sync.OnceFunc(func() { close(c.ended) })
	return c
}

// End lets go of all who wait, and nobody waits from then on: they are told what there is.
func (c *Changes) End() { c.end() }

func (c *Changes) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// Head is the last version.
func (c *Changes) Head(ctx context.Context) (catalogue.Version, error) {
	batch, err := c.read(ctx, changesAfter{limit: 1})
	return batch.Head, err
}

// ToldChanges are changes, and for how long nothing was done but to wait for them.
type ToldChanges struct {
	catalogue.ChangeBatch // shared: not to be changed
	Waited                time.Duration
}

// After returns at most limit changes after a version, in order. Where there are none it waits for some, but no longer than
// wait, and not at all where too many wait already. A version of another history is fault.Gone.
func (c *Changes) After(ctx context.Context, version catalogue.Version, limit int, wait time.Duration) (told ToldChanges, err error) {
	told.Head = version
	what := changesAfter{version, limit}
	if wait <= 0 || version == (catalogue.Version{}) || c.fresh.Followed() != version { // else the log would only say what is known
		told.ChangeBatch, err = c.read(ctx, what)
	}
	if err != nil || len(told.Changes) > 0 || wait <= 0 {
		return told, err
	}
	defer c.waiting.Add(-1)
	if c.waiting.Add(1) > mostWaiting {
		return told, nil
	}
	patience, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for patience.Err() == nil && !c.over() {
		began := c.clock()
		c.fresh.Await(patience, c.ended, version)
		waited := c.clock().Sub(began)
		told.Waited += waited
		if ctx.Err() != nil {
			return told, fault.Wrap(fault.Unavailable, "wait for changes", ctx.Err())
		}
		if told.ChangeBatch, err = c.read(ctx, what); err != nil || len(told.Changes) > 0 {
			return told, err
		}
		if waited < breath { // the follower is ahead of the log, which has lost its end, and will see that soon
			select {
			case <-patience.Done():
			case <-c.ended:
			case <-time.After(breath):
			}
		}
	}
	return told, nil
}

// read reads the log, or waits for another caller who reads the same.
func (c *Changes) read(ctx context.Context, what changesAfter) (catalogue.ChangeBatch, error) {
	f, pilot := c.reads.join(what)
	if pilot {
		c.reads.fly(ctx, what, f, func(life context.Context) (catalogue.ChangeBatch, error) {
			select {
			case c.turn <- struct{}{}:
			case <-life.Done():
				return catalogue.ChangeBatch{}, fault.Wrap(fault.Unavailable, "wait for a turn to read changes", life.Err())
			}
			defer func() { <-c.turn }()
			return c.log.Changes(life, what.version, what.limit)
		})
		return f.brought, f.err
	}
	select {
	case <-ctx.Done():
		c.reads.leave(f)
		return catalogue.ChangeBatch{}, fault.Wrap(fault.Unavailable, "wait for changes to be read", ctx.Err())
	case <-f.over:
		return f.brought, f.err
	}
}
