package cli

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
)

func (c *command) runs() *cobra.Command {
	return group(&cobra.Command{
		Use:   "runs",
		Short: "Look at the readings of a feed, and settle what one of them left open",
		Example: `  marquee runs list
  marquee runs accept 1795441234567`,
	}, c.runsList(), c.runsShow(), c.runsAccept())
}

func (c *command) runsList() *cobra.Command {
	var provider string
	limit := 20
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the latest runs",
		Long: `Lists runs, the latest first. A run is one reading of a provider's feed: concluded when it was read to its end and
applied, incomplete when the feed was cut or refused, superseded when a later one began first.`,
		Example: `  marquee runs list
  marquee runs list --provider default --limit 100`,
		Args: cobra.NoArgs,
		RunE: c.onCatalogue(openForReading, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, _ []string) error {
			runs, err := store.Runs(cmd.Context(), provider, limit)
			if err != nil {
				return err
			}
			if len(runs) == 0 {
				cmd.Println("no run yet")
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			printf(table, "PROVIDER\tRUN\tBEGAN (UTC)\tTOOK\tSTATE\tCHUNKS\tADDED\tWITHDRAWN\tRETURNED\tHELD\tREMARK\n")
			for _, r := range runs {
				printf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%s\n", r.Ref.Provider, r.Ref.Number, r.BegunAt.Format(time.DateTime), took(r), r.State,
					chunks(r), r.Added, r.Withdrawn, r.Returned, r.Held, remark(r))
			}
			return table.Flush()
		}),
	}
	cmd.Flags().StringVar(&provider, "provider", "", "only this provider's")
	limitFlag(cmd, &limit)
	return cmd
}

func took(r catalogue.Run) string {
	if r.EndedAt.IsZero() {
		return "-"
	}
	return r.EndedAt.Sub(r.BegunAt).Round(100 * time.Millisecond).String()
}

func chunks(r catalogue.Run) string {
	if r.Chunks < 0 {
		return fmt.Sprintf("%d of ?", r.Applied)
	}
	return fmt.Sprintf("%d of %d", r.Applied, r.Chunks)
}

func remark(r catalogue.Run) string {
	texts := []string{r.Failure, r.Note}
	if r.Failure == "" || r.Note == "" {
		texts = []string{r.Failure + r.Note}
	}
	return shown(strings.Join(texts, "; "))
}

func (c *command) runsShow() *cobra.Command {
	limit := 20
	cmd := &cobra.Command{
		Use:   "show [RUN]",
		Short: "Show a run, with what it holds back",
		Long: `Shows a run, the provider's latest unless one is named, with the messages of it that are parked and the events whose
withdrawal is held back.`,
		Example: `  marquee runs show
  marquee runs show default/1795441234567`,
		Args: cobra.MaximumNArgs(1),
		RunE: c.onCatalogue(openForReading, func(cmd *cobra.Command, conf config.Config, store wiring.Catalogue, args []string) error {
			run, err := c.findRun(cmd, conf, store, args)
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			printf(table, "run\t%s\nstate\t%s\nbegan\t%s UTC\ntook\t%s\nchunks\t%s applied\n", run.Ref, run.State, run.BegunAt.Format(time.DateTime), took(run), chunks(run))
			printf(table, "events\t%d added, %d withdrawn, %d returned\n", run.Added, run.Withdrawn, run.Returned)
			if text := remark(run); text != "" {
				printf(table, "remark\t%s\n", text)
			}
			if err := table.Flush(); err != nil {
				return err
			}
			if err := printParkedOf(cmd, store, run.Ref); err != nil {
				return err
			}
			return printHeld(cmd, store, run.Ref, limit)
		}),
	}
	limitFlag(cmd, &limit)
	return cmd
}

// findRun is the run that is named, or the provider's latest.
func (c *command) findRun(cmd *cobra.Command, conf config.Config, store wiring.Catalogue, args []string) (catalogue.Run, error) {
	provider, err := c.provider(cmd.Context(), conf, store)
	if err != nil {
		return catalogue.Run{}, err
	}
	if len(args) > 0 {
		ref, err := parseRun(args[0], provider)
		if err != nil {
			return catalogue.Run{}, err
		}
		run, err := store.Run(cmd.Context(), ref)
		return run, err
	}
	runs, err := store.Runs(cmd.Context(), provider, 1)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("provider %s was never read", provider)
	}
	if err != nil {
		return catalogue.Run{}, err
	}
	return runs[0], nil
}

// parseRun reads what `runs list` shows: a number, or provider and number.
func parseRun(text, provider string) (catalogue.RunRef, error) {
	number := text
	if i := strings.LastIndexByte(text, '/'); i >= 0 {
		provider, number = text[:i], text[i+1:]
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || provider == "" {
		return catalogue.RunRef{}, fmt.Errorf("%q is no run; one looks like 1795441234567 or default/1795441234567, and `marquee runs list` shows them", text)
	}
	return catalogue.RunRef{Provider: provider, Number: catalogue.RunNumber(n)}, nil
}

func printParkedOf(cmd *cobra.Command, store wiring.Catalogue, run catalogue.RunRef) error {
	parked, err := store.Parked(cmd.Context(), maxListed)
	if err != nil {
		return err
	}
	for _, p := range parked {
		if p.Run == run {
			cmd.Printf("\nparked: %s: %s\n", shown(p.ID), shown(p.Reason))
		}
	}
	return nil
}

func printHeld(cmd *cobra.Command, store wiring.Catalogue, run catalogue.RunRef, limit int) error {
	held, err := store.Held(cmd.Context(), run.Provider, limit)
	if err != nil || held.Run != run {
		return err
	}
	cmd.Printf("\n%s missing in %s, and still shown as available. They leave when three complete runs agree, or at once with\n  marquee runs accept %s\n\n",
		count(held.Total, "event is", "events are"), count(held.Runs, "complete run", "complete runs in a row"), run)
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	printf(table, "START\tTITLE\tBASE\tEVENT\tID\n")
	for _, e := range held.Events {
		printf(table, "%s\t%s\t%s\t%s\t%s\n", e.Facts.Start, shown(e.Facts.Title), shown(e.Identity.Base), shown(e.Identity.Event), e.ID)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if more := held.Total - len(held.Events); more > 0 {
		cmd.Printf("and %d more; --limit shows them\n", more)
	}
	return nil
}

// count is a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (c *command) runsAccept() *cobra.Command {
	return &cobra.Command{
		Use:   "accept RUN",
		Short: "Believe a run whose departures are held back",
		Long: `Withdraws the events that a run did not see and that were too many to believe it: they are then shown as no longer
available. Nothing is deleted, and an event that comes back into the feed is available again. Look first with "marquee runs show".`,
		Example: `  marquee runs accept 1795441234567`,
		Args:    cobra.ExactArgs(1),
		RunE: c.onCatalogue(openForDeciding, func(cmd *cobra.Command, conf config.Config, store wiring.Catalogue, args []string) error {
			provider, err := c.provider(cmd.Context(), conf, store)
			if err != nil {
				return err
			}
			ref, err := parseRun(args[0], provider)
			if err != nil {
				return err
			}
			done, err := store.Accept(cmd.Context(), ref)
			if err != nil {
				return err
			}
			cmd.Printf("run %s is accepted: %d events withdrawn\n", ref, done.Withdrawn)
			return nil
		}),
	}
}
