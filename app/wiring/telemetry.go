package wiring

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

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
	log, err := observability.NewLogger(s.Log, s.Config.LogLevel, s.Config.LogFormat)
	if err != nil {
		return instruments{}, err
	}
	tracing, err := observability.Setup(context.Background(), observability.TracingOptions{Getenv: os.Getenv, Logger: log, Build: s.Build})
	if err != nil {
		return instruments{}, err
	}
	lc.Append(fx.StopHook(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, flushTimeout)
		defer cancel()
		if err := tracing.Shutdown(ctx); err != nil {
			log.WarnContext(ctx, "some spans are lost", "error", err)
		}
	}))
	registry := observability.NewRegistry(s.Build)
	return instruments{
		Log: log, Registry: registry, Tracing: tracing, Probes: observability.NewProbes(),
		Recorder: observability.NewRecorder(observability.RecorderOptions{
			Registry: registry, Tracing: tracing, Logger: log, Providers: []string{s.Config.ProviderID}, Broker: "nats",
		}),
	}, nil
}
