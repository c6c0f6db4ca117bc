package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

func TestRequestIdentity(t *testing.T) {
	var inside string
	s := serve(t, service{events: eventsFunc(func(ctx context.Context, _ event.TimeRange) (catalogue.Page, error) {
		inside = ports.RequestID(ctx)
		return catalogue.Page{}, nil
	})})
	for _, id := range []string{"a", "req-2021.06_30", strings.Repeat("x", 64)} {
		got := s.get(t, "/search", "X-Request-Id", id).Header.Get("X-Request-Id")
		assert.Equal(t, id, got, "a sensible one is kept")
		assert.Equal(t, id, inside, "and known inside")
	}
	seen := map[string]bool{}
	for _, id := range []string{"", "with blank", "sémicolon", `"quoted"`, strings.Repeat("x", 65), "a,b"} {
		got := s.get(t, "/search", "X-Request-Id", id).Header.Get("X-Request-Id")
		assert.Regexp(t, `^[A-Z2-7]{26}$`, got, "instead of %q", id)
		assert.Equal(t, got, inside)
		assert.False(t, seen[got], "given twice")
		seen[got] = true
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s := serve(t, service{})
	for _, target := range []string{"/search", "/status", "/nowhere", "/search?starts_at=x"} {
		h := s.get(t, target).Header
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), target)
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"), target)
		assert.Equal(t, "default-src 'none'; frame-ancestors 'none'", h.Get("Content-Security-Policy"), target)
		assert.NotEmpty(t, h.Get("X-Request-Id"), target)
		assert.Empty(t, h.Get("Server"), target)
	}
}

func TestRoute(t *testing.T) {
	api := httpapi.New(httpapi.UseCases{Events: search.NewEvents(summer, 10), Status: statusOf(feeds{})}, httpapi.Options{})
	for target, want := range map[string]string{
		"GET /search": "/search", "HEAD /search?starts_at=x": "/search", "GET /status": "/status",
		"POST /search": httpapi.Unmatched, "GET /nowhere": httpapi.Unmatched, "GET /search/1": httpapi.Unmatched, "GET /": "/", "GET /?q=x": "/", "GET /view/1": "/view/{id}", "GET /assets/page.css": "/assets/{name}", "GET /docs": "/docs",
	} {
		method, path, _ := strings.Cut(target, " ")
		assert.Equal(t, want, api.Route(httptest.NewRequest(method, path, http.NoBody)), target)
	}
}
