package porttest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Limiter is what every implementation of ports.Limiter promises. open makes one that nobody has used
// yet, which lets each client make perSecond requests a second and burst at once; perSecond may be
// a fraction. Nothing here depends on how exactly time is measured.
func Limiter(t *testing.T, open func(t *testing.T, perSecond float64, burst int) ports.Limiter) {
	// So slow that nothing comes back while a test runs.
	const hardlyEver = 0.001

	allow := func(t *testing.T, l ports.Limiter, client, class string) ports.Budget {
		t.Helper()
		b, err := l.Allow(t.Context(), client, class)
		if err != nil {
			t.Fatalf("Allow(%q, %q): %v", client, class, err)
		}
		return b
	}

	t.Run("a burst is allowed and counted down, then refused", func(t *testing.T) {
		const burst = 5
		l := open(t, hardlyEver, burst)
		var reset time.Duration
		for i := range burst {
			b := allow(t, l, "192.0.2.1", "api")
			if !b.Allowed || b.Limit != burst || b.Remaining != burst-1-i || b.RetryAfter != 0 {
				t.Errorf("request %d of %d: %+v", i+1, burst, b)
			}
			if b.Reset <= reset {
				t.Errorf("request %d: full again in %v, before it was %v; each request must take it further away", i+1, b.Reset, reset)
			}
			reset = b.Reset
		}
		for range 3 {
			b := allow(t, l, "192.0.2.1", "api")
			if b.Allowed || b.Limit != burst || b.Remaining != 0 || b.RetryAfter <= 0 || b.Reset < b.RetryAfter {
				t.Errorf("beyond the burst: %+v", b)
			}
		}
	})

	t.Run("clients and classes have budgets of their own", func(t *testing.T) {
		l := open(t, hardlyEver, 1)
		for _, who := range [][2]string{
			{"192.0.2.1", "api"}, {"192.0.2.2", "api"}, {"192.0.2.1", "status"}, {"2001:db8::/64", "api"}, {"", ""}, {"", "api"},
			// Nothing may be joined into one name.
			{"a", "b:c"}, {"a:b", "c"}, {"a", "b c"}, {"a b", "c"}, {"a", "b\x00c"}, {"a\x00b", "c"}, {"a{b}", "c"}, {"a", "{b}c"},
		} {
			if !allow(t, l, who[0], who[1]).Allowed {
				t.Errorf("the first request of client %q in class %q was refused: someone else spent its budget", who[0], who[1])
			}
			if allow(t, l, who[0], who[1]).Allowed {
				t.Errorf("client %q in class %q was allowed a second request", who[0], who[1])
			}
		}
	})

	t.Run("who waits as long as told is allowed again", func(t *testing.T) {
		l := open(t, 20, 1)
		if !allow(t, l, "192.0.2.1", "api").Allowed {
			t.Fatal("the first request was refused")
		}
		for allowed := 0; allowed < 3; {
			b := allow(t, l, "192.0.2.1", "api")
			if b.Allowed {
				allowed++
				continue
			}
			time.Sleep(b.RetryAfter) // the wait is what is tested
			if b = allow(t, l, "192.0.2.1", "api"); !b.Allowed {
				t.Fatalf("still refused after the wait that it asked for; now %+v", b)
			}
			allowed++
		}
	})

	t.Run("a refused request costs nothing", func(t *testing.T) {
		l := open(t, 10, 1)
		allow(t, l, "192.0.2.1", "api")
		first := allow(t, l, "192.0.2.1", "api")
		for range 50 {
			b := allow(t, l, "192.0.2.1", "api")
			if b.Allowed {
				return // it came back while we asked: nothing was added to the wait
			}
			if b.RetryAfter > first.RetryAfter {
				t.Fatalf("the wait grew from %v to %v by being asked for", first.RetryAfter, b.RetryAfter)
			}
		}
	})

	t.Run("many at once get no more than the burst", func(t *testing.T) {
		const burst, askers, each = 1000, 8, 250
		l := open(t, hardlyEver, burst)
		var allowed atomic.Int64
		var told sync.Map // what remained
		var all sync.WaitGroup
		for range askers {
			all.Go(func() {
				for range each {
					b, err := l.Allow(t.Context(), "192.0.2.1", "api")
					if err != nil {
						t.Errorf("Allow: %v", err)
						return
					}
					if !b.Allowed {
						continue
					}
					allowed.Add(1)
					if _, twice := told.LoadOrStore(b.Remaining, true); twice {
						t.Errorf("two requests were told that %d remain", b.Remaining)
					}
				}
			})
		}
		all.Wait()
		if allowed.Load() != burst {
			t.Errorf("%d of %d requests at once were allowed, want %d", allowed.Load(), askers*each, burst)
		}
	})

	t.Run("many clients at once do not disturb each other", func(t *testing.T) {
		l := open(t, hardlyEver, 2)
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				for n := range 3 {
					b, err := l.Allow(t.Context(), fmt.Sprintf("192.0.2.%d", i), "api")
					if err != nil || b.Allowed != (n < 2) {
						t.Errorf("client %d, request %d: %+v, %v", i, n+1, b, err)
					}
				}
			})
		}
		all.Wait()
	})

	t.Run("a cancelled caller is no failure of the limiter", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := open(t, hardlyEver, 1).Allow(ctx, "192.0.2.1", "api"); err != nil && !fault.Is(err, fault.Canceled) {
			t.Errorf("Allow = %v, want nil or fault.Canceled", err)
		}
	})
}
