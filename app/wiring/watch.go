package wiring

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// watchEvery is how old a gauge may be.
const watchEvery = 5 * time.Second

// watch keeps gauges fresh that nobody asks for.
func watch(lc fx.Lifecycle, stop fx.Shutdowner, feeds ports.FeedReader, parking ports.Parking, probes *observability.Probes, rec *observability.Recorder, log *slog.Logger) {
	watchInBackground(lc, stop, "feeds, parked messages", observability.Watched{Feeds: feeds, Parking: parking}, rec, log)
	// Apart from what it tells of: that may hang.
	watchInBackground(lc, stop, "dependencies", observability.Watched{Probes: probes}, rec, log)
}

func watchBacklog(lc fx.Lifecycle, stop fx.Shutdowner, backlog ports.Backlog, rec *observability.Recorder, log *slog.Logger) {
	watchInBackground(lc, stop, "backlog", observability.Watched{Backlog: backlog}, rec, log)
}

func watchInBackground(lc fx.Lifecycle, stop fx.Shutdowner, what string, w observability.Watched, rec *observability.Recorder, log *slog.Logger) {
	background(lc, stop, log, "gauges of "+what, func(ctx context.Context) error {
		observability.Watch(ctx, watchEvery, w, rec)
		return nil
	})
}

// observePools tells of the connections to the store.
func observePools(registry *prometheus.Registry, store Catalogue) {
	observability.ObservePools(registry, store)
}

// observeAllPools tells of those to Redis as well, where there is one.
func observeAllPools(registry *prometheus.Registry, store Catalogue, far redis) {
	if far.pools == nil {
		observePools(registry, store)
		return
	}
	observability.ObservePools(registry, store, far.pools)
}

func observeDisk(registry *prometheus.Registry, dir DataDir) {
	observability.ObserveDisk(registry, string(dir))
}
