package cli

import (
	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
)

func (c *command) migrate() *cobra.Command {
	return group(&cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to date, or show how it stands",
		Long: `The service migrates its database by itself when it starts. These commands are for doing it beforehand, as a role that
may do more than the service, and for looking.`,
		Example: `  marquee migrate status
  marquee migrate up
  MARQUEE_DATABASE_URL=postgres://marquee_owner@db:5432/marquee marquee migrate up`,
	}, &cobra.Command{
		Use: "up", Short: "Apply what is missing", Example: "  marquee migrate up", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := wiring.Migrate(cmd.Context(), conf); err != nil {
				return plain(err)
			}
			return printMigrations(cmd, conf)
		},
	}, &cobra.Command{
		Use: "status", Short: "Show which steps are applied", Example: "  marquee migrate status", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return printMigrations(cmd, conf)
		},
	})
}

func printMigrations(cmd *cobra.Command, conf config.Config) error {
	steps, err := wiring.Migrations(cmd.Context(), conf)
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
