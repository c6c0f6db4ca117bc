package cli

import (
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// maxListed is above what any of the bounded tables holds.
const maxListed = 100_000

func (c *command) parked() *cobra.Command {
	return group(&cobra.Command{
		Use:   "parked",
		Short: "Look at messages that are faulty themselves, and give them another try",
		Long: `A message is parked when it cannot be read, when what handles it panics, or when five consumers crashed over it. Its run
is not concluded, so nothing is marked as gone; the next run of the provider brings the feed again.`,
		Example: `  marquee parked list
  marquee parked replay --all`,
	}, c.parkedList(), c.parkedShow(), c.parkedReplay(), c.parkedDrop())
}

func (c *command) parkedList() *cobra.Command {
	limit := 50
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List what is parked, the latest first",
		Example: `  marquee parked list`,
		Args:    cobra.NoArgs,
		RunE: c.onCatalogue(openForReading, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, _ []string) error {
			parked, err := store.Parked(cmd.Context(), limit)
			if err != nil {
				return err
			}
			if len(parked) == 0 {
				cmd.Println("nothing is parked")
				return nil
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			printf(table, "MESSAGE\tKIND\tATTEMPTS\tSINCE (UTC)\tBYTES\tREASON\n")
			for _, p := range parked {
				printf(table, "%s\t%s\t%d\t%s\t%d\t%s\n", shown(p.ID), shown(p.Kind), p.Attempts, p.ParkedAt.Format(time.DateTime), p.Bytes, shown(p.Reason))
			}
			return table.Flush()
		}),
	}
	limitFlag(cmd, &limit)
	return cmd
}

func (c *command) parkedShow() *cobra.Command {
	var body string
	cmd := &cobra.Command{
		Use:   "show MESSAGE",
		Short: "Show a parked message, as far as it can be read",
		Example: `  marquee parked show default/1795441234567/3
  marquee parked show default/1795441234567/3 --body message.bin`,
		Args: cobra.ExactArgs(1),
		RunE: c.onCatalogue(openForReading, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, args []string) error {
			p, err := store.ParkedMessage(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			cmd.Printf("%s %s, parked %s UTC at attempt %d\n%s\n", shown(p.Kind), shown(p.ID), p.ParkedAt.Format(time.DateTime), p.Attempts, shown(p.Reason))
			for _, name := range slices.Sorted(maps.Keys(p.Header)) {
				cmd.Printf("%s: %s\n", shown(name), shown(p.Header[name]))
			}
			cmd.Printf("\n%s", contents(p))
			if body == "" {
				return nil
			}
			return os.WriteFile(body, p.Body, 0o600)
		}),
	}
	cmd.Flags().StringVar(&body, "body", "", "write the body to this file, to be looked at or sent along with a report")
	return cmd
}

// contents is what a person can make out of a message.
func contents(p catalogue.Parked) string {
	switch p.Kind {
	case ports.KindChunk:
		chunk, err := ingest.DecodeChunk(p.Body)
		if err != nil {
			break
		}
		var text strings.Builder
		printf(&text, "chunk %d of run %s: %d records\n", chunk.Number, chunk.Run, len(chunk.Records))
		for _, r := range chunk.Records {
			id, _ := r.Identity(chunk.Run.Provider)
			title, _ := r.Base.Get(catalogue.BaseTitle)
			printf(&text, "  %d. base %s event %s, %d zones: %s\n", r.Position, shown(id.Base), shown(id.Event), len(r.Zones), shown(title))
		}
		return text.String()
	case ports.KindCompletion:
		if completion, err := ingest.DecodeCompletion(p.Body); err == nil {
			return fmt.Sprintf("run %s ends: %d chunks, read to its end: %t\n", completion.Run, completion.Chunks, completion.ReadToEnd)
		}
	}
	const most = 256
	return fmt.Sprintf("it cannot be read; its %d bytes begin with\n%s", len(p.Body), hex.Dump(p.Body[:min(len(p.Body), most)]))
}

func (c *command) parkedReplay() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "replay [MESSAGE...]",
		Short: "Give parked messages another try",
		Long: `Applies parked messages in this process, beside the one that runs, so that a message that brings its reader down brings
nobody else down. What succeeds is no longer parked, and its run can be concluded; what fails stays. A chunk of a run that a
later one has superseded brings only the events that nobody knows yet.`,
		Example: `  marquee parked replay default/1795441234567/3
  marquee parked replay --all`,
		RunE: c.onCatalogue(openForDeciding, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, args []string) error {
			again := replayer(cmd, store)
			return eachParked(cmd, store, args, all, "applied", func(p catalogue.Parked) (string, error) {
				out, err := again.Message(cmd.Context(), p)
				return applied(p, out), err
			})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that is parked")
	return cmd
}

func (c *command) parkedDrop() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "drop [MESSAGE...]",
		Short: "Forget parked messages",
		Long: `Forgets parked messages for good. Their runs stay without the chunks that were dropped, so they are not concluded: the next
run of the provider brings what the feed still has.`,
		Example: `  marquee parked drop default/1795441234567/3`,
		RunE: c.onCatalogue(openForDeciding, func(cmd *cobra.Command, _ config.Config, store wiring.Catalogue, args []string) error {
			return eachParked(cmd, store, args, all, "dropped", func(p catalogue.Parked) (string, error) { return "dropped", store.Unpark(cmd.Context(), p.ID) })
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "all that is parked")
	return cmd
}

// applied tells what a message brought.
func applied(p catalogue.Parked, out catalogue.Outcome) string {
	switch {
	case p.Kind != ports.KindChunk:
		return "applied"
	case out.Repeated:
		return "applied before; nothing new"
	case out.Late:
		return fmt.Sprintf("applied late, a later run is known: %d added", out.Added)
	}
	return fmt.Sprintf("applied: %d added, %d updated, %d rejected", out.Added, out.Updated, out.Rejected)
}

// eachParked does something to the messages that are named, the oldest first, and tells what came of each.
func eachParked(cmd *cobra.Command, store wiring.Catalogue, ids []string, all bool, done string, do func(catalogue.Parked) (string, error)) error {
	if err := some(ids, all); err != nil {
		return err
	}
	if all {
		parked, err := store.Parked(cmd.Context(), maxListed)
		if err != nil {
			return err
		}
		for _, p := range slices.Backward(parked) {
			ids = append(ids, p.ID)
		}
		if len(ids) == 0 {
			cmd.Println("nothing is parked")
		}
	}
	failed := 0
	for _, id := range ids {
		p, err := store.ParkedMessage(cmd.Context(), id)
		var became string
		if err == nil {
			became, err = do(p)
		}
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		if err != nil {
			failed++
			cmd.Printf("%s: %s\n", shown(id), shown(err.Error()))
			continue
		}
		cmd.Printf("%s: %s\n", shown(id), became)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d messages were not %s", failed, len(ids), done)
	}
	return nil
}
