package feedxml

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/core/fault"
)

// Retries say how often a reading is tried again that failed before its first record, and after which waits. A field that
// is zero has its default.
//
// There is a wait before each retry, doubled from one to the next, and varied by a quarter so that readers
// who failed together do not come back together. A Retry-After that asks for more is followed.
type Retries struct {
	// Most is how many a reading has, beside its first attempt. Default 3; negative for none.
	Most int
	// Wait is before the first retry. Default 500 ms.
	Wait time.Duration
	// LongestWait bounds the waits. A provider that asks for a longer one gets no retry: its error says
	// how long it asked for. Default 10 s.
	LongestWait time.Duration
	// Budget is how many retries one provider may cost at once, over all of its readings. Default 10.
	Budget int
	// Refill is how long it takes until one that was spent is there again. Default one minute: an hour in
	// which a provider is down costs it less than seventy.
	Refill time.Duration
}

func (r Retries) orDefaults() Retries {
	return Retries{
		Most:        cmp.Or(r.Most, 3),
		Wait:        cmp.Or(r.Wait, 500*time.Millisecond),
		LongestWait: cmp.Or(r.LongestWait, 10*time.Second),
		Budget:      cmp.Or(r.Budget, 10),
		Refill:      cmp.Or(r.Refill, time.Minute),
	}
}

func (r Retries) newBudget() *rate.Limiter { return rate.NewLimiter(rate.Every(r.Refill), r.Budget) }

// wait is how long to wait after so many attempts, the last of which ended in err. It reports
// whether that makes sense.
func (r Retries) wait(ctx context.Context, attempts int, err error) (time.Duration, bool) {
	wait := min(r.Wait<<min(attempts-1, 16), r.LongestWait)
	wait += time.Duration((rand.Float64() - 0.5) / 2 * float64(wait)) //nolint:gosec // nothing is guessed from it
	if e, ok := errors.AsType[*fault.Error](err); ok && e.RetryAfter > 0 {
		wait = max(wait, e.RetryAfter)
		if e.RetryAfter > r.LongestWait {
			return 0, false
		}
	}
	end, bounded := ctx.Deadline()
	return wait, !bounded || time.Until(end) > wait
}

// passing reports whether what kept a feed from beginning may be over in a moment.
func passing(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Unavailable {
		return false
	}
	switch e.Code {
	case CodeCut:
		return true
	case CodeUnreachable:
		_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
		return !untrusted
	case CodeRefused:
		answer, ok := errors.AsType[unwanted](err)
		return ok && (answer.status >= http.StatusInternalServerError ||
			answer.status == http.StatusTooManyRequests || answer.status == http.StatusRequestTimeout)
	}
	return false
}

// sleep reports whether it waited to the end.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
