package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/wiring"
)

func (c *command) migrate() *cobra.Command {
	return group(&cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date, or show how it stands",
		Long:  `The service migrates its database by itself when it starts. These commands are for doing it beforehand and for looking.`,
		Example: `  marquee migrate status
  marquee migrate up`,
	}, &cobra.Command{
		Use: "up", Short: "Apply what is missing", Example: "  marquee migrate up", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			dir := wiring.DataDir(conf.DataDir)
			unlock, err := dir.Lock()
			if err != nil {
				return plain(err)
			}
			defer func() { _ = unlock() }()
			store, err := sqlite.Open(cmd.Context(), sqlite.Options{Path: dir.Database(), Clock: time.Now})
			if err != nil {
				return err
			}
			if err := store.Close(); err != nil {
				return err
			}
			return printMigrations(cmd, dir)
		},
	}, &cobra.Command{
		Use: "status", Short: "Show which steps are applied", Example: "  marquee migrate status", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return printMigrations(cmd, wiring.DataDir(conf.DataDir))
		},
	})
}

func printMigrations(cmd *cobra.Command, dir wiring.DataDir) error {
	steps, err := sqlite.Migrations(cmd.Context(), dir.Database())
	if err != nil {
		return err
	}
	for _, s := range steps {
		state := "missing"
		if s.Applied {
			state = "applied"
		}
		cmd.Printf("%-8s %s\n", state, s.Name)
	}
	return nil
}
