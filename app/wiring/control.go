package wiring

import (
	"context"
	"encoding/json"
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
	Known    int    `json:"known"`     // events of the provider, afterwards
	Here     int    `json:"available"` // of these, in the feed
	Rejected int    `json:"rejected"`  // open rejections of the provider
	Problem  string `json:"problem,omitempty"`
}

// FetchOnce reads the feed now and waits until what it brought is in the catalogue, or ctx ends.
func FetchOnce(ctx context.Context, p *ingest.Poller, feeds ports.FeedReader) FetchResult {
	fetched, err := p.Once(ctx)
	run := fetched.Completion.Run
	result := FetchResult{Records: fetched.Records, Chunks: fetched.Completion.Chunks}
	if err != nil {
		result.Problem = err.Error()
	}
	if !fetched.Announced {
		return result
	}
	result.Run = run.String()
	feed, err := AwaitRun(ctx, feeds, run)
	if err != nil {
		result.Problem = fmt.Sprintf("wait for run %s: %s", run, err)
	}
	result.State, result.Known, result.Here, result.Rejected = string(feed.Current.State), feed.Known, feed.Available, feed.Rejected
	return result
}

// AwaitRun waits until the run is final, and returns how its provider's feed stands. Where a later run has begun, this
// one is shown as superseded.
func AwaitRun(ctx context.Context, feeds ports.FeedReader, run catalogue.RunRef) (catalogue.Feed, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		all, err := feeds.Feeds(ctx)
		if err != nil && !fault.Is(err, fault.Unavailable) {
			return catalogue.Feed{}, err
		}
		for _, f := range all {
			switch {
			case f.Provider != run.Provider:
			case f.Current.Ref.Number > run.Number:
				f.Current = catalogue.Run{Ref: run, State: catalogue.Superseded}
				return f, nil
			case f.Current.Ref == run && !f.Current.State.Open():
				return f, nil
			}
		}
		select {
		case <-ctx.Done():
			return catalogue.Feed{}, ctx.Err()
		case <-tick.C:
		}
	}
}

// serveControl lets commands of the same machine reach this process, by a socket in its data folder.
func serveControl(lc fx.Lifecycle, stop fx.Shutdowner, dir DataDir, p *ingest.Poller, feeds ports.FeedReader, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fetch", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(FetchOnce(r.Context(), p, feeds))
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
