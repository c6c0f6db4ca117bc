package cli

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func (c *command) healthcheck() *cobra.Command {
	timeout := 3 * time.Second
	cmd := &cobra.Command{
		Use:     "healthcheck",
		Short:   "Ask a running process whether it is ready",
		Long:    `Asks the process behind MARQUEE_ADMIN_ADDR whether it is ready, for containers that have no other tools. The exit code is 0 or 1.`,
		Example: "  marquee healthcheck",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			status, body, err := askAdmin(ctx, conf, http.MethodGet, "/readyz")
			if err != nil {
				return fmt.Errorf("not ready: %w", err)
			}
			if status != http.StatusOK {
				return fmt.Errorf("not ready: %s", body)
			}
			cmd.Println("ready")
			return nil
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "for the answer")
	return cmd
}
