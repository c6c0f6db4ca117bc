package observability_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
)

func TestATenthOfTheRequestsAndEveryReadingIsTraced(t *testing.T) {
	share := func(set string) (requests, readings float64) {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer server.Close()
		telemetry, _ := setup(t, "OTEL_TRACES_SAMPLER", set, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", server.URL)
		defer func() { require.NoError(t, telemetry.Shutdown(t.Context())) }()
		tracer := telemetry.Tracing.Provider().Tracer("test")
		const tries = 2000
		count := func(kind trace.SpanKind) float64 {
			sampled := 0
			for range tries {
				_, span := tracer.Start(t.Context(), "x", trace.WithSpanKind(kind))
				if span.SpanContext().IsSampled() {
					sampled++
				}
			}
			return float64(sampled) / tries
		}
		return count(trace.SpanKindServer), count(trace.SpanKindInternal)
	}
	requests, readings := share("")
	require.InDelta(t, 0.1, requests, 0.05)
	require.InDelta(t, 1, readings, 0)
	requests, readings = share("always_off")
	require.Zero(t, requests+readings, "what is set counts")
}
