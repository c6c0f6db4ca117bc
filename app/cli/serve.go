package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/wiring"
)

func (c *command) serve() *cobra.Command {
	names := []string{"api", "fetch", "consume"}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Runs the service until it is interrupted. By default one process does everything and
needs nothing else. With MARQUEE_DATABASE_URL and MARQUEE_BROKER_URL, any number of processes share the work: those with the
role api answer, those with consume apply what was fetched, and of those with fetch one reads the feed.`,
		Example: `  MARQUEE_PROVIDER_URL=https://provider.example/feed.xml marquee serve
  marquee serve --roles api
  MARQUEE_DATABASE_URL=postgres://… MARQUEE_BROKER_URL=nats://… marquee serve --roles consume`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			roles, err := wiring.ParseRoles(names)
			if err != nil {
				return fmt.Errorf("--roles: %w", err)
			}
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			store, broker := conf.Embedded()
			if roles.Fetch != roles.Consume && (store || broker) {
				return errors.New("--roles: fetch and consume belong together, because the embedded store and broker are inside of one process; MARQUEE_DATABASE_URL and MARQUEE_BROKER_URL name others")
			}
			if roles.Fetch {
				if err := conf.ForFetching(); err != nil {
					return err
				}
			}
			return run(cmd.Context(), wiring.Process(wiring.Settings{Config: conf, Roles: roles, Build: build(), Log: cmd.ErrOrStderr(), Interrupt: cmd.Context()}), nil)
		},
	}
	cmd.Flags().StringSliceVar(&names, "roles", names, "what the process does: api, fetch, consume")
	return cmd
}

// run starts a process, waits until it is interrupted or ends by itself, and stops it in order. started is
// called in between, when it is not nil.
func run(ctx context.Context, app *fx.App, started func()) error {
	if err := app.Err(); err != nil {
		if ctx.Err() != nil { // interrupted while it waited for what it needs
			return nil
		}
		return plain(err)
	}
	starting, cancel := context.WithTimeout(ctx, app.StartTimeout())
	err := app.Start(starting)
	cancel()
	if err != nil {
		if ctx.Err() != nil { // interrupted while it started; what had started is stopped
			return nil
		}
		return plain(err)
	}
	if started != nil {
		started()
	}
	var code int
	select {
	case <-ctx.Done():
	case signal := <-app.Wait():
		code = signal.ExitCode
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), app.StopTimeout())
	defer cancel()
	if err := app.Stop(stopping); err != nil {
		return fmt.Errorf("stop in order: %w", err)
	}
	if code != 0 {
		return exitCode(code)
	}
	return nil
}

// plain leaves out how the parts of a process depend on each other: what failed says it all.
func plain(err error) error {
	if root := dig.RootCause(err); root != nil {
		err = root
	}
	if errors.Is(err, wiring.ErrInUse) {
		return fmt.Errorf("%w; stop it first, or give this one a folder of its own with MARQUEE_DATA_DIR", err)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; stop what listens there, or choose other addresses with MARQUEE_HTTP_ADDR and MARQUEE_ADMIN_ADDR", err)
	}
	return err
}

func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
