package wiring

import (
	"context"
	"io"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
)

// Settings are what a process is composed from.
type Settings struct {
	Config config.Config
	Roles  Roles
	Build  observability.Build
	Log    io.Writer // os.Stderr unless set
	// Interrupt ends the waiting for what the process needs to start; nothing does unless set.
	Interrupt context.Context //nolint:containedctx // constructors have no other way to hear of it

	began time.Time
}

// keepsData reports whether the process keeps anything in its data folder.
func (s Settings) keepsData() bool {
	store, broker := s.Config.Embedded()
	return store || broker && (s.Roles.Fetch || s.Roles.Consume)
}

// store is the kind of the event store, as OpenTelemetry calls it.
func (s Settings) store() string {
	if s.Config.DatabaseURL == "" {
		return "sqlite"
	}
	return "postgresql"
}

// intervals are how often providers are read, where one is configured.
func (s Settings) intervals() map[string]time.Duration {
	if s.Config.ProviderURL == "" {
		return nil
	}
	return map[string]time.Duration{s.Config.ProviderID: s.Config.FetchInterval}
}

// Process is a whole process, ready to be started. What it consists of follows from its roles.
//
// Things stop in the reverse of the order in which they are listed here: the process turns unready and
// lets load balancers notice, answers what it was asked, writes its index to the disk, stops fetching, stops its intake and finishes
// what is in hand, closes broker and store, and flushes its telemetry last.
func Process(s Settings, more ...fx.Option) *fx.App {
	starts := []fx.Option{fx.Invoke(serveAdmin, watch)}
	if s.Roles.Consume || s.Roles.Fetch {
		starts = append(starts, fx.Invoke(watchBacklog))
	}
	if s.keepsData() {
		starts = append(starts, fx.Invoke(observeDisk))
	}
	if s.Roles.Consume {
		starts = append(starts, fx.Invoke(sweep, consume))
	}
	if s.Roles.Fetch {
		starts = append(starts, fx.Invoke(poll))
		if s.keepsData() {
			starts = append(starts, fx.Invoke(serveControl))
		}
	}
	if s.Roles.API {
		starts = append(starts, fx.Invoke(observeAllPools, observeIndex, runModel, follow, requireSearch, serveAPI))
	} else {
		starts = append(starts, fx.Invoke(observePools))
	}
	return fx.New(parts(s), fx.Options(more...), fx.Options(starts...), fx.Invoke(announce))
}

// Once is a process that fetches when it is told to, applies that, and listens nowhere.
func Once(s Settings, more ...fx.Option) *fx.App {
	return fx.New(parts(s), fx.Invoke(sweep, consume), fx.Options(more...))
}

// parts are all that a process may consist of; fx makes those that something asks for.
func parts(s Settings) fx.Option {
	if s.Log == nil {
		s.Log = os.Stderr
	}
	if s.Interrupt == nil {
		s.Interrupt = context.Background()
	}
	s.began = time.Now()
	return fx.Options(
		fx.Supply(s, s.Config, s.Build),
		fx.NopLogger,
		fx.StartTimeout(startTimeout),
		fx.StopTimeout(stopTimeout+s.Config.DrainDelay),

		fx.Provide(clock, telemetry),
		fx.Provide(dataDir, openStore, observedStore),
		fx.Provide(openBroker, observedBroker),
		fx.Provide(newApplier, newConsumer),
		fx.Provide(NewSource, newFeedOptions, newFeed, newFetcher, newPoller),
		fx.Provide(newIndexFile, newModel, newIndex),
		fx.Provide(openRedis, newAnswerKeeping, newFreshness, newAnswers),
		fx.Provide(newEvents, search.NewChanges, newStatus, newUseCases, newAPI, newAdmin, newAddresses),
	)
}

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 20 * time.Second
)

func clock() func() time.Time { return time.Now }
