package wiring

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func openStore(lc fx.Lifecycle, dir DataDir, clock func() time.Time, probes *observability.Probes) (*sqlite.Store, error) {
	store, err := sqlite.Open(context.Background(), sqlite.Options{Path: dir.Database(), Clock: clock, Sole: true}) // the folder is locked
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir.Database(), err)
	}
	lc.Append(fx.StopHook(store.Close))
	probes.Add("store", 0, store.Ping)
	return store, nil
}

// storePorts are the conversations with the store, each observed.
type storePorts struct {
	fx.Out

	Searcher   ports.Searcher
	Changes    ports.ChangeReader
	Ingester   ports.Ingester
	Runs       ports.Runs
	Feeds      ports.FeedReader
	Rejections ports.RejectionReader
	Parking    ports.Parking
	Leases     ports.Leases
	RunReader  ports.RunReader // asked by who fetches by hand, and watched by nobody
}

func observedStore(s *sqlite.Store, rec *observability.Recorder) storePorts {
	return storePorts{
		Searcher:   observability.ObserveSearcher(s, rec),
		Changes:    observability.ObserveChangeReader(s, rec),
		Ingester:   observability.ObserveIngester(s, rec),
		Runs:       observability.ObserveRuns(s, rec),
		Feeds:      observability.ObserveFeedReader(s, rec),
		Rejections: observability.ObserveRejectionReader(s, rec),
		Parking:    observability.ObserveParking(s, rec),
		Leases:     observability.ObserveLeases(s, rec),
		RunReader:  s,
	}
}
