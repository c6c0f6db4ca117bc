package observability_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// examples are the traces that a histogram names; its buckets have to be there in both forms.
func (r *rig) examples(histogram string) []string {
	r.t.Helper()
	families, err := r.registry.Gather()
	require.NoError(r.t, err)
	var traces []string
	for _, f := range families {
		if f.GetName() != histogram {
			continue
		}
		for _, m := range f.GetMetric() {
			require.NotEmpty(r.t, m.GetHistogram().GetBucket(), "classic buckets")
			require.NotEmpty(r.t, m.GetHistogram().GetPositiveSpan(), "native buckets")
			for _, b := range m.GetHistogram().GetBucket() {
				for _, l := range b.GetExemplar().GetLabel() {
					require.Equal(r.t, "trace_id", l.GetName())
					traces = append(traces, l.GetValue())
				}
			}
		}
	}
	return traces
}

// A duration leads to a trace that is there to be found, and to no other.
func TestDurationsNameTheTracesThatAreRecorded(t *testing.T) {
	const requests = "marquee_http_request_duration_seconds"
	r := newRig(t)
	r.serve(answer(http.StatusOK), http.MethodGet, "/events/7")
	require.Equal(t, []string{r.span("GET /events/{id}").SpanContext.TraceID().String()}, r.examples(requests))

	r = newSampledRig(t, sdktrace.NeverSample())
	r.serve(answer(http.StatusOK), http.MethodGet, "/events/7")
	require.Empty(t, r.examples(requests))
}
