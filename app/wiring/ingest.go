package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/feedxml"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// sweepEvery is how long a run waits whose consumer died just before its conclusion.
const sweepEvery = 5 * time.Second

func newApplier(store ports.Ingester) *ingest.Applier { return ingest.NewApplier(store) }

func newConsumer(intake ports.Intake, applier *ingest.Applier, parking ports.Parking, log *slog.Logger) *ingest.Consumer {
	return ingest.NewConsumer(intake, applier, parking, log)
}

func sweep(lc fx.Lifecycle, stop fx.Shutdowner, applier *ingest.Applier, log *slog.Logger) {
	background(lc, stop, log, "sweeper", func(ctx context.Context) error {
		ingest.NewSweeper(applier, sweepEvery, log).Run(ctx)
		return nil
	})
}

func consume(lc fx.Lifecycle, stop fx.Shutdowner, c config.Config, consumer *ingest.Consumer, log *slog.Logger) {
	background(lc, stop, log, "consumer", func(ctx context.Context) error {
		return consumer.Run(ctx, c.Consumers)
	})
}

// newFeedOptions are how patient this program is with providers.
func newFeedOptions(b observability.Build) feedxml.Options {
	return feedxml.Options{UserAgent: fmt.Sprintf("marquee/%s (+https://github.com/marquee-events/marquee)", b.Version)}
}

// newFeed is the provider's feed: observed as a port, its requests as such, and what it does between them.
func newFeed(lc fx.Lifecycle, o feedxml.Options, rec *observability.Recorder, log *slog.Logger) ports.Feed {
	client := observability.NewFeedClient(rec, log)
	o.Transport = observability.ObserveTransport(feedxml.NewTransport(o.Timeouts), rec)
	o.OnRetry, o.OnBreaker = client.Retried, client.Broke
	feed := feedxml.New(o)
	lc.Append(fx.StopHook(feed.Close))
	return observability.ObserveFeed(feed, rec)
}

func newFetcher(feed ports.Feed, publisher ports.Publisher, rec *observability.Recorder) ingest.FeedReading {
	return observability.ObserveFetcher(ingest.NewFetcher(feed, publisher), rec)
}

// NewSource is the provider that the configuration names.
func NewSource(c config.Config) (catalogue.Source, error) {
	location, err := time.LoadLocation(c.ProviderTimeZone)
	if err != nil {
		return catalogue.Source{}, err
	}
	return catalogue.Source{ID: c.ProviderID, URL: c.ProviderURL, Location: location}, nil
}

func newPoller(s catalogue.Source, c config.Config, leases ports.Leases, runs ports.Runs, fetcher ingest.FeedReading, log *slog.Logger) *ingest.Poller {
	return ingest.NewPoller(s, c.FetchInterval, holder(), leases, runs, fetcher, log)
}

// holder tells this process from all others that ever lived.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%d", host, os.Getpid(), time.Now().UnixNano())
}

// Beforehand is what has to happen before the first fetch. Whoever composes a process may provide it.
type Beforehand func(context.Context) error

func poll(lc fx.Lifecycle, stop fx.Shutdowner, p *ingest.Poller, log *slog.Logger, before struct {
	fx.In
	Beforehand `optional:"true"`
},
) {
	background(lc, stop, log, "poller", func(ctx context.Context) error {
		if before.Beforehand != nil {
			if err := before.Beforehand(ctx); err != nil {
				return err
			}
		}
		p.Run(ctx)
		return nil
	})
}
