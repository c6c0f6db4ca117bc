package httpapi

import "net/http"

// How long an answer may be kept by others.
const (
	// Whoever keeps an answer for a second spares the service a peak, and may go on showing it for a minute when the service is away.
	cacheBriefly = "public, max-age=1, stale-if-error=60"
	cacheNever   = "no-store"
)

func answerHeaders(h http.Header, cacheControl string) {
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", cacheControl)
}

// secure sets what keeps a browser from making more of an answer than it is.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
