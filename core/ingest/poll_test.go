package ingest_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/membroker"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
)

// office gives out leases and runs, by the clock of the test's bubble.
type office struct {
	mu      sync.Mutex
	holder  string
	expires time.Time
	fence   int64
	away    error // while it is set, nothing works

	starts  []catalogue.Start
	begun   []time.Time
	refuses error // to begin a run
	last    catalogue.RunNumber
}

func (o *office) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (int64, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, false, fault.Wrap(fault.Unavailable, "acquire lease", err)
	}
	if o.away != nil {
		return 0, false, o.away
	}
	if name != "fetch:default" || o.holder != holder && time.Now().Before(o.expires) {
		return 0, false, nil
	}
	if o.holder != holder {
		o.fence++
	}
	o.holder, o.expires = holder, time.Now().Add(ttl)
	return o.fence, true, nil
}

func (o *office) Release(ctx context.Context, _, holder string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Unavailable, "release lease", err)
	}
	if o.holder == holder {
		o.expires = time.Time{}
	}
	return o.away
}

func (o *office) Begin(_ context.Context, s catalogue.Start) (catalogue.Begun, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.starts = append(o.starts, s)
	if o.holder != s.Holder || !time.Now().Before(o.expires) {
		return catalogue.Begun{}, &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNotHolder, Message: "the lease is not held"}
	}
	if o.refuses != nil {
		return catalogue.Begun{}, o.refuses
	}
	o.begun = append(o.begun, time.Now())
	o.last = max(o.last+1, catalogue.RunAt(time.Now()))
	return catalogue.Begun{Run: catalogue.RunRef{Provider: s.Provider, Number: o.last}}, nil
}

// heldBy is who has the lease now, empty for nobody.
func (o *office) heldBy() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().Before(o.expires) {
		return o.holder
	}
	return ""
}

// take gives the lease to someone else, whoever has it.
func (o *office) take(holder string, ttl time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.holder, o.expires = holder, time.Now().Add(ttl)
	o.fence++
}

func (o *office) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

// asks are what it was asked for runs.
func (o *office) asks() []catalogue.Start {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.starts)
}

// runsAfter are the times at which runs began, since the given one.
func (o *office) runsAfter(since time.Time) []time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []time.Duration
	for _, t := range o.begun {
		all = append(all, t.Sub(since))
	}
	return all
}

// poll runs a poller for as long as the test says, and returns how to stop it.
func poll(t *testing.T, o *office, holder string, f *feed, log *slog.Logger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := ingest.NewPoller(source, time.Minute, holder, o, o, ingest.NewFetcher(f, membroker.New(10_000)), log)
	var poller sync.WaitGroup
	poller.Go(func() { p.Run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		poller.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func TestAFeedIsReadAtOnceAndThenAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		poll(t, o, "one", &feed{records: concerts(3)}, quiet)
		for range 180 {
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, "one", o.heldBy(), "between two runs the lease is kept")
		}
		assert.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute, 3 * time.Minute}, o.runsAfter(start))
		assert.Equal(t, catalogue.RunNumber(0), o.asks()[0].Announced)
		for i, s := range o.asks() {
			assert.Equal(t, "default", s.Provider)
			assert.Equal(t, "one", s.Holder)
			assert.Equal(t, 10*time.Minute, s.Patience, "ten intervals")
			if i > 0 {
				assert.Equal(t, catalogue.RunAt(start.Add(o.runsAfter(start)[i-1])), s.Announced, "the run before is one of its own")
			}
		}
	})
}

func TestAReadingThatTakesLongerThanTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		poll(t, o, "one", &feed{records: concerts(1), onTheWay: func(int) { time.Sleep(90 * time.Second) }}, quiet)
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []time.Duration{0, 90 * time.Second, 180 * time.Second}, o.runsAfter(start), "one after the other, never two at once")
	})
}

func TestAnotherProcessWaitsUntilTheLeaseExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		o.take("one that died", ingest.LeaseTTL)
		poll(t, o, "two", &feed{}, quiet)
		time.Sleep(ingest.LeaseTTL - time.Millisecond)
		synctest.Wait()
		require.Empty(t, o.asks(), "it does not even ask for a run")
		time.Sleep(ingest.LeaseTTL/3 + time.Millisecond)
		synctest.Wait()
		require.Len(t, o.runsAfter(start), 1)
		assert.GreaterOrEqual(t, o.runsAfter(start)[0], ingest.LeaseTTL)
	})
}

func TestOfTwoProcessesOneReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		first, second := &feed{}, &feed{}
		stop := poll(t, o, "one", first, quiet)
		synctest.Wait()
		poll(t, o, "two", second, quiet)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Len(t, first.readings(), 6)
		assert.Empty(t, second.readings())

		stop()
		assert.Empty(t, o.heldBy(), "whoever stops gives the lease back")
		time.Sleep(ingest.LeaseTTL / 3)
		synctest.Wait()
		assert.Equal(t, "two", o.heldBy(), "so that another takes over long before it expires")
		assert.Len(t, second.readings(), 1)
		assert.Len(t, first.readings(), 6)
	})
}

func TestStoppingEndsTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		f := &feed{records: concerts(1000), onTheWay: func(int) { time.Sleep(time.Second) }}
		stop := poll(t, o, "one", f, quiet)
		time.Sleep(30*time.Second + time.Millisecond)
		before := time.Now()
		stop()
		assert.LessOrEqual(t, time.Since(before), time.Second)
		assert.Empty(t, o.heldBy())
		assert.Len(t, o.runsAfter(before), 1)
	})
}

func TestTheLeaseIsRenewedWhileAFeedIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &office{}
		poll(t, o, "one", &feed{records: concerts(50), onTheWay: func(int) { time.Sleep(time.Second) }}, quiet)
		for range 49 {
			time.Sleep(time.Second)
			synctest.Wait()
			require.Equal(t, "one", o.heldBy())
		}
	})
}

func TestALostLeaseEndsTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, log := &office{}, &strings.Builder{}
		f := &feed{records: concerts(1000), onTheWay: func(int) { time.Sleep(100 * time.Millisecond) }}
		stop := poll(t, o, "one", f, slog.New(slog.NewTextHandler(log, nil)))
		time.Sleep(5 * time.Second)
		o.take("two", time.Hour)
		time.Sleep(ingest.LeaseTTL)
		synctest.Wait()
		assert.Contains(t, log.String(), "the lease was lost during the fetch")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		assert.Len(t, o.asks(), 1, "no run begins without the lease")

		o.take("", 0)
		time.Sleep(ingest.LeaseTTL / 3)
		synctest.Wait()
		require.Len(t, o.asks(), 2, "it takes part again")
		assert.Zero(t, o.asks()[1].Announced, "the run that was broken off was never announced")
		stop()
	})
}

func TestAStoreThatIsAwayWhileAFeedIsRead(t *testing.T) {
	tests := map[string]struct {
		away time.Duration
		ends bool
	}{
		"for a moment":              {4 * time.Second, false},
		"until the lease has ended": {time.Minute, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{}
				var reached int
				f := &feed{records: concerts(400), onTheWay: func(position int) {
					reached = position
					time.Sleep(100 * time.Millisecond)
				}}
				stop := poll(t, o, "one", f, quiet)
				time.Sleep(5 * time.Second)
				o.set(func() { o.away = fault.New(fault.Unavailable, "connection refused") })
				time.Sleep(tt.away)
				o.set(func() { o.away = nil })
				synctest.Wait()
				time.Sleep(40 * time.Second)
				synctest.Wait()
				stop()
				if tt.ends {
					assert.Less(t, reached, 400, "nobody knows who holds the lease by then")
				} else {
					assert.Equal(t, 400, reached)
				}
			})
		})
	}
}

func TestAStoreThatIsAwayBeforeARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{away: fault.New(fault.Unavailable, "connection refused")}, time.Now()
		f := &feed{}
		poll(t, o, "one", f, quiet)
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		require.Empty(t, f.readings(), "what nobody can number is not read")
		o.set(func() { o.away = nil })
		time.Sleep(ingest.LeaseTTL / 3)
		synctest.Wait()
		require.Len(t, o.runsAfter(start), 1)
		assert.LessOrEqual(t, o.runsAfter(start)[0], 5*time.Minute+time.Second+ingest.LeaseTTL/3)
	})
}

func TestTheProviderAsksForAPause(t *testing.T) {
	tests := map[string]struct{ asked, next time.Duration }{
		"more than the backoff":         {10 * time.Second, 10 * time.Second},
		"a longer one":                  {5 * time.Minute, 5 * time.Minute},
		"as long as is listened to":     {10 * time.Minute, 10 * time.Minute},
		"a day, which nobody waits for": {24 * time.Hour, 10 * time.Minute},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, start := &office{}, time.Now()
				poll(t, o, "one", &feed{cut: &fault.Error{Kind: fault.Unavailable, Message: "the provider answered 503", RetryAfter: tt.asked}}, quiet)
				time.Sleep(tt.next + time.Millisecond)
				synctest.Wait()
				assert.Equal(t, []time.Duration{0, tt.next}, o.runsAfter(start))
			})
		})
	}
}

func TestAPauseBeginsWithTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		poll(t, o, "one", &feed{
			records: concerts(1), onTheWay: func(int) { time.Sleep(30 * time.Second) },
			cut: &fault.Error{Kind: fault.Unavailable, Message: "the provider answered 503", RetryAfter: 2 * time.Minute},
		}, quiet)
		time.Sleep(2*time.Minute + 31*time.Second)
		synctest.Wait()
		assert.Equal(t, []time.Duration{0, 2*time.Minute + 30*time.Second}, o.runsAfter(start))
	})
}

func TestARunIsSkippedWhileTheLastIsConsumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		o := &office{refuses: &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeStillConsuming, Message: "run default/1 is still being consumed"}}
		f := &feed{}
		stop := poll(t, o, "one", f, slog.New(slog.NewTextHandler(&log, nil)))
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		assert.Len(t, o.asks(), 3, "it asks at its interval")
		assert.Empty(t, f.readings())
		o.set(func() { o.refuses = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Len(t, f.readings(), 1)
		stop()
		assert.Contains(t, log.String(), "run default/1 is still being consumed")
		assert.NotContains(t, log.String(), "level=WARN", "nothing is wrong")
	})
}

