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
	var addr, replay, misbehave string
	cmd := &cobra.Command{
		Use:   "feedsim",
		Short: "Serve the feed of a provider that is made up",
		Long: `Serves a feed to try things against: a catalogue around today that changes with every fetch,
or the files of a folder in the order of their names, one for each fetch.

The provider misbehaves on request, while it runs:

  curl http://127.0.0.1:9000/misbehaviours
    lists what it can do, and says what is in force
  curl -X PUT 'http://127.0.0.1:9000/misbehaviours/cut_connection?times=3'
    has it cut the connection at the next three fetches; without times until told otherwise
  curl -X DELETE http://127.0.0.1:9000/misbehaviours
    has it behave again
  curl 'http://127.0.0.1:9000/feed.xml?misbehave=malformed_records'
    has it misbehave in this answer only`,
		Example: `  marquee feedsim --events 20000 --dialect planList
  marquee feedsim --misbehave half_gone
  marquee feedsim --replay ./recorded`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			provider, err := sim.orReplay(replay)
			if err != nil {
				return err
			}
			moody := feedsim.NewMoody(feedsim.Handler(provider), feedsim.MoodyOptions{})
			if misbehave != "" {
				if err := moody.Misbehave(feedsim.Misbehaviour(misbehave), 0); err != nil {
					return fmt.Errorf("--misbehave: %w", err)
				}
			}
			server, root, err := serveProvider(cmd.Context(), addr, moody, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			cmd.Printf("serving %s%s\nit misbehaves on request: %s%s\n", root, feedPath, root, moodPath)
			<-cmd.Context().Done()
			return server.Close()
		},
	}
	sim.add(cmd)
	cmd.Flags().StringVar(&addr, "addr", providerAddr, "where to listen")
	cmd.Flags().StringVar(&replay, "replay", "", "serve the *.xml and *.xml.gz files of this folder instead")
	cmd.Flags().StringVar(&misbehave, "misbehave", "", "how it misbehaves until it is told otherwise, such as server_error")
	_ = cmd.RegisterFlagCompletionFunc("misbehave", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { // the flag is there
		var known []string
		for _, how := range feedsim.Misbehaviours() {
			known = append(known, string(how)+"\t"+how.Description())
		}
		return known, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}
