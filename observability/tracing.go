package observability

import (
	"context"
	"fmt"
	"sync/atomic"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// maxAttribute bounds a value on a span, in characters, where OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT does not.
const maxAttribute = 4096

// Tracing is where spans go, and how their context travels. It may be used from many goroutines.
type Tracing struct {
	on         bool
	provider   trace.TracerProvider
	propagator propagation.TextMapPropagator
	failures   *atomic.Int64 // of all telemetry that is exported beside it, too
}

// NewTracing records to a provider that the caller owns and shuts down; tracing is off when it is nil.
// Without a propagator, context travels as W3C trace context and baggage.
func NewTracing(provider trace.TracerProvider, propagator propagation.TextMapPropagator) *Tracing {
	t := &Tracing{on: provider != nil, provider: provider, propagator: propagator, failures: &atomic.Int64{}}
	if provider == nil {
		t.provider = noop.NewTracerProvider()
	}
	if propagator == nil {
		t.propagator = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	return t
}

// exportSpans turns tracing on where the settings say so.
func (t *Telemetry) exportSpans(ctx context.Context, s settings, r *resource.Resource, f *failures) error {
	if !s.traces.export {
		return nil
	}
	exporter, err := newSpanExporter(ctx, s.traces.protocol)
	if err != nil {
		return fmt.Errorf("make the OTLP exporter of spans: %w", err)
	}
	all := newExports(f)
	options := []sdktrace.TracerProviderOption{
		sdktrace.WithBatcher(spanExporter{SpanExporter: exporter, exports: all}),
		sdktrace.WithResource(r),
		sdktrace.WithRawSpanLimits(newLimits()),
	}
	if s.sampler != nil {
		options = append(options, sdktrace.WithSampler(s.sampler))
	}
	provider := sdktrace.NewTracerProvider(options...)
	t.Tracing = NewTracing(provider, s.propagator)
	t.Tracing.failures = f.count
	t.onShutdown("spans", all, provider.Shutdown)
	return nil
}

func newLimits() sdktrace.SpanLimits {
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 {
		limits.AttributeValueLengthLimit = maxAttribute
	}
	return limits
}

// On is whether spans are recorded at all.
func (t *Tracing) On() bool { return t.on }

// Provider is for the hooks of drivers; it does nothing while tracing is off.
func (t *Tracing) Provider() trace.TracerProvider { return t.provider }

// Propagator reads and writes the context of traces.
func (t *Tracing) Propagator() propagation.TextMapPropagator { return t.propagator }

func (t *Tracing) errorCount() float64 { return float64(t.failures.Load()) }
