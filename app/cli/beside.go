package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/ingest"
)

// openForReading opens the catalogue beside whoever runs, and changes nothing in it.
func openForReading(ctx context.Context, conf config.Config) (*sqlite.Store, error) {
	return openBeside(ctx, conf, sqlite.Options{ReadOnly: true})
}

// openForDeciding opens the catalogue beside whoever runs, for what a person decides.
func openForDeciding(ctx context.Context, conf config.Config) (*sqlite.Store, error) {
	return openBeside(ctx, conf, sqlite.Options{Beside: true})
}

func openBeside(ctx context.Context, conf config.Config, o sqlite.Options) (*sqlite.Store, error) {
	o.Path, o.Clock, o.Readers = wiring.DataDir(conf.DataDir).Database(), time.Now, 1
	if _, err := os.Stat(o.Path); err != nil {
		return nil, fmt.Errorf("there is no catalogue at %s; MARQUEE_DATA_DIR says where to look", o.Path)
	}
	store, err := sqlite.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the catalogue at %s: %w", o.Path, err)
	}
	return store, nil
}

// onCatalogue makes the body of a command that looks into the catalogue, or decides something in it.
func (c *command) onCatalogue(
	open func(context.Context, config.Config) (*sqlite.Store, error),
	do func(cmd *cobra.Command, conf config.Config, store *sqlite.Store, args []string) error,
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

// replayer gives what was put aside another try.
func replayer(cmd *cobra.Command, store *sqlite.Store) *ingest.Replayer {
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
