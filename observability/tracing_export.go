package observability

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func newExporter(ctx context.Context, protocol string) (sdktrace.SpanExporter, error) {
	if protocol == protocolGRPC {
		return otlptrace.New(ctx, otlptracegrpc.NewClient())
	}
	return otlptrace.New(ctx, otlptracehttp.NewClient())
}

// boundedExporter can be told to give up. The batch processor exports its last spans on a context of its
// own, which would else outlive a shutdown's deadline.
type boundedExporter struct {
	sdktrace.SpanExporter
	failures *failures
	life     context.Context //nolint:containedctx // it ends all exports at once, whichever call they came by
	abort    context.CancelFunc
}

func newBoundedExporter(next sdktrace.SpanExporter, f *failures) *boundedExporter {
	life, abort := context.WithCancel(context.Background())
	return &boundedExporter{SpanExporter: next, failures: f, life: life, abort: abort}
}

// ExportSpans exports until ctx ends or the exporter is told to give up. A failure is counted and logged here and
// not returned: nobody above could do anything about it.
func (e *boundedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.failures.note(ctx, err)
	}
	return nil
}
