package wiring

import (
	"context"
	"log/slog"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/observability"
)

// background runs work from start to stop. Stopping ends its context and waits until it has returned. An
// error ends the whole process: nothing goes on without a part that should be there.
func background(lc fx.Lifecycle, stop fx.Shutdowner, log *slog.Logger, name string, work func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() {
				defer close(done)
				if err := work(ctx); err != nil {
					log.ErrorContext(ctx, "a part of the process ended", "part", name, "error", err)
					_ = stop.Shutdown(fx.ExitCode(1))
				}
			}()
			return nil
		},
		OnStop: func(ctx context.Context) error {
			cancel()
			ctx, cancel := beforeTheEnd(ctx)
			defer cancel()
			select {
			case <-done:
				return nil
			case <-ctx.Done():
				log.WarnContext(ctx, "a part of the process did not end in time", "part", name)
				return ctx.Err()
			}
		},
	})
}

// reserve is the share of the stop that is kept for what closes after the parts that work: who would like to know what held
// up the stop needs the last records and spans.
const reserve = flushTimeout + 2*time.Second

// beforeTheEnd ends earlier than ctx, so that something can still be done when it has ended.
func beforeTheEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve))
}

// announce is the last thing to start and the first to stop.
func announce(lc fx.Lifecycle, s Settings, c config.Config, probes *observability.Probes, log *slog.Logger) {
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			probes.SetReady()
			log.InfoContext(ctx, "ready", "roles", s.Roles.String(), "version", s.Build.Version, "after", time.Since(s.began).Round(time.Millisecond).String())
			return nil
		},
		OnStop: func(ctx context.Context) error {
			probes.NotReady("stopping")
			log.InfoContext(ctx, "stopping")
			select {
			case <-time.After(c.DrainDelay):
			case <-ctx.Done():
			}
			return nil
		},
	})
}
