package observability

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/time/rate"
)

// defaultService is the name of the service where OTEL_SERVICE_NAME gives none.
const defaultService = "marquee"

// maxAttribute bounds a value on a span, in characters, where OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT does not.
const maxAttribute = 4096

// failuresEvery is how often a line about failures of tracing may be logged.
const failuresEvery = time.Minute

// Tracing is where spans go, and how their context travels. It may be used from many goroutines.
type Tracing struct {
	on         bool
	provider   trace.TracerProvider
	propagator propagation.TextMapPropagator
	shutdown   func(context.Context) error
	failures   *failures
}

// NewTracing records to a provider that the caller owns and shuts down; tracing is off when it is nil.
// Without a propagator, context travels as W3C trace context and baggage.
func NewTracing(provider trace.TracerProvider, propagator propagation.TextMapPropagator) *Tracing {
	t := &Tracing{on: provider != nil, provider: provider, propagator: propagator, failures: &failures{}}
	if provider == nil {
		t.provider = noop.NewTracerProvider()
	}
	if propagator == nil {
		t.propagator = propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	}
	return t
}

// TracingOptions are what the standard variables do not say.
type TracingOptions struct {
	// Getenv reads the standard variables. The OpenTelemetry library reads further ones from the
	// process's environment by itself, so this is os.Getenv outside of tests.
	Getenv func(string) string
	// Logger is told what is wrong with the settings and, once a minute at most, that spans cannot be exported.
	Logger *slog.Logger
	// Build is told as service.version.
	Build Build
}

// Setup makes tracing as the standard OTEL_* variables say. Spans are exported over OTLP when
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set, or OTEL_TRACES_EXPORTER is otlp;
// otherwise, and when OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER none, tracing is off.
//
// Unknown values are logged and ignored, as the specification asks: telemetry never keeps the service from
// starting. The queue of spans is bounded (OTEL_BSP_MAX_QUEUE_SIZE, 2048) and drops when it is full.
// Setup does not connect to anything. It replaces OpenTelemetry's process-wide error handler, because
// the library has no other way to tell its failures; nothing else is global.
func Setup(ctx context.Context, o TracingOptions) (*Tracing, error) {
	settings := readSettings(ctx, o)
	off := NewTracing(nil, settings.propagator)
	if !settings.export {
		return off, nil
	}
	failures := &failures{log: o.Logger, sometimes: rate.Sometimes{Interval: failuresEvery}}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { failures.note(context.Background(), err) }))
	exporter, err := newExporter(ctx, settings.protocol)
	if err != nil {
		return off, fmt.Errorf("make the OTLP exporter: %w", err)
	}
	bounded := newBoundedExporter(exporter, failures)
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(bounded),
		sdktrace.WithResource(newResource(ctx, o)),
		sdktrace.WithRawSpanLimits(newLimits()),
	)
	t := NewTracing(provider, settings.propagator)
	t.failures = failures
	t.shutdown = func(ctx context.Context) error {
		stopped := make(chan error, 1)
		go func() { stopped <- provider.Shutdown(ctx) }()
		select {
		case err := <-stopped:
			bounded.abort()
			return err
		case <-ctx.Done():
			bounded.abort() // ends the export that the provider waits for
			return errors.Join(ctx.Err(), <-stopped)
		}
	}
	return t, nil
}

// newResource describes this process: defaults first, then what the environment says.
func newResource(ctx context.Context, o TracingOptions) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName(defaultService), semconv.ServiceVersion(o.Build.orStamped().Version)),
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithFromEnv(),
	)
	if err != nil {
		o.Logger.WarnContext(ctx, "describe this process for traces", "error", err)
	}
	return r
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

// Shutdown exports what is queued and stops, at the latest when ctx ends; what is then left is lost, and
// the error says so.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if t.shutdown == nil {
		return nil
	}
	if err := t.shutdown(ctx); err != nil {
		return fmt.Errorf("export the last spans: %w", err)
	}
	return nil
}

func (t *Tracing) errorCount() float64 { return float64(t.failures.count.Load()) }

// failures counts what goes wrong with tracing, and logs some of it.
type failures struct {
	count     atomic.Int64
	log       *slog.Logger
	sometimes rate.Sometimes
}

func (f *failures) note(ctx context.Context, err error) {
	count := f.count.Add(1)
	f.sometimes.Do(func() {
		f.log.WarnContext(ctx, "tracing: spans are lost", "error", err, "failures", count)
	})
}
