package httpapi_test

import (
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// once lets each client ask once in each class.
func once() ports.Limiter {
	var mu sync.Mutex
	spent := map[[2]string]bool{}
	return limiterFunc(func(client, class string) (ports.Budget, error) {
		mu.Lock()
		defer mu.Unlock()
		who := [2]string{client, class}
		if spent[who] {
			return ports.Budget{Limit: 1, Reset: 2500 * time.Millisecond, RetryAfter: 1001 * time.Millisecond}, nil
		}
		spent[who] = true
		return ports.Budget{Allowed: true, Limit: 1, Reset: time.Second}, nil
	})
}

func TestRateLimit(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: once()}})

	first := s.get(t, "/search")
	assert.Equal(t, http.StatusOK, first.StatusCode)
	assert.Equal(t, []string{"1", "0", "1", ""}, limits(first))

	for _, target := range []string{"/search", "/search?starts_at=x", "/nowhere"} {
		got := s.get(t, target)
		code, message := got.problem(t)
		assert.Equal(t, http.StatusTooManyRequests, got.StatusCode, target)
		assert.Equal(t, "rate_limited", code)
		assert.Equal(t, "too many requests from your address; try again in 2 s", message)
		assert.Equal(t, []string{"1", "0", "3", "2"}, limits(got), "whole seconds, rounded up")
	}

	status := s.get(t, "/status")
	assert.Equal(t, http.StatusOK, status.StatusCode, "the status has a budget of its own")
	assert.Equal(t, []string{"1", "0", "1", ""}, limits(status))
	assert.Equal(t, http.StatusTooManyRequests, s.get(t, "/status").StatusCode)

	assert.Equal(t, http.StatusOK, s.get(t, "/").StatusCode, "and so have pages, with all that they load")
	for _, target := range []string{"/", "/docs", "/assets/page.css", "/view/x"} {
		assert.Equal(t, http.StatusTooManyRequests, s.get(t, target).StatusCode, target)
	}
}

func TestErrorsTellTheBudgetToo(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: once()}})
	assert.Equal(t, []string{"1", "0", "1", ""}, limits(s.get(t, "/nowhere")))
}

func limits(a answer) []string {
	return []string{a.Header.Get("RateLimit-Limit"), a.Header.Get("RateLimit-Remaining"), a.Header.Get("RateLimit-Reset"), a.Header.Get("Retry-After")}
}

func TestRateLimitByAddress(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: once(), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	steps := []struct {
		forwarded string
		want      int
	}{
		{"192.0.2.1", 200},
		{"192.0.2.1", 429},
		{"203.0.113.50, 192.0.2.1", 429}, // made up by the client
		{"192.0.2.2", 200},
		{"2001:db8::1", 200},
		{"2001:db8::2", 429}, // the same network
		{"2001:db8:0:1::1", 200},
	}
	for _, step := range steps {
		assert.Equal(t, step.want, s.get(t, "/search", "X-Forwarded-For", step.forwarded).StatusCode, step.forwarded)
	}
}

func TestNobodyIsBelievedWithoutTrustedProxies(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: once()}})
	assert.Equal(t, 200, s.get(t, "/search", "X-Forwarded-For", "192.0.2.1").StatusCode)
	assert.Equal(t, 429, s.get(t, "/search", "X-Forwarded-For", "192.0.2.2").StatusCode)
}

func TestLimiterThatFailsLimitsNothing(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: limiterFunc(func(string, string) (ports.Budget, error) {
		return ports.Budget{}, fault.Wrap(fault.Unavailable, "ask the limiter", errors.New("no connection"))
	})}})
	for range 3 {
		got := s.get(t, "/search")
		assert.Equal(t, http.StatusOK, got.StatusCode)
		assert.Equal(t, []string{"", "", "", ""}, limits(got))
	}
	assert.Contains(t, s.logged.String(), "no connection")
}

func TestLimiterWithoutLimitSaysNothing(t *testing.T) {
	s := serve(t, service{options: httpapi.Options{Limiter: limiterFunc(func(string, string) (ports.Budget, error) {
		return ports.Budget{Allowed: true}, nil
	})}})
	assert.Equal(t, []string{"", "", "", ""}, limits(s.get(t, "/search")))
}
