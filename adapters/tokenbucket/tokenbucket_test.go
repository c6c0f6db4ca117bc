package tokenbucket_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/tokenbucket"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	porttest.Limiter(t, func(_ *testing.T, perSecond float64, burst int) ports.Limiter {
		return tokenbucket.New(tokenbucket.Options{RPS: perSecond, Burst: burst})
	})
}

func TestBudgetIsExact(t *testing.T) {
	now := time.Date(2021, 6, 30, 21, 0, 0, 0, time.UTC)
	l := tokenbucket.New(tokenbucket.Options{RPS: 2, Burst: 3, Clock: func() time.Time { return now }})
	steps := []struct {
		wait time.Duration
		want ports.Budget
	}{
		{0, ports.Budget{Allowed: true, Limit: 3, Remaining: 2, Reset: 500 * time.Millisecond}},
		{0, ports.Budget{Allowed: true, Limit: 3, Remaining: 1, Reset: time.Second}},
		{0, ports.Budget{Allowed: true, Limit: 3, Remaining: 0, Reset: 1500 * time.Millisecond}},
		{0, ports.Budget{Limit: 3, Remaining: 0, Reset: 1500 * time.Millisecond, RetryAfter: 500 * time.Millisecond}},
		{250 * time.Millisecond, ports.Budget{Limit: 3, Remaining: 0, Reset: 1250 * time.Millisecond, RetryAfter: 250 * time.Millisecond}},
		{250 * time.Millisecond, ports.Budget{Allowed: true, Limit: 3, Remaining: 0, Reset: 1500 * time.Millisecond}},
		{time.Second, ports.Budget{Allowed: true, Limit: 3, Remaining: 1, Reset: time.Second}},
		{time.Hour, ports.Budget{Allowed: true, Limit: 3, Remaining: 2, Reset: 500 * time.Millisecond}},
		{-time.Minute, ports.Budget{Allowed: true, Limit: 3, Remaining: 1, Reset: time.Second}}, // the clock was set back
	}
	for i, step := range steps {
		now = now.Add(step.wait)
		got, err := l.Allow(t.Context(), "192.0.2.1", "api")
		if err != nil || got != step.want {
			t.Errorf("step %d: %+v, %v\nwant %+v", i, got, err, step.want)
		}
	}
}

func TestNothingIsLimitedWithoutARate(t *testing.T) {
	l := tokenbucket.New(tokenbucket.Options{Burst: 1})
	for range 10 {
		if got, err := l.Allow(t.Context(), "192.0.2.1", "api"); err != nil || got != (ports.Budget{Allowed: true}) {
			t.Fatalf("Allow = %+v, %v, want it allowed without a limit", got, err)
		}
	}
}

func TestBurstFollowsTheRateUnlessSet(t *testing.T) {
	for rps, want := range map[float64]int{0.1: 1, 1: 1, 2.5: 3, 100: 100} {
		got, _ := tokenbucket.New(tokenbucket.Options{RPS: rps}).Allow(t.Context(), "192.0.2.1", "api")
		if got.Limit != want {
			t.Errorf("at %v a second the burst is %d, want %d", rps, got.Limit, want)
		}
	}
}

// Whatever the rates and the moments of asking, a client never gets more than the burst and what was refilled since,
// and the wait that it is told is enough.
func TestNeverMoreThanTheRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rps := rapid.Float64Range(0.01, 5000).Draw(t, "rps")
		burst := rapid.IntRange(1, 200).Draw(t, "burst")
		begun := time.Date(2021, 6, 30, 21, 0, 0, 0, time.UTC)
		now := begun
		l := tokenbucket.New(tokenbucket.Options{RPS: rps, Burst: burst, Clock: func() time.Time { return now }})
		allowed := 0
		for range rapid.IntRange(1, 300).Draw(t, "requests") {
			b, _ := l.Allow(t.Context(), "192.0.2.1", "api")
			if !b.Allowed {
				if b.RetryAfter <= 0 {
					t.Fatalf("refused without a wait: %+v", b)
				}
				if rapid.Bool().Draw(t, "wait as told") {
					now = now.Add(b.RetryAfter)
					if b, _ = l.Allow(t.Context(), "192.0.2.1", "api"); !b.Allowed {
						t.Fatalf("refused after the wait that it was told; now %+v", b)
					}
				}
			}
			if b.Allowed {
				allowed++
			}
			if most := float64(burst) + now.Sub(begun).Seconds()*rps + 0.001; float64(allowed) > most {
				t.Fatalf("%d requests in %v at %v a second and a burst of %d", allowed, now.Sub(begun), rps, burst)
			}
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(float64(time.Second)/rps)).Draw(t, "pause")))
		}
	})
}

