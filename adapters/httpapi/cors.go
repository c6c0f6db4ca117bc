package httpapi

import (
	"net/http"
	"strings"
)

// Everything here is public and read only, so pages of any origin may read it. Nobody is known by a cookie, so none are
// wanted.
const (
	allowedMethods = "GET, HEAD, OPTIONS"
	allowedHeaders = "Accept, If-None-Match, X-Request-Id, Traceparent, Tracestate"
)

// exposedHeaders are those that pages may read, besides the few that they always may.
var exposedHeaders = always(strings.Join([]string{
	"ETag", "Link", "Cache-Status", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Server-Timing", requestIDHeader,
}, ", "))

var anyOrigin = always("*")

// share lets pages of other origins read answers, and tells whoever asks what a route can be asked. It asks no limiter: a
// browser puts such a question before many a request, the answer is always the same, and its page must not lose half of
// its budget by it.
func (rt *router) share(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Access-Control-Allow-Origin"] = anyOrigin
		h["Access-Control-Expose-Headers"] = exposedHeaders
		if r.Method != http.MethodOptions || rt.route(r) == Unmatched {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Allow", allowedMethods)
		h.Set("Cache-Control", cacheNever)
		if r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", allowedMethods)
			h.Set("Access-Control-Allow-Headers", allowedHeaders)
			h.Set("Access-Control-Max-Age", "86400")
		}
		w.WriteHeader(http.StatusNoContent)
	})
}
