// Package cli holds the commands. Each is one file: what it is for, what it
// prints, and what it composes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // time zones work on machines that have none installed

	"github.com/spf13/cobra"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/observability"
)

// Version and Commit are set by the linker; what they lack is read from the binary's build information.
var (
	Version = ""
	Commit  = ""
)

func build() observability.Build {
	b := observability.Build{Version: Version, Revision: Commit}
	info, ok := debug.ReadBuildInfo()
	if b.Version == "" && ok {
		b.Version = info.Main.Version
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "dev"
	}
	if b.Revision == "" && ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Revision = s.Value
			}
		}
	}
	return b
}

// exitCode is an error whose explanation, if it has one, was printed already.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit with %d", int(e)) }

// Main runs the command that the arguments name, and returns the process's exit code. The first interrupt
// stops it in order, the second at once.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from now on a signal has its default effect
	return Run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
}

// Run is Main with everything that it takes from the process.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	c := &command{environ: environ}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	default:
		printf(stderr, "marquee: %s\n", err)
		return 1
	}
}

// command is what all commands share.
type command struct {
	environ []string
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "marquee",
		Short: "Collects events from ticketing providers and answers what is on",
		Long: `Marquee reads the feeds of ticketing providers, remembers every event that was ever
on sale, and answers "what is on between these two moments?" over HTTP.

Everything is configured by environment variables that begin with ` + config.Prefix + `;
"marquee config" lists them with what is in force.`,
		Example: `  marquee demo
  MARQUEE_PROVIDER_URL=https://provider.example/feed.xml marquee serve`,
		Version:      version(),
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see `%s --help`", err, cmd.CommandPath())
	})
	root.AddCommand(c.serve(), c.demo(), c.fetch(), c.migrate(), c.status(), c.runs(), c.rejected(), c.parked(), c.verify(), c.feedsim(), c.healthcheck(), c.config(), c.version())
	return root
}

// group is a command that only holds others. Alone it is an error: a script that says `marquee migrate` and
// means `marquee migrate up` must not go on as if something had been done.
func group(cmd *cobra.Command, members ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(members...)
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var names []string
		for _, member := range members {
			names = append(names, member.Name())
		}
		return fmt.Errorf("%s needs a command: %s", cmd.CommandPath(), strings.Join(names, " or "))
	}
	return cmd
}

// configuration reads the environment; what it does not know is told and ignored.
func (c *command) configuration(stderr io.Writer) (config.Config, error) {
	conf, unknown, err := config.Load(c.environ)
	warn(stderr, unknown) // also when something else is wrong: a wrong name is often the reason
	return conf, wrong(err)
}

func warn(stderr io.Writer, unknown []string) {
	for _, name := range unknown {
		printf(stderr, "marquee: warning: %s means nothing; see `marquee config`\n", name)
	}
}

func wrong(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the configuration is wrong:\n%w", err)
}

func version() string {
	b := build()
	if b.Revision == "" {
		return "marquee " + b.Version
	}
	return fmt.Sprintf("marquee %s (%s)", b.Version, b.Revision)
}

func (c *command) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  marquee version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) { cmd.Println(version()) },
	}
}