// A bucket that is dropped because nobody touched it must be full by then, or dropping it would be a gift.
func TestDroppingAnIdleBucketIsNoGift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := tokenbucket.New(tokenbucket.Options{RPS: 1, Burst: 10})
		spend := func() (allowed int) {
			for range 20 {
				if b, _ := l.Allow(t.Context(), "192.0.2.1", "api"); b.Allowed {
					allowed++
				}
			}
			return allowed
		}
		for _, step := range []struct {
			idle time.Duration
			want int
		}{{0, 10}, {4 * time.Second, 4}, {9 * time.Second, 9}, {10 * time.Second, 10}, {11*time.Second + time.Millisecond, 10}, {time.Hour, 10}} {
			time.Sleep(step.idle)
			if got := spend(); got != step.want {
				t.Errorf("after %v without a request %d are allowed, want %d", step.idle, got, step.want)
			}
		}
	})
}

// Spending and telling what is left are one step, however many ask at once.
func TestEveryRequestIsToldItsOwnRemainder(t *testing.T) {
	const burst, askers = 100_000, 4
	l := tokenbucket.New(tokenbucket.Options{RPS: 0.001, Burst: burst})
	told := make([]atomic.Bool, burst)
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for range burst / askers {
				b, _ := l.Allow(t.Context(), "192.0.2.1", "api")
				if told[b.Remaining].Swap(true) {
					t.Errorf("two requests were told that %d remain", b.Remaining)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestMemoryIsBounded(t *testing.T) {
	const buckets = 200
	l := tokenbucket.New(tokenbucket.Options{RPS: 0.001, Burst: 1, Buckets: buckets})
	busy := func() bool {
		b, _ := l.Allow(t.Context(), "the busy one", "api")
		return b.Allowed
	}
	if !busy() {
		t.Fatal("the first request was refused")
	}
	before := heap()
	passed := 0
	for i := range 20 * buckets {
		_, _ = l.Allow(t.Context(), fmt.Sprintf("2001:db8:%x::/64", i), "api")
		if i%10 == 0 && busy() {
			passed++
		}
	}
	if grown := heap() - before; grown > 2000*buckets {
		t.Errorf("%d clients made the heap grow by %d bytes; %d buckets must not take that much", 20*buckets, grown, buckets)
	}
	if passed > 2 {
		t.Errorf("a client that is always there lost its bucket %d times to a flood of others", passed)
	}
	runtime.KeepAlive(l)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkAllow(b *testing.B) {
	l := tokenbucket.New(tokenbucket.Options{RPS: 1e6, Burst: 1e6})
	clients := make([]string, 1000)
	for i := range clients {
		clients[i] = fmt.Sprintf("192.0.%d.%d", i/256, i%256)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			_, _ = l.Allow(b.Context(), clients[i%len(clients)], "api")
		}
	})
}

func BenchmarkBucketSize(b *testing.B) {
	const buckets = 1 << 16
	for b.Loop() {
		before := heap()
		l := tokenbucket.New(tokenbucket.Options{RPS: 1, Burst: 1})
		for i := range buckets {
			_, _ = l.Allow(b.Context(), fmt.Sprintf("192.0.%d.%d", i/256, i%256), "api")
		}
		b.ReportMetric(float64(heap()-before)/buckets, "bytes/bucket")
		runtime.KeepAlive(l)
	}
}
