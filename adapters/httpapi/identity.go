package httpapi

import (
	"crypto/rand"
	"net/http"

	"github.com/marquee-events/marquee/ports"
)

const requestIDHeader = "X-Request-Id"

// identify gives each request an identity, its own where it has a sensible one, and returns it with the answer.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !sensible(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(ports.WithRequestID(r.Context(), id)))
	})
}

// sensible accepts what cannot disturb a log or a header: 1 to 64 letters, digits, dots, dashes and underscores.
func sensible(id string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
