// Package memcache keeps answers in this process's memory.
//
// It is bounded by bytes. When it is full, the answers go that are asked for least, and a new one that nobody asks for
// again does not drive out those that everybody does.
package memcache

import (
	"cmp"
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options adjust a cache; the zero value works.
type Options struct {
	// Bytes is how much it may hold; 64 MiB unless set.
	Bytes int64
	// Clock is time.Now unless set.
	Clock func() time.Time
}

// Cache is a ports.AnswerCache for one process. It never fails and has no goroutines.
type Cache struct {
	entries *otter.Cache[ports.AnswerKey, entry]
}

var _ ports.AnswerCache = (*Cache)(nil)

type entry struct {
	ports.Answer
	ttl time.Duration
}

// overhead is what an entry takes beside its body.
const overhead = 256

// New makes a cache.
func New(o Options) *Cache {
	clock := o.Clock
	if clock == nil {
		clock = time.Now
	}
	return &Cache{entries: otter.Must(&otter.Options[ports.AnswerKey, entry]{
		MaximumWeight: uint64(cmp.Or(max(o.Bytes, 0), 64<<20)), //nolint:gosec // not negative
		Weigher: func(_ ports.AnswerKey, e entry) uint32 {
			return uint32(cap(e.Body)) + overhead //nolint:gosec // bounded by Put
		},
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[ports.AnswerKey, entry]) time.Duration { return e.Value.ttl }),
		Clock:            untickedClock(clock),
		Executor:         func(upkeep func()) { upkeep() },
		Logger:           &otter.NoopLogger{},
	})}
}

// Get implements ports.AnswerCache.
func (c *Cache) Get(ctx context.Context, key ports.AnswerKey) (a ports.Answer, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return ports.Answer{}, false, fault.Wrap(fault.Unavailable, "look for an answer", err)
	}
	e, found := c.entries.GetIfPresent(key)
	return e.Answer, found, nil
}

// Put implements ports.AnswerCache.
func (c *Cache) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Unavailable, "keep an answer", err)
	}
	if len(a.Body) > ports.MaxAnswer || ttl <= 0 {
		c.entries.Invalidate(key) // what it replaces is not to be found either
		return nil
	}
	if cap(a.Body) > len(a.Body)+len(a.Body)/8 {
		a.Body = append(make([]byte, 0, len(a.Body)), a.Body...)
	}
	c.entries.Set(key, entry{a, ttl})
	return nil
}

// Close forgets everything.
func (c *Cache) Close() { c.entries.InvalidateAll() }

// untickedClock lets the cache see the time. Without ticks it has no goroutine that cleans up; what has expired
// goes when something is added.
type untickedClock func() time.Time

func (c untickedClock) NowNano() int64                      { return c().UnixNano() }
func (c untickedClock) Tick(time.Duration) <-chan time.Time { return nil }
