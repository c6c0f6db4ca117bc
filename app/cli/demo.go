package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// history is how many days a new demo looks back on.
const history = 30

func (c *command) demo() *cobra.Command {
	sim := simFlags{events: feedsim.DefaultEvents, zones: feedsim.DefaultZones, dialect: "eventList", zone: "Europe/Madrid"}
	interval := 5 * time.Second
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the service against a provider that is made up",
		Long: `Runs the whole service and, beside it, a provider whose feed changes with every fetch. On
the first start the catalogue gets thirty days of history. Its data is in the folder demo
of MARQUEE_DATA_DIR; outside databases, brokers and caches are left alone.`,
		Example: `  marquee demo
  marquee demo --events 20000 --interval 30s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			provider, err := sim.provider(time.Now)
			if err != nil {
				return err
			}
			moody := feedsim.NewMoody(feedsim.Handler(provider), feedsim.MoodyOptions{})
			server, root, err := serveProvider(cmd.Context(), providerAddr, moody, cmd.ErrOrStderr())
			if errors.Is(err, syscall.EADDRINUSE) {
				server, root, err = serveProvider(cmd.Context(), "127.0.0.1:0", moody, cmd.ErrOrStderr())
			}
			if err != nil {
				return err
			}
			defer func() { _ = server.Close() }()

			conf.DataDir = filepath.Join(conf.DataDir, "demo")
			conf.DatabaseURL, conf.RedisURL, conf.BrokerURL = "", "", ""
			conf.ProviderURL, conf.ProviderID, conf.ProviderTimeZone, conf.FetchInterval = root+feedPath, "demo", sim.zone, interval
			if !c.isSet("LOG_FORMAT") {
				conf.LogFormat = "text"
			}
			if !c.isSet("LOG_LEVEL") {
				conf.LogLevel = config.Level(slog.LevelWarn) // the screen is for what to try
			}
			if err := conf.Validate(); err != nil {
				return err
			}
			var at *wiring.Addresses
			process := wiring.Process(wiring.Settings{Config: conf, Roles: wiring.AllRoles, Build: build(), Log: cmd.ErrOrStderr()},
				fx.Provide(func(fetcher ingest.FeedReading, feeds ports.FeedReader, runs ports.RunReader, source catalogue.Source, log *slog.Logger) wiring.Beforehand {
					return func(ctx context.Context) error {
						return lookBack(ctx, provider, fetcher, feeds, runs, source, log)
					}
				}), fx.Populate(&at))
			return run(cmd.Context(), process, func() { cmd.Print(welcome(conf, at, time.Now())) })
		},
	}
	sim.add(cmd)
	cmd.Flags().DurationVar(&interval, "interval", interval, "between two fetches")
	return cmd
}

// lookBack gives a catalogue the past that it missed, thirty days at most: the feed as it was on each day, read as it
// is read today, in runs that carry the day's number.
func lookBack(ctx context.Context, sim *feedsim.Sim, fetcher ingest.FeedReading, feeds ports.FeedReader, runs ports.RunReader, source catalogue.Source, log *slog.Logger) error {
	const day = 24 * time.Hour
	known, err := feeds.Feeds(ctx)
	if err != nil {
		if ctx.Err() != nil { // stopped before it began
			return nil
		}
		return err
	}
	now := time.Now()
	then := now.Add(-history * day)
	for _, f := range known {
		if next := f.Current.Ref.Number.Time().Add(day); f.Provider == source.ID && next.After(then) {
			then = next
		}
	}
	defer sim.FollowClock()
	for ; then.Before(now); then = then.Add(day) {
		sim.HoldAt(then)
		fetched, err := fetcher.Fetch(ctx, source, catalogue.Begun{Run: catalogue.RunRef{Provider: source.ID, Number: catalogue.RunAt(then)}})
		if err == nil {
			_, err = wiring.AwaitRun(ctx, runs, fetched.Completion.Run)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			log.WarnContext(ctx, "the demo has a gap in its history", "day", then.Format(time.DateOnly), "error", err)
		}
	}
	return nil
}

// welcome is what a newcomer reads first.
func welcome(c config.Config, at *wiring.Addresses, now time.Time) string {
	base := "http://" + reachable(at.Of(wiring.PublicAPI))
	admin := "http://" + reachable(at.Of(wiring.Admin))
	search := func(from, to time.Time) string { // nothing in a UTC time needs escaping
		return base + "/search?starts_at=" + from.UTC().Format(time.RFC3339) + "&ends_at=" + to.UTC().Format(time.RFC3339)
	}
	moods := strings.TrimSuffix(c.ProviderURL, feedPath) + moodPath
	day := now.Truncate(24 * time.Hour)
	return fmt.Sprintf(`
Marquee is running, with a provider that is made up and read every %s.

  the page to search in, and the documentation to try the API in
    %s/
    %s/docs
  what is on in the next seven days
    curl '%s'
  what was on last week, also what has left the feed since
    curl '%s'
  how the feed stands
    curl '%s/status'
  metrics, probes, profiles
    %s/metrics
  the feed itself (each look moves it on)
    %s
  what happens when the provider breaks, and when it behaves again (the list of ways is there, too)
    curl -X PUT %s/cut_connection
    curl -X DELETE %s
  beside it, in another terminal
    MARQUEE_DATA_DIR=%s %s status

The first start reads thirty days of history in first, which takes some seconds.
Ctrl-C stops it in order. The catalogue stays in the folder above; remove it to begin anew.

`, c.FetchInterval, base, base, search(day, day.AddDate(0, 0, 8)), search(day.AddDate(0, 0, -7), day), base, admin, c.ProviderURL, moods, moods, absolute(c.DataDir), program())
}

// reachable is an address that a person can type.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// absolute is a path that means the same in another terminal.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// program is how this program is called in another terminal.
func program() string {
	if path, err := os.Executable(); err == nil {
		return path
	}
	return "marquee"
}

func (c *command) isSet(name string) bool {
	for _, v := range (config.Config{}).Variables(c.environ) {
		if v.Name == config.Prefix+name {
			return v.Set
		}
	}
	return false
}

// Where a made-up provider has its feed, which it serves under any path, and where it is told to misbehave.
const (
	feedPath = "/feed.xml"
	moodPath = "/misbehaviours"

	providerAddr = "127.0.0.1:9000" // in the demo any other, where somebody else has it
)

// serveProvider serves a made-up provider under root until the server is closed. Should it end before, stderr is told.
func serveProvider(ctx context.Context, addr string, h http.Handler, stderr io.Writer) (server *http.Server, root string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", fmt.Errorf("serve the made-up provider: %w", err)
	}
	server = &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			printf(stderr, "marquee: the made-up provider ended: %s\n", err)
		}
	}()
	return server, "http://" + reachable(listener.Addr().String()), nil
}
