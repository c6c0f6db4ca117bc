package observability

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
)

// exemplarTrace is the label of an exemplar that has the id of a trace, as Grafana looks for it.
const exemplarTrace = "trace_id"

// observe takes note of a duration, and of the trace that it is an example of where there is one to be found: that of
// a span which is sampled. span may be nil.
func observe(histogram prometheus.Observer, took time.Duration, span trace.Span) {
	if span != nil {
		if sc := span.SpanContext(); sc.IsSampled() {
			if h, ok := histogram.(prometheus.ExemplarObserver); ok {
				h.ObserveWithExemplar(took.Seconds(), prometheus.Labels{exemplarTrace: sc.TraceID().String()})
				return
			}
		}
	}
	histogram.Observe(took.Seconds())
}
