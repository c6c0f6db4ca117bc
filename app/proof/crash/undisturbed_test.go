package crash

import (
	"context"
	"io"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// undisturbed is a process that reads one snapshot after the other and that nobody kills. Histories ask it
// what should have become of them; it goes on as far as the longest needs it.
type undisturbed struct {
	dir    string
	poller *ingest.Poller
	feeds  ports.FeedReader
	runs   ports.RunReader
	now    atomic.Int64 // number of the snapshot that the provider has

	mu    sync.Mutex
	next  int           // snapshot to read
	after map[int]found // by number of snapshot, for those that are asked for
}

func newUndisturbed(t *testing.T) *undisturbed {
	t.Helper()
	u := &undisturbed{dir: t.TempDir(), after: map[int]found{}}
	server := httptest.NewServer(feedsim.Handler(u))
	t.Cleanup(server.Close)
	c, _, err := config.Load([]string{config.Prefix + "DATA_DIR=" + u.dir, config.Prefix + "PROVIDER_URL=" + server.URL})
	require.NoError(t, err)
	app := wiring.Once(wiring.Settings{Config: c, Build: observability.Build{Version: "test"}, Log: io.Discard}, fx.Populate(&u.poller, &u.feeds, &u.runs))
	require.NoError(t, app.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
		defer cancel()
		require.NoError(t, app.Stop(ctx))
	})
	return u
}

// Fetch is the current snapshot.
func (u *undisturbed) Fetch() (feedsim.Document, error) { return snapshotAt(int(u.now.Load())), nil }

// Current is the same.
func (u *undisturbed) Current() (feedsim.Document, error) { return u.Fetch() }

// until is the catalogue after the snapshot of that number, lastSnapshot at least.
func (u *undisturbed) until(t *testing.T, snapshot int) found {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	for ; u.next <= snapshot; u.next++ {
		u.now.Store(int64(u.next))
		require.Eventually(t, func() bool { return u.fetch(t) }, prooftest.Patience, time.Millisecond, "snapshot %d is not concluded", u.next)
		if u.next >= lastSnapshot {
			u.after[u.next] = read(t, u.dir)
		}
	}
	return u.after[snapshot]
}

// fetch has the feed read, and reports whether the run is concluded with no departure held.
func (u *undisturbed) fetch(t *testing.T) bool {
	ctx, cancel := context.WithTimeout(t.Context(), prooftest.Patience)
	defer cancel()
	if result := wiring.FetchOnce(ctx, u.poller, u.feeds, u.runs); result.State != string(catalogue.Concluded) {
		t.Logf("the undisturbed process reads again: %+v", result)
		return false
	}
	feeds, err := u.feeds.Feeds(ctx)
	return err == nil && feeds[0].Current.Held == 0
}
