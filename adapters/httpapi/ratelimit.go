package httpapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// The classes of requests. Each client has a budget in each, so that one who searches too much can
// still be told how the service stands.
const (
	classAPI    = "api"
	classStatus = "status"
	classPage   = "page"
)

func class(r *http.Request) string {
	if r.URL.Path == "/status" {
		return classStatus
	}
	if ofPages(r.URL.Path) {
		return classPage
	}
	return classAPI
}

// limitRate refuses what is beyond the client's budget, and tells everyone how much is left. A limiter
// that fails lets everything pass: it protects the service and must not be what takes it down.
func limitRate(limiter ports.Limiter, clients clients, log *slog.Logger) middleware {
	if limiter == nil {
		return func(next http.Handler) http.Handler { return next }
	}
	failing := &rate.Sometimes{Interval: time.Second}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			budget, err := limiter.Allow(r.Context(), clients.bucket(r), class(r))
			switch {
			case fault.Is(err, fault.Canceled): // nobody will read what comes next
			case err != nil:
				failing.Do(func() {
					log.WarnContext(r.Context(), "the rate limiter does not answer, so nothing is limited", "error", err)
				})
			case budget.Limit > 0:
				tellBudget(w.Header(), budget)
			}
			if err == nil && !budget.Allowed {
				wait := retryAfter(w.Header(), budget.RetryAfter)
				writeProblem(w, http.StatusTooManyRequests, codeRateLimited,
					fmt.Sprintf("too many requests from your address; try again in %d s", wait))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// tellBudget sets the headers in the form that http.Header keeps, and as parts of one slice: all answers have them.
func tellBudget(h http.Header, b ports.Budget) {
	told := []string{strconv.Itoa(b.Limit), strconv.Itoa(b.Remaining), strconv.Itoa(seconds(b.Reset))}
	h["Ratelimit-Limit"], h["Ratelimit-Remaining"], h["Ratelimit-Reset"] = told[0:1:1], told[1:2:2], told[2:3:3]
}
