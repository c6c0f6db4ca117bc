package observability

import (
	"context"

	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

func newSpanExporter(ctx context.Context, protocol string) (sdktrace.SpanExporter, error) {
	if protocol == protocolGRPC {
		return otlptrace.New(ctx, otlptracegrpc.NewClient())
	}
	return otlptrace.New(ctx, otlptracehttp.NewClient())
}

func newLogExporter(ctx context.Context, protocol string) (sdklog.Exporter, error) {
	if protocol == protocolGRPC {
		return otlploggrpc.New(ctx)
	}
	return otlploghttp.New(ctx)
}

// spanExporter and logExporter export until their time is over. A failure is counted and logged there and not
// returned: nobody above could do anything about it.
type (
	spanExporter struct {
		sdktrace.SpanExporter
		exports *exports
	}
	logExporter struct {
		sdklog.Exporter
		exports *exports
	}
)

// ExportSpans never fails.
func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	_ = e.exports.do(ctx, func(ctx context.Context) error { return e.SpanExporter.ExportSpans(ctx, spans) })
	return nil
}

// Export never fails.
func (e logExporter) Export(ctx context.Context, records []sdklog.Record) error {
	_ = e.exports.do(ctx, func(ctx context.Context) error { return e.Exporter.Export(ctx, records) })
	return nil
}
