package wiring

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/observability"
)

// flushTimeout is the share of the stop that telemetry may have: a collector that is away must not hold up
// a process that has done its work.
const flushTimeout = 2 * time.Second

type instruments struct {
	fx.Out

	Log      *slog.Logger
	Registry *prometheus.Registry
	Tracing  *observability.Tracing
	Recorder *observability.Recorder
	Probes   *observability.Probes
}

func telemetry(lc fx.Lifecycle, s Settings) (instruments, error) {
	// What cannot be exported is told here only, or every failure would be one more record to export.
	stderr, err := observability.NewLogger(s.Log, s.Config.LogLevel, s.Config.LogFormat)
	if err != nil {
		return instruments{}, err
	}
	exported, err := observability.Setup(context.Background(), observability.SetupOptions{
		Getenv: os.Getenv, Logger: stderr, Build: s.Build,
		Sentry: observability.SentryOptions{DSN: s.Config.SentryDSN, Environment: s.Config.SentryEnvironment},
	})
	if err != nil {
		return instruments{}, err
	}
	lc.Append(fx.StopHook(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, flushTimeout)
		defer cancel()
		if err := exported.Shutdown(ctx); err != nil {
			stderr.WarnContext(ctx, "some telemetry is lost", "error", err)
		}
	}))
	log, err := observability.NewLogger(s.Log, s.Config.LogLevel, s.Config.LogFormat, exported.LogHandlers()...)
	if err != nil {
		return instruments{}, err
	}
	registry := observability.NewRegistry(s.Build)
	return instruments{
		Log: log, Registry: registry, Tracing: exported.Tracing, Probes: observability.NewProbes(),
		Recorder: observability.NewRecorder(observability.RecorderOptions{
			Registry: registry, Tracing: exported.Tracing, Logger: log, Providers: []string{s.Config.ProviderID}, Intervals: s.intervals(), Roles: s.Roles.Names(),
			Broker: "nats", Destination: jetstream.Options{}.Subject(), Store: s.store(), LogSample: s.Config.LogSample,
		}),
	}, nil
}
