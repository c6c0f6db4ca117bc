package wiring_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is a whole process under test, reached the way its users reach it.
type process struct {
	t       *testing.T
	app     *fx.App
	poller  *ingest.Poller
	feeds   ports.FeedReader
	runs    ports.RunReader
	changes ports.ChangeReader
	fresh   *search.Freshness
	at      *wiring.Addresses
	stop    func() // at the latest when the test ends
}

// settings are those of a process that nothing else on the machine notices.
func settings(t *testing.T, roles wiring.Roles, variables ...string) wiring.Settings {
	t.Helper()
	c, unknown, err := config.Load(append([]string{
		"MARQUEE_DATA_DIR=" + t.TempDir(), "MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_LOG_FORMAT=text",
	}, variables...))
	require.NoError(t, err)
	require.Empty(t, unknown)
	return wiring.Settings{Config: c, Roles: roles, Build: observability.Build{Version: "test"}, Log: testLog{t}}
}

// stores are the variables of processes on each store, outside ones with all that may be outside.
var stores = map[string]func(*testing.T) []string{
	"embedded": func(*testing.T) []string { return nil },
	"postgres and redis": func(t *testing.T) []string {
		return []string{
			"MARQUEE_DATABASE_URL=" + server.Database(t, server.SharedPostgres(t), ""),
			"MARQUEE_REDIS_URL=" + server.SharedRedis(t),
		}
	},
}

// testLog shows a process's log lines with the test that it belongs to.
type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Logf("%s", line)
	return len(line), nil
}

// start starts a process that stops when the test ends.
func start(t *testing.T, s wiring.Settings, more ...fx.Option) *process {
	t.Helper()
	p := &process{t: t}
	p.app = wiring.Process(s, append(more, fx.Populate(&p.poller, &p.feeds, &p.runs, &p.changes, &p.fresh, &p.at))...)
	require.NoError(t, p.app.Err())
	ctx, cancel := context.WithTimeout(t.Context(), p.app.StartTimeout())
	defer cancel()
	require.NoError(t, p.app.Start(ctx))
	p.stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), p.app.StopTimeout())
		defer cancel()
		require.NoError(t, p.app.Stop(ctx))
	})
	t.Cleanup(p.stop)
	return p
}

// replay serves the files of a folder, one for each fetch.
func replay(t *testing.T, folder fs.FS) string {
	t.Helper()
	provider, err := feedsim.NewReplay(folder)
	require.NoError(t, err)
	feed := httptest.NewServer(feedsim.Handler(provider))
	t.Cleanup(feed.Close)
	return feed.URL
}

// awaitFirstRun waits for the fetch that a process makes by itself when it starts.
func (p *process) awaitFirstRun() catalogue.Feed {
	p.t.Helper()
	var first catalogue.Feed
	require.Eventually(p.t, func() bool {
		feeds, err := p.feeds.Feeds(p.t.Context())
		require.NoError(p.t, err)
		if len(feeds) == 0 || feeds[0].Current.State.Open() {
			return false
		}
		first = feeds[0]
		return true
	}, 2*time.Minute, 10*time.Millisecond)
	return first
}

// fetch has the next reading made, as the command does.
func (p *process) fetch() wiring.FetchResult {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	return wiring.FetchOnce(ctx, p.poller, p.feeds, p.runs)
}

type summary struct {
	ID        string       `json:"id"`
	Title     string       `json:"title"`
	StartDate string       `json:"start_date"`
	StartTime string       `json:"start_time"`
	EndDate   string       `json:"end_date"`
	EndTime   string       `json:"end_time"`
	MinPrice  *json.Number `json:"min_price"`
	MaxPrice  *json.Number `json:"max_price"`
}

// prices are as the answer has them, "null" included.
func (s summary) prices() [2]string {
	show := func(n *json.Number) string {
		if n == nil {
			return "null"
		}
		return n.String()
	}
	return [2]string{show(s.MinPrice), show(s.MaxPrice)}
}

func (s summary) when() string {
	return s.StartDate + " " + s.StartTime + " – " + s.EndDate + " " + s.EndTime
}

// follows waits until what the catalogue has is what searches show.
func (p *process) follows() {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		batch, err := p.changes.Changes(p.t.Context(), catalogue.Version{}, 1)
		require.NoError(p.t, err)
		return p.fresh.Followed() == batch.Head
	}, 2*time.Minute, time.Millisecond)
}

// search asks the public API; bounds are left out where they are empty.
func (p *process) search(startsAt, endsAt string) []summary {
	p.t.Helper()
	q := url.Values{}
	for name, bound := range map[string]string{"starts_at": startsAt, "ends_at": endsAt} {
		if bound != "" {
			q.Set(name, bound)
		}
	}
	p.follows()
	status, body := p.get("/search?" + q.Encode())
	require.Equal(p.t, http.StatusOK, status, "%s", body)
	var answer struct {
		Data struct {
			Events []summary `json:"events"`
		} `json:"data"`
		Error any `json:"error"`
	}
	require.NoError(p.t, json.Unmarshal(body, &answer))
	require.Nil(p.t, answer.Error)
	return answer.Data.Events
}

func (p *process) get(path string) (status int, body []byte) {
	p.t.Helper()
	return get(p.t, "http://"+p.at.Of(wiring.PublicAPI)+path)
}

func get(t *testing.T, target string) (status int, body []byte) {
	t.Helper()
	client := &http.Client{Transport: apitest.Transport(t, &http.Transport{DisableKeepAlives: true})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err = io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, body
}
