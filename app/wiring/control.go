package wiring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// FetchResult is what became of a fetch that somebody asked for, in plain words.
type FetchResult struct {
	Run      string `json:"run,omitempty"`
	State    string `json:"state,omitempty"`
	Records  int    `json:"records"`
	Chunks   int    `json:"chunks"`
	Known    int    `json:"known"`          // events of the provider, afterwards
	Here     int    `json:"available"`      // of these, in the feed
	Rejected int    `json:"rejected"`       // open rejections of the provider
	Note     string `json:"note,omitempty"` // why it is doubted
	Held     int    `json:"held,omitempty"` // events whose withdrawal waits
	Problem  string `json:"problem,omitempty"`
}

// FetchOnce reads the feed now and waits until what it brought is in the catalogue, or ctx ends. A reading that is
// still being consumed is waited for first.
func FetchOnce(ctx context.Context, p *ingest.Poller, feeds ports.FeedReader, runs ports.RunReader) FetchResult {
	fetched, err := p.Once(ctx)
	for isStillConsuming(err) && awaitLatest(ctx, p.Provider(), runs) == nil {
		fetched, err = p.Once(ctx)
	}
	result := FetchResult{Records: fetched.Records, Chunks: fetched.Completion.Chunks}
	if err != nil {
		result.Problem = err.Error()
	}
	if !fetched.Announced {
		return result
	}
	ref := fetched.Completion.Run
	result.Run = ref.String()
	run, err := AwaitRun(ctx, runs, ref)
	switch {
	case err != nil:
		result.Problem = fmt.Sprintf("wait for run %s: %s", ref, err)
	case run.State.Open():
		result.Problem = fmt.Sprintf("%d messages of it are parked; `marquee parked list` shows them", run.Parked)
	}
	result.State, result.Note, result.Held = string(run.State), run.Note, run.Held
	all, _ := feeds.Feeds(ctx)
	for _, f := range all {
		if f.Provider == ref.Provider {
			result.Known, result.Here, result.Rejected = f.Known, f.Available, f.Rejected
		}
	}
	return result
}

func isStillConsuming(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && f.Code == catalogue.CodeStillConsuming
}

// awaitLatest waits for the provider's latest run.
func awaitLatest(ctx context.Context, provider string, runs ports.RunReader) error {
	latest, err := runs.Runs(ctx, provider, 1)
	if err != nil || len(latest) == 0 {
		return errors.Join(err, ctx.Err())
	}
	run, err := AwaitRun(ctx, runs, latest[0].Ref)
	if err == nil && run.State.Open() && run.Parked == 0 {
		return errors.New("it is still being consumed")
	}
	return err
}

// AwaitRun waits until the run is final, or cannot become so because a part of it is parked.
func AwaitRun(ctx context.Context, runs ports.RunReader, ref catalogue.RunRef) (catalogue.Run, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		run, err := runs.Run(ctx, ref)
		switch {
		case err == nil && (!run.State.Open() || run.Parked > 0):
			return run, nil
		case err == nil, fault.Is(err, fault.Unavailable), fault.Is(err, fault.NotFound): // its first chunk is on its way
		default:
			return run, err
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-tick.C:
		}
	}
}

// serveControl lets commands of the same machine reach this process, by a socket in its data folder.
func serveControl(lc fx.Lifecycle, stop fx.Shutdowner, dir DataDir, p *ingest.Poller, feeds ports.FeedReader, runs ports.RunReader, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fetch", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(FetchOnce(r.Context(), p, feeds, runs))
	})
	requests, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 8 << 10,
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			// The data folder is locked, so what is there was left behind.
			if err := os.Remove(dir.Socket()); err != nil && !os.IsNotExist(err) {
				return err
			}
			listener, err := new(net.ListenConfig).Listen(ctx, "unix", dir.Socket())
			if err != nil {
				// Long paths and some file systems cannot have a socket. Everything else works without.
				log.WarnContext(ctx, "commands cannot reach this process", "socket", dir.Socket(), "error", err)
				return nil
			}
			go answer(stop, log, "control", server, listener)
			return nil
		},
		OnStop: func(ctx context.Context) error {
			end() // a fetch that somebody waits for ends like any other
			return shutdown(ctx, log, "control", server)
		},
	})
}
