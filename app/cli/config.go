package cli

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
)

func (c *command) config() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the configuration that is in force, and from where",
		Long:  `Shows every variable with what is in force. Secrets are hidden. Telemetry follows the standard OTEL_* variables.`,
		Example: `  marquee config
  marquee config --strict`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, unknown, err := config.Load(c.environ)
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			if err == nil {
				printf(table, "VARIABLE\tIN FORCE\tFROM\tWHAT IT IS\n")
				for _, v := range conf.Variables(c.environ) {
					from := "default"
					if v.Set {
						from = "environment"
					}
					printf(table, "%s\t%s\t%s\t%s\n", v.Name, v.Value, from, v.Doc)
				}
				if err := table.Flush(); err != nil {
					return err
				}
			}
			if !strict {
				warn(cmd.ErrOrStderr(), unknown)
			} else if len(unknown) > 0 {
				err = errors.Join(err, fmt.Errorf("nobody knows %s", strings.Join(unknown, ", ")))
			}
			return wrong(err)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "fail when a variable that begins with "+config.Prefix+" is unknown")
	return cmd
}
