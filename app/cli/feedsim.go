package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// simFlags describe a made-up provider.
type simFlags struct {
	seed    uint64
	events  int
	zones   int
	dialect string
	zone    string
	plain   bool
}

func (s *simFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Uint64Var(&s.seed, "seed", 1, "tells one made-up provider from another")
	f.IntVar(&s.events, "events", s.events, "about how many events the feed has")
	f.IntVar(&s.zones, "zones", s.zones, "the most zones that an event has")
	f.StringVar(&s.dialect, "dialect", s.dialect, "of the feed: eventList or planList")
	f.StringVar(&s.zone, "timezone", s.zone, "IANA zone of the feed's local times")
	f.BoolVar(&s.plain, "plain", false, "only the attributes of the published contract, without category, city, venue and currency")
}

func (s *simFlags) provider(clock func() time.Time) (*feedsim.Sim, error) {
	if s.events < 1 || s.events > feedsim.MaxEvents {
		return nil, fmt.Errorf("--events: %d is not from 1 to %d", s.events, feedsim.MaxEvents)
	}
	if s.zones < 1 || s.zones > feedsim.MaxZones {
		return nil, fmt.Errorf("--zones: %d is not from 1 to %d", s.zones, feedsim.MaxZones)
	}
	dialect := feedsim.EventList
	switch s.dialect {
	case "eventList":
	case "planList":
		dialect = feedsim.PlanList
	default:
		return nil, fmt.Errorf("--dialect: %q is neither eventList nor planList", s.dialect)
	}
	location, err := time.LoadLocation(s.zone)
	if err != nil {
		return nil, fmt.Errorf("--timezone: %q is no IANA time zone such as Europe/Madrid", s.zone)
	}
	return feedsim.New(feedsim.Options{
		Seed: s.seed, Events: s.events, Zones: s.zones, Dialect: dialect, Location: location, Extended: !s.plain, Clock: clock,
	})
}

// orReplay is a provider that replays the folder, when one is named.
func (s *simFlags) orReplay(folder string) (feedsim.Provider, error) {
	if folder == "" {
		return s.provider(time.Now)
	}
	provider, err := feedsim.NewReplay(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("--replay %s: %w", folder, err)
	}
	return provider, nil
}

func (c *command) feedsim() *cobra.Command {
	sim := simFlags{events: feedsim.DefaultEvents, zones: feedsim.DefaultZones, dialect: "eventList", zone: "UTC"}
	var addr, replay string
	cmd := &cobra.Command{
		Use:   "feedsim",
		Short: "Serve the feed of a provider that is made up",
		Long: `Serves a feed to try things against: a catalogue around today that changes with every fetch,
or the files of a folder in the order of their names, one for each fetch.`,
		Example: `  marquee feedsim --events 20000 --dialect planList
  marquee feedsim --replay ./recorded`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			provider, err := sim.orReplay(replay)
			if err != nil {
				return err
			}
			server, feedURL, err := serveFeed(cmd.Context(), addr, feedsim.Handler(provider), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			cmd.Printf("serving %s\n", feedURL)
			<-cmd.Context().Done()
			return server.Close()
		},
	}
	sim.add(cmd)
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:9000", "where to listen")
	cmd.Flags().StringVar(&replay, "replay", "", "serve the *.xml and *.xml.gz files of this folder instead")
	return cmd
}
