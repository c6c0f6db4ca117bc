package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// The handler alone, without a network: 20 events, both bounds given.
func BenchmarkSearch20(b *testing.B) { benchmark(b, many(20), httpapi.Options{}) }

// The same answer, kept: as it is, compressed, and for who has it.
func BenchmarkSearch20Kept(b *testing.B) {
	for name, header := range map[string][2]string{
		"plain": {"Accept", "*/*"}, "gzip": {"Accept-Encoding", "gzip"}, "zstd": {"Accept-Encoding", "zstd"}, "304": {"If-None-Match", "*"},
	} {
		b.Run(name, func(b *testing.B) {
			answers, _ := keeper(b)
			benchmark(b, many(20), httpapi.Options{Answers: answers}, header[:]...)
		})
	}
}

// An answer of some 20 MB; its memory is that of one piece.
func BenchmarkSearch100k(b *testing.B) { benchmark(b, many(100_000), httpapi.Options{}) }

// A page of /events that nobody asked for before, with all that its answer takes but a network and the search.
func BenchmarkEvents20Unseen(b *testing.B) {
	answers, _ := keeper(b)
	page, err := many(20).All(b.Context(), event.TimeRange{})
	require.NoError(b, err)
	page.Total = 1000
	api := httpapi.New(httpapi.UseCases{Events: search.NewEvents(always(page), 1000), Status: statusOf(feeds{})}, httpapi.Options{
		Answers: answers,
		Limiter: limiterFunc(func(string, string) (ports.Budget, error) {
			return ports.Budget{Allowed: true, Limit: 200, Remaining: 199, Reset: time.Second}, nil
		}),
	})
	request := httptest.NewRequest(http.MethodGet, "/events", http.NoBody)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		to := noon.Add(time.Duration(n) * time.Second).Format(time.RFC3339)
		request.URL.RawQuery = "starts_at=2021-06-30T12:00:00Z&ends_at=" + to + "&page=2"
		w := &discard{header: make(http.Header, 8)}
		api.ServeHTTP(w, request)
		if w.status != http.StatusOK {
			b.Fatalf("status %d", w.status)
		}
	}
}

// always is a catalogue that finds the same, whatever it is asked.
type always catalogue.Page

func (a always) Search(context.Context, catalogue.Query) (catalogue.Page, error) {
	return catalogue.Page(a), nil
}

func benchmark(b *testing.B, events httpapi.Events, o httpapi.Options, header ...string) {
	api := httpapi.New(httpapi.UseCases{Events: events, Status: statusOf(feeds{})}, o)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		request := httptest.NewRequest(http.MethodGet, "/search?starts_at=2021-06-30T21:00:00Z&ends_at=2021-07-30T21:00:00Z", http.NoBody)
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		for pb.Next() {
			w := &discard{header: make(http.Header, 8)}
			api.ServeHTTP(w, request)
			if w.status != http.StatusOK && w.status != http.StatusNotModified {
				b.Errorf("status %d", w.status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