func TestReadingOnce(t *testing.T) {
	o, f := &office{}, &feed{records: concerts(3)}
	broker := membroker.New(10)
	p := ingest.NewPoller(source, time.Minute, "one", o, o, ingest.NewFetcher(f, broker), quiet)
	fetched, err := p.Once(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 3, fetched.Records)
	assert.Len(t, arrived(t, broker), 2)
	assert.Equal(t, "one", o.heldBy())
	p.Release(t.Context())
	assert.Empty(t, o.heldBy())

	t.Run("while another process reads", func(t *testing.T) {
		o.take("two", time.Hour)
		_, err := p.Once(t.Context())
		var conflict *fault.Error
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, fault.Conflict, conflict.Kind)
		assert.Equal(t, catalogue.CodeNotHolder, conflict.Code)
		p.Release(t.Context())
		assert.Equal(t, "two", o.heldBy(), "it gives back only what it has")
	})
	t.Run("while the last run is consumed", func(t *testing.T) {
		o.take("one", time.Hour)
		o.refuses = &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeStillConsuming}
		_, err := p.Once(t.Context())
		assert.ErrorIs(t, err, o.refuses)
	})
	t.Run("without a store", func(t *testing.T) {
		o.away = fault.New(fault.Unavailable, "connection refused")
		_, err := p.Once(t.Context())
		assert.ErrorIs(t, err, o.away)
	})
}

// waits are those between readings of which each fails at once.
func waits(o *office, start time.Time) []time.Duration {
	var all []time.Duration
	began := o.runsAfter(start)
	for i := range began[1:] {
		all = append(all, began[i+1]-began[i])
	}
	return all
}

func TestAReadingThatFailedIsTriedAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		f := &feed{cut: fault.New(fault.Unavailable, "the feed ends early")}
		poll(t, o, "one", f, quiet)
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		got := waits(o, start)
		require.GreaterOrEqual(t, len(got), 6)
		varied := false
		for i, seconds := range []int{5, 10, 20, 40, 60, 60} {
			most := time.Duration(seconds) * time.Second
			assert.LessOrEqual(t, got[i], most, "wait %d", i)
			assert.GreaterOrEqual(t, got[i], most*9/10, "wait %d", i)
			varied = varied || got[i] != most
		}
		assert.True(t, varied, "fetchers that failed together do not come back together")
	})
}

func TestASuccessEndsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		var readings int
		f := &feed{records: concerts(1), cut: fault.New(fault.Unavailable, "the feed ends early")}
		wellNow := &feed{records: concerts(1)}
		broker := membroker.New(10_000)
		p := ingest.NewPoller(source, time.Minute, "one", o, o, reads(func(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error) {
			if readings++; readings == 4 {
				return ingest.NewFetcher(wellNow, broker).Fetch(ctx, s, run)
			}
			return ingest.NewFetcher(f, broker).Fetch(ctx, s, run)
		}), quiet)
		ctx, cancel := context.WithCancel(t.Context())
		var poller sync.WaitGroup
		poller.Go(func() { p.Run(ctx) })
		time.Sleep(2 * time.Minute)
		cancel()
		poller.Wait()
		got := waits(o, start)
		require.GreaterOrEqual(t, len(got), 5)
		assert.Equal(t, time.Minute, got[3], "the interval, once it was read")
		assert.InDelta(t, 5*time.Second, got[4], float64(time.Second/2), "the first wait again")
	})
}

// reads is a reading of a feed that a test makes up.
type reads func(context.Context, catalogue.Source, catalogue.Begun) (ingest.Fetched, error)

func (r reads) Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error) {
	return r(ctx, s, run)
}

func TestWhatIsNoFailureWaitsForTheInterval(t *testing.T) {
	for name, refusal := range map[string]error{
		"the run before is consumed": &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeStillConsuming, Message: "run default/1 is still being consumed"},
		"another process reads":      &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNotHolder, Message: "the lease is not held"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &office{refuses: refusal}
				poll(t, o, "one", &feed{}, quiet)
				time.Sleep(2*time.Minute + time.Second)
				synctest.Wait()
				assert.Len(t, o.asks(), 3)
			})
		})
	}
}

func TestTheBackoffIsNeverLongerThanTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, start := &office{}, time.Now()
		p := ingest.NewPoller(source, time.Second, "one", o, o,
			ingest.NewFetcher(&feed{cut: fault.New(fault.Unavailable, "the feed ends early")}, membroker.New(10_000)), quiet)
		ctx, cancel := context.WithCancel(t.Context())
		var poller sync.WaitGroup
		poller.Go(func() { p.Run(ctx) })
		time.Sleep(10 * time.Second)
		cancel()
		poller.Wait()
		for _, wait := range waits(o, start) {
			assert.LessOrEqual(t, wait, time.Second)
			assert.GreaterOrEqual(t, wait, 900*time.Millisecond)
		}
		assert.GreaterOrEqual(t, len(o.runsAfter(start)), 10)
	})
}
