package cli

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func (c *command) rejected() *cobra.Command {
	var provider string
	var originals bool
	limit := 50
	list := &cobra.Command{
		Use:   "list",
		Short: "List the open rejections, the latest first",
		Long: `Lists the records that could not be understood, with the reason. A record disappears from here when it is
next understood, or when the feed no longer has it.`,
		Example: `  marquee rejected list
  marquee rejected list --provider default --original`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return fmt.Errorf("--limit: %d is below 1", limit)
			}
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			store, err := openForReading(cmd.Context(), conf)
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }()
			rejections, err := store.Rejected(cmd.Context(), provider, limit)
			if err != nil {
				return err
			}
			if len(rejections) == 0 {
				cmd.Println("nothing is rejected")
				return nil
			}
			if originals {
				for _, r := range rejections {
					cmd.Printf("%s base %q event %q: %s (%s)\n%s\n\n", r.Provider, r.Identity.Base, r.Identity.Event, r.Detail, r.Reason, r.Original)
				}
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			printf(table, "PROVIDER\tBASE\tEVENT\tREASON\tRUNS\tSINCE (UTC)\tDETAIL\n")
			for _, r := range rejections {
				printf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", r.Provider, r.Identity.Base, r.Identity.Event, r.Reason, r.Count, r.FirstRun.Time().Format(time.DateTime), r.Detail)
			}
			return table.Flush()
		},
	}
	list.Flags().StringVar(&provider, "provider", "", "only this provider's")
	list.Flags().IntVar(&limit, "limit", limit, "how many at most")
	list.Flags().BoolVar(&originals, "original", false, "show each record as the feed had it")
	return group(&cobra.Command{
		Use:     "rejected",
		Short:   "Look at what a feed had that could not be taken",
		Example: `  marquee rejected list`,
	}, list)
}
