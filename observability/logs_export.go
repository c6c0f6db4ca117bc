package observability

import (
	"context"
	"fmt"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/resource"
)

// exportLogs has log records exported where the settings say so.
func (t *Telemetry) exportLogs(ctx context.Context, s otlpSettings, r *resource.Resource, f *failures) error {
	if !s.export {
		return nil
	}
	exporter, err := newLogExporter(ctx, s.protocol)
	if err != nil {
		return fmt.Errorf("make the OTLP exporter of logs: %w", err)
	}
	all := newExports(f)
	provider := sdklog.NewLoggerProvider(
		sdklog.WithProcessor(sdklog.NewBatchProcessor(logExporter{Exporter: exporter, exports: all})),
		sdklog.WithResource(r),
	)
	// A record has fields of its own for the trace and the span; the bridge takes them from the context.
	t.handlers = append(t.handlers, newContextHandler(otelslog.NewHandler(scope, otelslog.WithLoggerProvider(provider)), requestAttrs))
	t.onShutdown("log records", all, provider.Shutdown)
	return nil
}
