package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/marquee-events/marquee/core/fault"
)

const (
	maxTarget = 8 << 10  // bytes of path and query
	maxBody   = 64 << 10 // bytes; no route reads a body, but clients send one
)

// boundRequest refuses what is too long to be meant.
func boundRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch target := len(r.URL.Path) + len(r.URL.RawQuery); {
		case target > maxTarget:
			writeProblem(w, http.StatusRequestURITooLong, codeURITooLong,
				fmt.Sprintf("the path and query have %d bytes; at most %d are accepted", target, maxTarget))
		case r.ContentLength > maxBody:
			w.Header().Set("Connection", "close") // rather than to read what nobody wants
			writeProblem(w, http.StatusRequestEntityTooLarge, codeRequestTooLarge,
				fmt.Sprintf("the body has %d bytes; at most %d are accepted", r.ContentLength, maxBody))
		default:
			if r.ContentLength != 0 {
				r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			}
			next.ServeHTTP(w, r)
		}
	})
}

// parameters are all that any operation knows.
var parameters = []string{"starts_at", "ends_at"}

// readableQuery refuses a parameter that cannot be decoded. net/url drops it without a word, and a search would
// then be answered as if its bound had not been given. What is wrong with parameters that nobody knows is ignored.
func readableQuery(next StrictHandlerFunc, _ string) StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		if strings.ContainsAny(r.URL.RawQuery, "%;") {
			for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
				encoded, value, _ := strings.Cut(pair, "=")
				name, err := url.QueryUnescape(encoded)
				if err != nil || !slices.Contains(parameters, name) {
					continue
				}
				if _, err := url.QueryUnescape(value); err != nil || strings.Contains(pair, ";") {
					return nil, fault.InvalidField(name, "%s=%s cannot be decoded; percent-encode its value", name, quote(value))
				}
			}
		}
		return next(ctx, w, r, request)
	}
}
