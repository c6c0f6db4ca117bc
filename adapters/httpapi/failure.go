package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/core/fault"
)

// Codes of errors that do not come from the business.
const (
	codeNoRoute          = "not_found"
	codeMethodNotAllowed = "method_not_allowed"
	codeRequestTooLarge  = "request_too_large"
	codeURITooLong       = "uri_too_long"
	codeRateLimited      = "rate_limited"
	codeNoEvents         = "no_events"
)

// statusClientGone is what proxies log when the client closed the connection before there was an answer.
const statusClientGone = 499

// renditions say how each kind of error is answered.
var renditions = map[fault.Kind]struct {
	status int
	code   string // where the error has none
}{
	fault.Invalid:     {http.StatusBadRequest, "invalid_parameter"},
	fault.NotFound:    {http.StatusNotFound, "not_found"},
	fault.Gone:        {http.StatusGone, "gone"},
	fault.Conflict:    {http.StatusConflict, "conflict"},
	fault.Unavailable: {http.StatusServiceUnavailable, "unavailable"},
	fault.Canceled:    {statusClientGone, "canceled"},
	fault.Internal:    {http.StatusInternalServerError, "internal"},
}

// failures turns errors into answers and log lines, for all routes.
type failures struct {
	log *slog.Logger
	// While a dependency is away every request fails alike; one line a second says so.
	outage *rate.Sometimes
}

func newFailures(log *slog.Logger) *failures {
	return &failures{log: log, outage: &rate.Sometimes{Interval: time.Second}}
}

// answer renders err, unless the answer has begun: then there is nothing to be said any more.
func (f *failures) answer(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	if hasBegun(w) {
		f.log.DebugContext(ctx, "the answer was not read to its end", "error", err)
		return
	}
	kind := fault.KindOf(err)
	rendition := renditions[kind]
	told, _ := errors.AsType[*fault.Error](err)
	if told == nil {
		told = &fault.Error{Cause: err}
	}
	switch kind {
	case fault.Canceled:
		w.WriteHeader(rendition.status)
	case fault.Unavailable:
		f.outage.Do(func() { f.log.WarnContext(ctx, "a request cannot be answered at the moment", "error", err) })
		seconds := retryAfter(w.Header(), told.RetryAfter)
		message := fmt.Sprintf("the service cannot answer at the moment; try again in %d s", seconds)
		if told.Cause == nil { // what was attempted on a dependency is of no use to a caller
			message = told.Message
		}
		writeProblem(w, rendition.status, rendition.code, message)
	case fault.Internal, fault.None:
		f.internal(w, r, "error", err)
	default:
		code := rendition.code
		if told.Code != "" {
			code = told.Code
		}
		writeProblem(w, rendition.status, code, told.Message)
	}
}

// internal logs a fault of ours and tells the caller no more than that there was one.
func (f *failures) internal(w http.ResponseWriter, r *http.Request, cause ...any) {
	f.log.ErrorContext(r.Context(), "a request failed", append(cause, "method", r.Method, "path", clip(r.URL.Path))...)
	rendition := renditions[fault.Internal]
	writeProblem(w, rendition.status, rendition.code, "something went wrong here; it was logged under the X-Request-Id of this answer")
}

// writeProblem writes the envelope of an error. It is not to be kept by caches.
func writeProblem(w http.ResponseWriter, status int, code, message string) {
	writeError(w, status, ErrorAnswer{Error: Problem{Code: code, Message: message}})
}

// writeError writes an envelope.
func writeError(w http.ResponseWriter, status int, envelope any) {
	body, err := json.Marshal(envelope)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	answerHeaders(w.Header(), cacheNever)
	defaultPace.allow(w)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // there is nobody left to tell
}

// retryAfter sets the header, in whole seconds and at least one, and returns them.
func retryAfter(h http.Header, wait time.Duration) int {
	s := max(1, seconds(wait))
	h.Set("Retry-After", strconv.Itoa(s))
	return s
}

// seconds rounds up: who waits that long has waited long enough.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func hasCode(err error, code string) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && e.Code == code
}

// quote shows input in a message, bounded.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
