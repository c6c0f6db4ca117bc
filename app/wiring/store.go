package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/exaring/otelpgx"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// Catalogue is an event store, embedded or outside.
type Catalogue interface {
	ports.EventStore
	ports.Pools

	Ping(ctx context.Context) error
	Close() error
}

func openStore(lc fx.Lifecycle, stop fx.Shutdowner, s Settings, dir DataDir, file indexFile, clock func() time.Time, probes *observability.Probes, tracing *observability.Tracing, log *slog.Logger) (Catalogue, error) {
	store, err := open(stop, s, dir, file, clock, tracing, log)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(store.Close))
	dependsOn(s.Roles, probes, "store", store.Ping)
	return store, nil
}

func open(stop fx.Shutdowner, s Settings, dir DataDir, file indexFile, clock func() time.Time, tracing *observability.Tracing, log *slog.Logger) (Catalogue, error) {
	if s.Config.DatabaseURL == "" {
		store, err := sqlite.Open(context.Background(), sqlite.Options{Path: dir.Database(), Clock: clock, Sole: true}) // the folder is locked
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", dir.Database(), err)
		}
		return store, nil
	}
	return openPostgres(s.Interrupt, log, postgres.Options{
		URL: s.Config.DatabaseURL, Writers: s.Config.Consumers + 2, // besides consumers there are leases and the sweeper
		ReadOnly: s.Roles == Roles{API: true}, Listen: s.Roles.API,
		// With a catalogue on the disk, searches need not wait for the database.
		Later: file.there(), OnOpened: func(err error) {
			if err != nil {
				log.Error("the database cannot be used", "error", err)
				_ = stop.Shutdown(fx.ExitCode(1))
			}
		},
		Tracer: otelpgx.NewTracer(otelpgx.WithTracerProvider(tracing.Provider())),
		Logger: log,
	})
}

// databaseWait is how long a process that starts waits for its database, which may be starting as well.
const databaseWait = 20 * time.Second

func openPostgres(interrupt context.Context, log *slog.Logger, o postgres.Options) (Catalogue, error) {
	ctx, cancel := context.WithTimeout(interrupt, databaseWait)
	defer cancel()
	for told := false; ; told = true {
		store, err := postgres.Open(interrupt, o) // which may migrate, for as long as that takes
		if err == nil {
			return store, nil
		}
		if !fault.Is(err, fault.Unavailable) {
			return nil, err
		}
		if !told {
			log.WarnContext(ctx, "waiting for the database", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Second):
		}
	}
}

// storePorts are the conversations with the store, each observed.
type storePorts struct {
	fx.Out

	Searcher   ports.Searcher
	Events     ports.EventReader
	Changes    ports.ChangeReader
	Snapshots  ports.Snapshotter
	Ingester   ports.Ingester
	Runs       ports.Runs
	Feeds      ports.FeedReader
	Rejections ports.RejectionReader
	Parking    ports.Parking
	Leases     ports.Leases
	RunReader  ports.RunReader // asked by who fetches by hand, and watched by nobody
}

func observedStore(s Catalogue, rec *observability.Recorder) storePorts {
	return storePorts{
		Searcher:   observability.ObserveSearcher(s, rec),
		Events:     observability.ObserveEventReader(s, rec),
		Changes:    observability.ObserveChangeReader(s, rec),
		Snapshots:  observability.ObserveSnapshotter(s, rec),
		Ingester:   observability.ObserveIngester(s, rec),
		Runs:       observability.ObserveRuns(s, rec),
		Feeds:      observability.ObserveFeedReader(s, rec),
		Rejections: observability.ObserveRejectionReader(s, rec),
		Parking:    observability.ObserveParking(s, rec),
		Leases:     observability.ObserveLeases(s, rec),
		RunReader:  s,
	}
}
