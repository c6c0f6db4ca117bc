package httpapi

import "net/http"

// How long an answer may be kept by others.
const (
	// Whoever keeps an answer for a second spares the service a peak, and may go on showing it for a minute when the service is away.
	cacheBriefly = "public, max-age=1, stale-if-error=60"
	cacheNever   = "no-store"
	// Pages and what they load are asked for each time, and mostly answered with a 304.
	cachePage    = "no-cache"
	cacheForEver = "public, max-age=31536000, immutable" // what never changes under its address
)

// always is the value of a header that many answers have. It is one for all of them, which spares an allocation each: whoever
// adds to it gets another, and nobody changes it.
func always(value string) []string { return []string{value} }

var (
	contentJSON   = always("application/json")
	cacheControls = map[string][]string{cacheBriefly: always(cacheBriefly), cacheNever: always(cacheNever)}
)

func answerHeaders(h http.Header, cacheControl string) {
	h["Content-Type"] = contentJSON
	h["Cache-Control"] = cacheControls[cacheControl]
}

var (
	contentTypeOptions    = always("nosniff")
	referrerPolicy        = always("no-referrer")
	contentSecurityPolicy = always("default-src 'none'; frame-ancestors 'none'")
)

// secure sets what keeps a browser from making more of an answer than it is.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = contentTypeOptions
		h["Referrer-Policy"] = referrerPolicy
		h["Content-Security-Policy"] = contentSecurityPolicy
		next.ServeHTTP(w, r)
	})
}
