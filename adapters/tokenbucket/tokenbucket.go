// Package tokenbucket limits requests in this process's memory: a token bucket
// for each client and class of requests.
//
// A bucket holds as many tokens as may be spent at once and is refilled at a
// steady rate. The number of buckets is bounded. One that was not touched for as
// long as it takes to refill is dropped, which gives its client nothing: it would
// be full by now. When there are more clients than buckets, the ones least used
// lose theirs and start over with a full one. Whoever can ask from that many
// addresses is not stopped by a limit per address anyway; what matters is that
// they cannot exhaust the memory, and that busy clients keep their buckets.
package tokenbucket

import (
	"cmp"
	"context"
	"math"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/ports"
)

// Options say what a client may spend. All clients and classes get the same.
type Options struct {
	// RPS is how many requests a second a client may go on making; 0 or less limits nothing.
	RPS float64
	// Burst is how many may come at once; RPS rounded up unless set.
	Burst int
	// Buckets is how many are kept at most; 65,536 unless set. One takes some 250 bytes.
	Buckets int
	// Clock is time.Now unless set.
	Clock func() time.Time
}

// Limiter is a ports.Limiter for one process. It never fails and has no goroutines.
type Limiter struct {
	rps     float64
	burst   int
	clock   func() time.Time
	buckets *otter.Cache[key, *bucket]
}

var _ ports.Limiter = (*Limiter)(nil)

type key struct{ client, class string }

// bucket makes spending a token and reading what is left one step.
type bucket struct {
	mu     sync.Mutex
	tokens *rate.Limiter
}

// New makes a limiter.
func New(o Options) *Limiter {
	if !(o.RPS > 0) { // NaN included
		return &Limiter{}
	}
	l := &Limiter{rps: o.RPS, burst: o.Burst, clock: o.Clock}
	if l.burst < 1 {
		l.burst = int(math.Ceil(o.RPS))
	}
	if l.clock == nil {
		l.clock = time.Now
	}
	l.buckets = otter.Must(&otter.Options[key, *bucket]{
		MaximumSize:      cmp.Or(max(o.Buckets, 0), 1<<16),
		ExpiryCalculator: otter.ExpiryAccessing[key, *bucket](l.lasting(float64(l.burst)) + time.Second),
		Clock:            untickedClock(l.clock),
		Executor:         func(upkeep func()) { upkeep() },
		Logger:           &otter.NoopLogger{},
	})
	return l
}

// Allow spends a token of the client's bucket, if there is one.
func (l *Limiter) Allow(_ context.Context, client, class string) (ports.Budget, error) {
	if l.buckets == nil {
		return ports.Budget{Allowed: true}, nil
	}
	b := l.bucket(key{client, class})
	b.mu.Lock()
	now := l.clock()
	allowed := b.tokens.AllowN(now, 1)
	left := b.tokens.TokensAt(now)
	b.mu.Unlock()

	budget := ports.Budget{
		Allowed:   allowed,
		Limit:     l.burst,
		Remaining: max(0, int(left)),
		Reset:     l.lasting(float64(l.burst) - left),
	}
	if !allowed {
		budget.RetryAfter = l.lasting(1 - left)
	}
	return budget, nil
}

func (l *Limiter) bucket(k key) *bucket {
	if b, ok := l.buckets.GetIfPresent(k); ok {
		return b
	}
	b, _ := l.buckets.ComputeIfAbsent(k, func() (*bucket, bool) {
		return &bucket{tokens: rate.NewLimiter(rate.Limit(l.rps), l.burst)}, false
	})
	return b
}

// lasting is how long it takes to refill that many tokens, rounded up.
func (l *Limiter) lasting(tokens float64) time.Duration {
	const longest = 1000 * time.Hour // a bucket that fills more slowly than that is as good as never full
	ns := math.Ceil(tokens / l.rps * float64(time.Second))
	return time.Duration(min(max(ns, 0), float64(longest)))
}

// untickedClock lets the cache see the limiter's time. Without ticks it has no goroutine that cleans
// up; what has expired goes when something is added.
type untickedClock func() time.Time

func (c untickedClock) NowNano() int64                      { return c().UnixNano() }
func (c untickedClock) Tick(time.Duration) <-chan time.Time { return nil }
