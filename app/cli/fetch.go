package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

func (c *command) fetch() *cobra.Command {
	var once bool
	timeout := 10 * time.Minute
	cmd := &cobra.Command{
		Use:   "fetch --once",
		Short: "Read the provider's feed now",
		Long: `Reads the provider's feed once and waits until what it brought is in the catalogue. A process that
runs in the same data folder is asked to do it. The exit code is 1 when the feed was not read to
its end; what was read of it is in the catalogue all the same.`,
		Example: `  MARQUEE_PROVIDER_URL=https://provider.example/feed.xml marquee fetch --once`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !once {
				return errors.New("fetch needs --once; to read a feed again and again, run `marquee serve`")
			}
			conf, err := c.configuration(cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			result, err := fetchOnce(ctx, conf, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if result.Run != "" {
				cmd.Printf("run %s: %s, %d records in %d chunks; the catalogue knows %d events, %d of them in the feed\n",
					result.Run, result.State, result.Records, result.Chunks, result.Known, result.Here)
				if result.Note != "" {
					cmd.Println(result.Note)
				}
				if result.Rejected > 0 {
					cmd.Printf("rejected: %d; `marquee rejected list` says why\n", result.Rejected)
				}
			}
			if result.Problem != "" {
				return errors.New(result.Problem)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "read the feed a single time (required)")
	cmd.Flags().DurationVar(&timeout, "timeout", timeout, "for the whole of it")
	return cmd
}

func fetchOnce(ctx context.Context, conf config.Config, log io.Writer) (wiring.FetchResult, error) {
	if dir := wiring.DataDir(conf.DataDir); dir.InUse() {
		return askToFetch(ctx, dir)
	}
	if err := conf.ForFetching(); err != nil {
		return wiring.FetchResult{}, err
	}
	nothing := func() error { return fmt.Errorf("nothing was fetched: %w", context.Cause(ctx)) }
	if ctx.Err() != nil {
		return wiring.FetchResult{}, nothing()
	}
	var poller *ingest.Poller
	var feeds ports.FeedReader
	var runs ports.RunReader
	process := wiring.Once(wiring.Settings{Config: conf, Roles: wiring.Roles{Fetch: true, Consume: true}, Build: build(), Log: log, Interrupt: ctx}, fx.Populate(&poller, &feeds, &runs))
	var result wiring.FetchResult
	started := false
	once, done := context.WithCancel(ctx)
	defer done()
	err := run(once, process, func() {
		started = true
		result = wiring.FetchOnce(once, poller, feeds, runs)
		poller.Release(once)
		done()
	})
	if err == nil && !started {
		err = nothing()
	}
	return result, err
}

// askToFetch has the process fetch that runs in the folder.
func askToFetch(ctx context.Context, dir wiring.DataDir) (result wiring.FetchResult, err error) {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", dir.Socket())
		},
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://marquee/fetch", nil)
	if err != nil {
		return result, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return result, fmt.Errorf("a process runs in %s, but cannot be asked to fetch (does it have the role fetch?): %w", string(dir), err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&result); err != nil {
		return result, fmt.Errorf("read the answer of the process that runs in %s: %w", string(dir), err)
	}
	return result, nil
}
