package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/ingest"
)

// openForReading opens the catalogue beside whoever runs, and changes nothing in it.
func openForReading(ctx context.Context, conf config.Config) (wiring.Catalogue, error) {
	return wiring.OpenCatalogue(ctx, conf, wiring.Reading)
}

// openForDeciding opens the catalogue beside whoever runs, for what a person decides.
func openForDeciding(ctx context.Context, conf config.Config) (wiring.Catalogue, error) {
	return wiring.OpenCatalogue(ctx, conf, wiring.Deciding)
}

// onCatalogue makes the body of a command that looks into the catalogue, or decides something in it.
func (c *command) onCatalogue(
	open func(context.Context, config.Config) (wiring.Catalogue, error),
	do func(cmd *cobra.Command, conf config.Config, store wiring.Catalogue, args []string) error,
) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		conf, err := c.configuration(cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		store, err := open(cmd.Context(), conf)
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		return do(cmd, conf, store, args)
	}
}

// provider is the one that a command is about: the one that is configured, or the only one that the catalogue has.
func (c *command) provider(ctx context.Context, conf config.Config, store wiring.Catalogue) (string, error) {
	feeds, err := store.Feeds(ctx)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, f := range feeds {
		ids = append(ids, f.Provider)
	}
	switch {
	case c.isSet("PROVIDER_ID"), slices.Contains(ids, conf.ProviderID), len(ids) == 0:
		return conf.ProviderID, nil
	case len(ids) == 1:
		return ids[0], nil
	}
	return "", fmt.Errorf("the catalogue has several providers, %s; say which with %sPROVIDER_ID", strings.Join(ids, ", "), config.Prefix)
}

// some takes the names that a command got, or all when it is told so.
func some(names []string, all bool) error {
	switch {
	case all && len(names) > 0:
		return errors.New("name what to take, or say --all, not both")
	case !all && len(names) == 0:
		return errors.New("nothing is named; name what to take, or say --all")
	}
	return nil
}

// replayer gives what was put aside another try.
func replayer(cmd *cobra.Command, store wiring.Catalogue) *ingest.Replayer {
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	return ingest.NewReplayer(ingest.NewApplier(store), store, store, log)
}

// shown is a text of a feed for a terminal: no sign in it moves the cursor, or a column.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// limitFlag bounds a list.
func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", *limit, "how many at most")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *limit < 1 {
			return fmt.Errorf("--limit: %d is below 1", *limit)
		}
		return nil
	}
}
