package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/marquee-events/marquee/adapters/httpapi"
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
