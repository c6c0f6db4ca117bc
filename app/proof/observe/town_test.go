package observe

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/feedxml"
	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// town is the service as teams operate it, a process for each role, and all that it depends on. Of those that answer, one asks the
// store, so that its trouble can be seen, and one answers from memory.
type town struct {
	t                    *testing.T
	feed                 *provider
	postgres, redis      *server.Instance
	network              *detour // to PostgreSQL
	broker               string
	brokerWay            *detour
	collector            *server.Instance
	settings             []string
	api, fetch, consumer *marquee
	memory               *marquee // answers from memory
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, feed: newProvider(t, 400), postgres: server.StartPostgres(t), redis: server.StartRedis(t), broker: prooftest.StartBroker(t).Client}
	database, err := url.Parse(w.postgres.URL())
	require.NoError(t, err)
	broker, err := url.Parse(w.broker)
	require.NoError(t, err)
	w.brokerWay = newDetour(t, broker.Host)
	broker.Host = w.brokerWay.address
	w.network = newDetour(t, database.Host)
	database.Host = w.network.address
	otlp := prooftest.StartCollector(t)
	w.collector = otlp.Instance
	w.settings = []string{
		"MARQUEE_DATABASE_URL=" + database.String(), "MARQUEE_REDIS_URL=" + w.redis.URL() + "/0", "MARQUEE_BROKER_URL=" + broker.String(),
		"MARQUEE_PROVIDER_URL=" + w.feed.url, "MARQUEE_CACHE_TTL=1s",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + otlp.HTTP, "OTEL_EXPORTER_OTLP_TIMEOUT=1000",
	}
	w.consumer = startMarquee(t, "consume", w.settings...)
	w.fetch = startMarquee(t, "fetch", w.settings...)
	w.api = startMarquee(t, "api", append(slices.Clone(w.settings), "MARQUEE_SEARCH_INDEX=store")...)
	w.memory = startMarquee(t, "api", w.settings...)
	return w
}

// reads publishes a reading of the feed that began at another time than now, as a fetcher with a wrong clock would, or one that was
// held up.
func (w *town) reads(began time.Time) {
	conn, err := jetstream.Dial(w.broker, slog.New(slog.DiscardHandler))
	if !assert.NoError(w.t, err) {
		return
	}
	defer conn.Close()
	publisher, err := jetstream.New(conn, jetstream.Options{})
	if !assert.NoError(w.t, err) {
		return
	}
	feed := feedxml.New(feedxml.Options{UserAgent: "proof"})
	defer feed.Close()
	source := catalogue.Source{ID: "default", URL: w.feed.url, Location: time.UTC}
	_, err = ingest.NewFetcher(feed, publisher).Fetch(w.t.Context(), source, catalogue.Begun{Run: catalogue.RunRef{Provider: "default", Number: catalogue.RunAt(began)}})
	assert.NoError(w.t, err)
}

// writesPast changes an event in the database, and no log says so.
func (w *town) writesPast() {
	conn, err := pgx.Connect(w.t.Context(), w.postgres.URL())
	require.NoError(w.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(w.t.Context())) }()
	changed, err := conn.Exec(w.t.Context(), `UPDATE events SET title = title || '!' WHERE id = (SELECT id FROM events WHERE available LIMIT 1)`)
	require.NoError(w.t, err)
	require.EqualValues(w.t, 1, changed.RowsAffected())
}

// smallDisk is a folder on a disk of its own, of so many bytes, which takes root to make.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=0777", size), "tmpfs", dir).CombinedOutput()
	require.NoError(t, err, "a small disk of its own takes root to mount: %s", out)
	t.Cleanup(func() {
		out, err := exec.CommandContext(context.Background(), "umount", "-l", dir).CombinedOutput()
		require.NoError(t, err, "%s", out)
	})
	return dir
}

// fill writes until a share of the disk is used: most of it at once, the rest little by little, as a log would.
func fill(t *testing.T, dir string, size int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	path := filepath.Join(dir, "filling")
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = file.Write(make([]byte, size*70/100))
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for written := 70; written < 90 && ctx.Err() == nil; written++ {
			_, _ = file.Write(make([]byte, size/100))
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}()
	return func() {
		cancel()
		<-done
		_ = file.Close()
		require.NoError(t, os.Remove(path))
	}
}
