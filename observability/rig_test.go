package observability_test

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/marquee-events/marquee/observability"
)

const provider = "city-hall"

var wallClock = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rig is a recorder and all that it records.
type rig struct {
	*observability.Recorder
	t        *testing.T
	registry *prometheus.Registry
	spans    *tracetest.InMemoryExporter
	tracing  *observability.Tracing
	lines    *bytes.Buffer
}

func newRig(t *testing.T) *rig { return newSampledRig(t, sdktrace.AlwaysSample()) }

// newSampledRig has tracing off when there is no sampler.
func newSampledRig(t *testing.T, sampler sdktrace.Sampler) *rig {
	t.Helper()
	r := &rig{
		t: t, registry: observability.NewRegistry(observability.Build{Version: "v1.2.3", Revision: "abc"}),
		spans: tracetest.NewInMemoryExporter(), lines: &bytes.Buffer{}, tracing: observability.NewTracing(nil, nil),
	}
	if sampler != nil {
		sdk := sdktrace.NewTracerProvider(sdktrace.WithSyncer(r.spans), sdktrace.WithSampler(sampler))
		r.tracing = observability.NewTracing(sdk, nil)
	}
	log, err := observability.NewLogger(r.lines, slog.LevelDebug, observability.FormatJSON)
	require.NoError(t, err)
	r.Recorder = observability.NewRecorder(observability.RecorderOptions{
		Registry: r.registry, Tracing: r.tracing, Logger: log, Providers: []string{provider}, Broker: "nats", Destination: "marquee.messages", Store: "sqlite",
		Intervals: map[string]time.Duration{provider: time.Minute}, Roles: []string{"api"},
		SlowRequest: 5 * time.Second, Clock: func() time.Time { return wallClock },
	})
	return r
}

// values are the exported series of a metric that are not zero, by their labels. A histogram's is its
// count; all are whole numbers.
func (r *rig) values(metric string) map[string]int {
	r.t.Helper()
	families, err := r.registry.Gather()
	require.NoError(r.t, err)
	values := map[string]int{}
	for _, f := range families {
		if f.GetName() != metric {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			v := int(m.GetCounter().GetValue()+m.GetGauge().GetValue()) + int(m.GetHistogram().GetSampleCount())
			if v != 0 {
				values[strings.Join(labels, " ")] = v
			}
		}
	}
	return values
}

// only asserts all series of a metric that are not zero.
func (r *rig) only(metric string, want map[string]int) {
	r.t.Helper()
	require.Equal(r.t, want, r.values(metric), metric)
}

// span is the one span of that name.
func (r *rig) span(name string) tracetest.SpanStub {
	r.t.Helper()
	var names []string
	var found []tracetest.SpanStub
	for _, s := range r.spans.GetSpans() {
		names = append(names, s.Name)
		if s.Name == name {
			found = append(found, s)
		}
	}
	require.Len(r.t, found, 1, "spans named %q among %q", name, names)
	return found[0]
}

// tree draws the spans: each line a span, indented below its parent.
func (r *rig) tree() string {
	r.t.Helper()
	children := map[string][]tracetest.SpanStub{}
	spans := r.spans.GetSpans()
	known := map[string]bool{}
	for _, s := range spans {
		known[s.SpanContext.SpanID().String()] = true
	}
	for _, s := range spans {
		parent := s.Parent.SpanID().String()
		if !known[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], s)
	}
	var out strings.Builder
	var draw func(parent, indent string)
	draw = func(parent, indent string) {
		slices.SortStableFunc(children[parent], func(a, b tracetest.SpanStub) int { return a.StartTime.Compare(b.StartTime) })
		for _, s := range children[parent] {
			out.WriteString("\n" + indent + s.Name + " (" + s.SpanKind.String() + ")")
			draw(s.SpanContext.SpanID().String(), indent+"  ")
		}
	}
	draw("", "")
	return out.String()
}

func attributes(s tracetest.SpanStub) map[string]any {
	return maps.Collect(func(yield func(string, any) bool) {
		for _, kv := range s.Attributes {
			if !yield(string(kv.Key), plain(kv.Value)) {
				return
			}
		}
	})
}

func plain(v attribute.Value) any {
	if v.Type() == attribute.INT64 {
		return int(v.AsInt64())
	}
	return v.AsInterface()
}
