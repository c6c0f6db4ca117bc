package observability

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"golang.org/x/time/rate"
)

// defaultService is the name of the service where OTEL_SERVICE_NAME gives none.
const defaultService = "marquee"

// SetupOptions are what the standard variables do not say.
type SetupOptions struct {
	// Getenv reads the standard variables. The OpenTelemetry library reads further ones from the
	// process's environment by itself, so this is os.Getenv outside of tests.
	Getenv func(string) string
	// Logger is told what is wrong with the settings and, once a minute at most for each signal, that it cannot be
	// exported. It must not have the handlers of the Telemetry that is set up, or each failure would be one more thing to export.
	Logger *slog.Logger
	// Build is told as service.version, and as the release of errors.
	Build Build
	// Sentry is where errors go in addition; nowhere unless set.
	Sentry SentryOptions
}

// Telemetry is what a process sends away by itself. Metrics are not in it: they are fetched.
type Telemetry struct {
	// Tracing is never nil; it may be off.
	Tracing  *Tracing
	handlers []slog.Handler
	stops    []func(context.Context) error
}

// Setup makes telemetry as the standard OTEL_* variables say. Spans are exported over OTLP when
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set, or OTEL_TRACES_EXPORTER is otlp;
// otherwise, and when OTEL_SDK_DISABLED is true or OTEL_TRACES_EXPORTER none, tracing is off. It is the same with log
// records and OTEL_EXPORTER_OTLP_LOGS_ENDPOINT and OTEL_LOGS_EXPORTER.
//
// Unknown values are logged and ignored, as the specification asks: telemetry never keeps the service from
// starting. The queues are bounded (OTEL_BSP_MAX_QUEUE_SIZE and OTEL_BLRP_MAX_QUEUE_SIZE, 2048) and drop when they are
// full. Setup does not connect to anything. It replaces OpenTelemetry's process-wide error handler, because
// the library has no other way to tell its failures, and silences its logger; nothing else is global.
func Setup(ctx context.Context, o SetupOptions) (*Telemetry, error) {
	settings := readSettings(ctx, o)
	t := &Telemetry{Tracing: NewTracing(nil, settings.propagator)}
	count := t.Tracing.failures
	failuresOf := func(signal string) *failures {
		return &failures{count: count, signal: signal, log: o.Logger, sometimes: rate.Sometimes{Interval: failuresEvery}}
	}
	var process *resource.Resource
	if settings.traces.export || settings.logs.export {
		process = newResource(ctx, o)
		library := failuresOf("opentelemetry")
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { library.note(context.Background(), withoutHeaders(err)) }))
		otel.SetLogger(logr.Discard()) // it would write to standard error past our logger, and quote headers, which are keys
	}
	if err := errors.Join(
		t.exportSpans(ctx, settings, process, failuresOf(signalTraces.name)),
		t.exportLogs(ctx, settings.logs, process, failuresOf(signalLogs.name)),
		t.reportErrors(o, failuresOf("sentry")),
	); err != nil {
		return nil, errors.Join(err, t.Shutdown(ctx))
	}
	return t, nil
}

// LogHandlers are for NewLogger: they export records or report errors, without ever waiting for anyone. There are none where
// neither goes anywhere.
func (t *Telemetry) LogHandlers() []slog.Handler { return t.handlers }

// Shutdown exports what is queued and stops, at the latest when ctx ends; what is then left is lost, and
// the error says so. All is exported side by side, so that one receiver that hangs costs the others nothing.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	errs := make([]error, len(t.stops))
	var all sync.WaitGroup
	for i, stop := range t.stops {
		all.Go(func() { errs[i] = stop(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// onShutdown has what is queued exported at the end. what names it in the error.
func (t *Telemetry) onShutdown(what string, e *exports, flush func(context.Context) error) {
	t.stops = append(t.stops, func(ctx context.Context) error {
		if err := e.end(ctx, flush); err != nil {
			return fmt.Errorf("export the last %s: %w", what, err)
		}
		return nil
	})
}

// newResource describes this process: defaults first, then what the environment says.
func newResource(ctx context.Context, o SetupOptions) *resource.Resource {
	r, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName(defaultService), semconv.ServiceVersion(o.Build.orStamped().Version)),
		resource.WithTelemetrySDK(),
		resource.WithHost(),
		resource.WithFromEnv(),
	)
	if err != nil {
		o.Logger.WarnContext(ctx, "describe this process for telemetry", "error", err)
	}
	return r
}
