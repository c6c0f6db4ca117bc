package cli

import (
	"encoding/hex"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
)

func (c *command) rejected() *cobra.Command {
	return group(&cobra.Command{
		Use:   "rejected",
		Short: "Look at records that could not be understood, and give them another try",
		Example: `  marquee rejected list
  marquee rejected replay --all`,
	}, c.rejectedList(), c.rejectedReplay())
}

func (c *command) rejectedList() *cobra.Command {
	var provider string
	var originals bool
	limit := 50
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the open rejections, the latest first",
		Long: `Lists the records that could not be understood, with the reason. A record disappears from here when it is
next understood, or when the feed no longer has it.`,
		Example: `  marquee rejected list
  marquee rejected list --provider default --original`,
		Args: cobra.NoArgs,
		RunE: c.onCatalogue(openForReading, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, _ []string) error {
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
					cmd.Printf("%s  %s base %q event %q: %s (%s)\n%s\n\n", key(r), r.Provider, r.Identity.Base, r.Identity.Event, shown(r.Detail), r.Reason, shown(string(r.Original)))
				}
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			printf(table, "KEY\tPROVIDER\tBASE\tEVENT\tREASON\tRUNS\tSINCE (UTC)\tDETAIL\n")
			for _, r := range rejections {
				printf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", key(r), r.Provider, brief(r.Identity.Base), brief(r.Identity.Event), r.Reason, r.Count,
					r.FirstRun.Time().Format(time.DateTime), shown(r.Detail))
			}
			return table.Flush()
		}),
	}
	cmd.Flags().StringVar(&provider, "provider", "", "only this provider's")
	cmd.Flags().BoolVar(&originals, "original", false, "show each record as the feed had it")
	limitFlag(cmd, &limit)
	return cmd
}

// brief is as much of an id as a table has room for.
func brief(id string) string {
	const most = 32
	if runes := []rune(shown(id)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return shown(id)
}

// key is as much of a rejection's key as a person types.
func key(r catalogue.Rejection) string { return hex.EncodeToString(r.Key[:4]) }

func (c *command) rejectedReplay() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "replay [KEY...]",
		Short: "Give rejected records of the provider another try",
		Long: `Reads rejected records again, from the original that was kept: after a new version that understands them, or by another time
zone, which is the one that they were read by unless MARQUEE_PROVIDER_TIMEZONE is set. What is understood is in the catalogue at
once; the rest stays rejected. Without this the next reading of the whole feed does the same, within an hour.`,
		Example: `  marquee rejected replay 3fa94c21
  marquee rejected replay --all`,
		RunE: c.onCatalogue(openForDeciding, func(cmd *cobra.Command, conf config.Config, store wiring.Catalogue, args []string) error {
			if err := some(args, all); err != nil {
				return err
			}
			provider, err := c.provider(cmd.Context(), conf, store)
			if err != nil {
				return err
			}
			rejections, err := chosen(cmd, provider, store, args)
			if err != nil {
				return err
			}
			if len(rejections) == 0 {
				cmd.Printf("nothing of provider %s is rejected\n", provider)
			}
			by, err := c.readBy(conf)
			if err != nil {
				return err
			}
			again, failed := replayer(cmd, store), 0
			for _, r := range rejections {
				out, err := again.Rejection(cmd.Context(), r, by)
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				cmd.Printf("%s  base %s event %s: %s\n", key(r), brief(r.Identity.Base), brief(r.Identity.Event), became(out, err))
				if err != nil {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d records are still rejected", failed, len(rejections))
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that are open")
	return cmd
}

// readBy is what is said of the provider today. What nobody says is as it was when the record was rejected.
func (c *command) readBy(conf config.Config) (ingest.ReadBy, error) {
	if !c.isSet("PROVIDER_TIMEZONE") {
		return ingest.ReadBy{}, nil
	}
	source, err := wiring.NewSource(conf)
	return ingest.ReadBy{Location: source.Location, Currency: source.Currency}, err
}

// chosen are the provider's open rejections whose keys are named, or all of them.
func chosen(cmd *cobra.Command, provider string, store wiring.Catalogue, keys []string) ([]catalogue.Rejection, error) {
	open, err := store.Rejected(cmd.Context(), provider, maxListed)
	if err != nil || len(keys) == 0 {
		return open, err
	}
	var some []catalogue.Rejection
	for _, k := range keys {
		found := len(some)
		for _, r := range open {
			if k != "" && strings.HasPrefix(hex.EncodeToString(r.Key[:]), strings.ToLower(k)) {
				some = append(some, r)
			}
		}
		if len(some) == found {
			return nil, fmt.Errorf("no open rejection of provider %s has a key that begins with %q; `marquee rejected list` shows them", provider, k)
		}
	}
	return some, nil
}

func became(out catalogue.Outcome, err error) string {
	switch {
	case err != nil:
		return shown(err.Error())
	case out.Added > 0:
		return "is in the catalogue"
	case out.Updated > 0:
		return "is brought up to date"
	}
	return "is understood, and nothing new"
}
