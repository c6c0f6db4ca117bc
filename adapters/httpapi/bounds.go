package httpapi

import (
	"cmp"
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

// bounds are the parameters of a range.
var bounds = []string{"starts_at", "ends_at"}

// listParameters are all that /events knows.
var listParameters = append(slices.Clone(bounds),
	"match", "q", "min_price", "max_price", "currency", "provider", "organizer", "category", "city", "on_sale", "sold_out", "available",
	"sortBy", "sortDir", "page", "pageSize", "cursor")

// changesParameters are all that /changes knows.
var changesParameters = []string{"after", "limit", "wait"}

// checkQuery refuses what net/http would pass over, before the parameters are bound.
func (f *failures) checkQuery(template string, next http.HandlerFunc) http.HandlerFunc {
	check := func(query string) error { return nil }
	switch template {
	case "/search":
		check = func(query string) error { return readable(query, bounds) }
	case "/events":
		check = strict(template, listParameters)
	case "/changes":
		check = strict(template, changesParameters)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := check(r.URL.RawQuery); err != nil {
			f.answer(w, r, err)
			return
		}
		next(w, r)
	}
}

// strict refuses what is not known as well.
func strict(template string, known []string) func(query string) error {
	return func(query string) error { return cmp.Or(onlyKnown(template, query, known), readable(query, known)) }
}

// readable refuses a parameter that cannot be decoded. net/url drops it without a word, and a search would
// then be answered as if its bound had not been given. What is wrong with parameters that nobody knows is ignored.
func readable(query string, known []string) error {
	if !strings.ContainsAny(query, "%;") {
		return nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		encoded, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(encoded)
		if err != nil || !slices.Contains(known, name) {
			continue
		}
		if _, err := url.QueryUnescape(value); err != nil || strings.Contains(pair, ";") {
			return fault.InvalidField(name, "%s=%s cannot be decoded; percent-encode its value", name, quote(value))
		}
	}
	return nil
}

// onlyKnown refuses what would be ignored: who misspells a filter would be shown events that it should have left out.
func onlyKnown(template, query string, known []string) error {
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		encoded, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(encoded)
		if err != nil {
			name = encoded
		}
		if !slices.Contains(known, name) {
			return fault.InvalidField(clip(name), "%s is no parameter of %s; there are %s", quote(name), template, strings.Join(known, ", "))
		}
	}
	return nil
}
