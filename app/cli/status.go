package cli

import (
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/search"
)

// The exit codes of status.
const (
	exitDegraded = exitCode(1)
	exitDown     = exitCode(2)
)

func (c *command) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell how the service stands",
		Long: `Tells how each provider's feed stands, from the database alone, so it works beside a running process and
after its end. The exit code is 0 when all is well, 1 when something is degraded, 2 when there is
no catalogue or nothing runs. Whether other processes run on a shared database, only the feeds tell.`,
		Example: "  marquee status",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			store, err := openForReading(cmd.Context(), conf)
			if err != nil {
				printf(cmd.ErrOrStderr(), "marquee: %s\n", err)
				return exitDown
			}
			defer func() { _ = store.Close() }()
			var expected []search.Expected
			if conf.ProviderURL != "" {
				expected = append(expected, search.Expected{Provider: conf.ProviderID, Interval: conf.FetchInterval})
			}
			report := search.NewStatus(store, expected, time.Now).Report(cmd.Context())
			embedded, _ := conf.Embedded()
			running := !embedded || wiring.DataDir(conf.DataDir).InUse() // of processes elsewhere only the feeds tell
			printReport(cmd, report, running)
			switch {
			case !running:
				return exitDown
			case report.Health != search.OK:
				return exitDegraded
			}
			return nil
		},
	}
}

func printReport(cmd *cobra.Command, r search.Report, running bool) {
	state := string(r.Health)
	if !running {
		state = "not running"
	}
	cmd.Println("status:", state)
	if r.Problem != "" {
		cmd.Println("problem:", r.Problem)
	}
	if len(r.Feeds) == 0 {
		cmd.Println("no provider has been read yet")
		return
	}
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	printf(table, "\nPROVIDER\tFEED\tLAST READ\tAVAILABLE\tKNOWN\tREJECTED\tCURRENT RUN\n")
	for _, f := range r.Feeds {
		age := "never"
		if f.Age >= 0 {
			age = f.Age.Round(time.Second).String() + " ago"
		}
		run := f.Feed.Current
		printf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", f.Provider, f.Health, age, f.Feed.Available, f.Feed.Known, f.Feed.Rejected, run.State)
	}
	_ = table.Flush()
	for _, f := range r.Feeds {
		failure := f.Feed.Current.Failure
		if strings.Contains(f.Problem, failure) {
			failure = "" // it is part of the problem
		}
		for _, text := range []string{f.Problem, failure, f.Feed.Current.Note} {
			if text != "" {
				cmd.Printf("\n%s: %s\n", f.Provider, text)
			}
		}
	}
}
