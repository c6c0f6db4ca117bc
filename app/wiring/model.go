package wiring

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/adapters/snapshotfile"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// searchesInMemory reports whether the process keeps an index.
func (s Settings) searchesInMemory() bool {
	return s.Roles.API && s.Config.SearchIndex == config.IndexMemory
}

// model is the catalogue in memory. It is nil in a process that keeps none: there the store is all that there is.
type model struct{ *search.Model }

// newModel makes what is searched in memory. Until it runs, and whenever it has to, it asks the store.
func newModel(lc fx.Lifecycle, s Settings, file indexFile, store modelSource, clock func() time.Time, rec *observability.Recorder, log *slog.Logger) model {
	if !s.searchesInMemory() {
		return model{}
	}
	return model{search.NewModel(observability.ObserveReadModel(newReadModel(lc, s.Config), rec), store, clock, search.ModelOptions{File: file.port(), Watcher: observability.NewIndexKeeping(rec, log)})}
}

// newReadModel is what holds the catalogue.
func newReadModel(lc fx.Lifecycle, c config.Config) ports.ReadModel {
	x := memindex.New(memindex.Options{Budget: int64(c.SearchIndexMemory)})
	lc.Append(fx.StopHook(x.Close))
	return x
}

// modelSource are the store's ports that a model needs, observed like all others.
type modelSource struct {
	fx.In

	ports.Searcher
	ports.Snapshotter
	ports.ChangeReader
}

// runModel fills the index and keeps it up to date. It ends after those who search have ended, and writes the index's file then.
func runModel(lc fx.Lifecycle, stop fx.Shutdowner, m model, log *slog.Logger) {
	if m.Model == nil {
		return
	}
	background(lc, stop, log, "index", func(ctx context.Context) error {
		m.Run(ctx)
		return nil
	})
}

// searcher is what answers searches.
func (m model) searcher(store ports.Searcher) ports.Searcher {
	if m.Model == nil {
		return store
	}
	return m
}

// log tells what changed in that which is searched.
func (m model) log(store ports.ChangeReader) ports.ChangeReader {
	if m.Model == nil {
		return store
	}
	return m
}

// far is the cache that processes share, as far as it is of use: what is in memory is made sooner than it is fetched.
func (m model) far(shared ports.AnswerCache) ports.AnswerCache {
	if m.Model == nil || shared == nil {
		return shared
	}
	return m.Far(shared)
}

// indexFile is where the index is kept for the next start. It is nil where none is, or nothing can be written.
type indexFile struct{ *snapshotfile.File }

// newIndexFile needs a folder that can be written. Without one all goes well, as long as the database is there when the process starts.
func newIndexFile(s Settings, dir DataDir, log *slog.Logger) indexFile {
	if !s.searchesInMemory() {
		return indexFile{}
	}
	if err := dir.writable(); err != nil {
		log.Warn("the index is not kept on the disk, so a start needs the database", "error", err)
		return indexFile{}
	}
	return indexFile{snapshotfile.New(snapshotfile.Options{Path: dir.Index(), Origin: origin(s.Config), Logger: log})}
}

func (f indexFile) port() ports.ModelFile {
	if f.File == nil {
		return nil
	}
	return f
}

// there reports whether the process knows a catalogue to start with.
func (f indexFile) there() bool { return f.File != nil && f.Present() }

// origin tells catalogues apart by where they are. What else changes in the address costs one start from the database; who knows the
// file learns no password from it, nor the address.
func origin(c config.Config) string {
	if c.DatabaseURL == "" {
		return "embedded"
	}
	address, err := url.Parse(c.DatabaseURL)
	if err != nil {
		return "" // the configuration was validated
	}
	address.User = url.User(address.User.Username())
	query := address.Query()
	query.Del("password")
	query.Del("sslpassword")
	address.RawQuery = query.Encode()
	sum := sha256.Sum256([]byte(address.String()))
	return hex.EncodeToString(sum[:16])
}

// writable makes the folder, if it has to, and reports why nothing can be written into it.
func (d DataDir) writable() error {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	try, err := os.CreateTemp(string(d), "writable-*")
	if err != nil {
		return fmt.Errorf("write into the data folder: %w", err)
	}
	_ = try.Close()
	return os.Remove(try.Name())
}
