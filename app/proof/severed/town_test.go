package severed

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// process is a process of the program. Its Instance's URL is that of the admin listener.
type process struct {
	*server.Instance
	api  string // URL
	data wiring.DataDir
}

// town is the service with all that it depends on.
type town struct {
	t               *testing.T
	feed            *provider
	postgres, redis *server.Instance
	broker          *prooftest.Broker
	settings        []string
	reads, answers  *process     // one fetches and consumes, the other one answers
	client          *http.Client // has answers of the API held against its description
	plain           *http.Client // for those that are held against others, byte for byte
	asked           int          // questions that nobody asked before
}

// newTown has a catalogue of so many events, and a process that answers from memory.
func newTown(t *testing.T, size int) *town {
	t.Helper()
	if testing.Short() {
		t.Skip("starts several servers and processes")
	}
	w := &town{
		t: t, feed: newProvider(t, size), postgres: server.StartPostgres(t), redis: server.StartRedis(t), broker: prooftest.StartBroker(t),
		client: &http.Client{Timeout: time.Minute, Transport: apitest.Transport(t, &http.Transport{})},
		plain:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: askers}},
	}
	t.Cleanup(w.client.CloseIdleConnections)
	t.Cleanup(w.plain.CloseIdleConnections)
	w.settings = []string{
		"MARQUEE_DATABASE_URL=" + w.postgres.URL(), "MARQUEE_REDIS_URL=" + w.redis.URL() + "/0", "MARQUEE_BROKER_URL=" + w.broker.Client,
		"MARQUEE_PROVIDER_URL=http://" + w.feed.address, "MARQUEE_FETCH_INTERVAL=1s", "MARQUEE_RATE_LIMIT_RPS=0",
		"MARQUEE_CACHE_TTL=1s", // so that what is kept is soon of no use
	}
	w.reads = w.process("fetch,consume")
	w.answers = w.process("api")
	prooftest.Until(t, "searches show all of the first issue", func() bool { return w.total() == size+2 })
	w.searchesInMemory(w.answers)
	return w
}

// process starts one, with a folder of its own.
func (w *town) process(roles string, settings ...string) *process {
	w.t.Helper()
	return w.processOn(wiring.DataDir(w.t.TempDir()), prooftest.Shipped, roles, settings...)
}

func (w *town) processOn(data wiring.DataDir, start func(t testing.TB, roles string, settings ...string) *server.Instance, roles string, settings ...string) *process {
	w.t.Helper()
	address := server.FreeAddress(w.t)
	at := []string{"MARQUEE_HTTP_ADDR=" + address, "MARQUEE_DATA_DIR=" + string(data)}
	return &process{api: "http://" + address, data: data, Instance: start(w.t, roles, slices.Concat(w.settings, at, settings)...)}
}

// Ways in which everything is taken away at the same time.
type severing struct {
	name         string
	begin, ended func(w *town)
}

var (
	killed = severing{
		"killed",
		func(w *town) {
			w.postgres.Kill()
			w.redis.Kill()
			w.broker.Kill()
			w.feed.kill()
		},
		func(w *town) {
			w.postgres.Start()
			w.redis.Start()
			w.broker.Start()
			w.feed.start()
		},
	}
	hung = severing{
		"hung",
		func(w *town) {
			w.postgres.Freeze()
			w.redis.Freeze()
			w.broker.Freeze()
			w.feed.freeze()
		},
		func(w *town) {
			w.postgres.Thaw()
			w.redis.Thaw()
			w.broker.Thaw()
			w.feed.thaw()
		},
	}
)

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *town) ask(client *http.Client, address string) (answer, error) {
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	got, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = got.Body.Close() }()
	body, err := io.ReadAll(got.Body)
	return answer{got.StatusCode, got.Header, body}, err
}

func (w *town) get(address string) answer {
	w.t.Helper()
	a, err := w.ask(w.client, address)
	require.NoError(w.t, err)
	return a
}

// total is how many events searches show.
func (w *town) total() int {
	w.t.Helper()
	a := w.get(w.answers.api + "/events?starts_at=2000-01-01T00:00:00Z&ends_at=2100-01-01T00:00:00Z&pageSize=1")
	var page struct {
		TotalRows int `json:"totalRows"`
	}
	require.Contains(w.t, []int{http.StatusOK, http.StatusNotFound}, a.status, "%s", a.body)
	require.NoError(w.t, json.Unmarshal(a.body, &page))
	return page.TotalRows
}

// issueShown is the one that searches show, 0 for none.
func (w *town) issueShown() (issue int) {
	w.t.Helper()
	a := w.get(w.answers.api + "/search?starts_at=2041-01-01T00:00:00Z&ends_at=2041-12-31T00:00:00Z")
	require.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
	var found struct {
		Data struct {
			Events []struct {
				ID    string `json:"id"`
				Title string `json:"title"`
			} `json:"events"`
		} `json:"data"`
	}
	require.NoError(w.t, json.Unmarshal(a.body, &found))
	for _, e := range found.Data.Events {
		if e.ID == idOf(beacon).String() {
			_, err := fmt.Sscanf(e.Title, beacon+" of issue %d", &issue)
			require.NoError(w.t, err)
		}
	}
	return issue
}

// knows waits until searches show an issue.
func (w *town) knows(issue int) {
	w.t.Helper()
	prooftest.Until(w.t, fmt.Sprintf("searches show issue %d", issue), func() bool { return w.issueShown() == issue })
}

// publishes has the provider publish another issue and waits until searches show it.
func (w *town) publishes() (took time.Duration) {
	w.t.Helper()
	began := time.Now()
	w.knows(int(w.feed.issue.Add(1)))
	return time.Since(began)
}

// index is how the index of a process stands.
type index struct {
	Phase string `json:"phase"`
	Wrong int    `json:"wrong"`
}

func (w *town) indexOf(p *process) index {
	w.t.Helper()
	var status struct {
		Index index `json:"index"`
	}
	require.NoError(w.t, json.Unmarshal(w.get(p.URL()+"/status").body, &status))
	return status.Index
}

func (w *town) searchesInMemory(p *process) {
	w.t.Helper()
	prooftest.Until(w.t, "searches are answered from memory", func() bool { return w.indexOf(p).Phase == "following" })
}

// verify runs `marquee verify` beside a process, and returns what it said and its exit code.
func (w *town) verify(p *process) (said string, code int) {
	w.t.Helper()
	at, err := url.Parse(p.URL())
	require.NoError(w.t, err)
	command := exec.CommandContext(w.t.Context(), prooftest.Binary(w.t), "verify")
	command.Env = []string{"MARQUEE_ADMIN_ADDR=" + at.Host}
	out, err := command.Output()
	if command.ProcessState == nil {
		require.NoError(w.t, err)
	}
	return strings.TrimSpace(string(out)), command.ProcessState.ExitCode()
}

// agrees holds the index against the store, and the store's log has no gap.
func (w *town) agrees() {
	w.t.Helper()
	said, code := w.verify(w.answers)
	require.Zero(w.t, code, said)
	w.database(func(conn *pgx.Conn) {
		var gaps int
		require.NoError(w.t, conn.QueryRow(w.t.Context(), "SELECT coalesce(max(number), 0) - count(*) FROM changes").Scan(&gaps))
		require.Zero(w.t, gaps)
	})
}

// execute does something to the database that the service knows nothing of, and returns how many rows the last statement met.
func (w *town) execute(statements ...string) (rows int64) {
	w.t.Helper()
	w.database(func(conn *pgx.Conn) {
		for _, statement := range statements {
			done, err := conn.Exec(w.t.Context(), statement)
			require.NoError(w.t, err, statement)
			rows = done.RowsAffected()
		}
	})
	return rows
}

// database has something done on a connection of its own.
func (w *town) database(do func(conn *pgx.Conn)) {
	w.t.Helper()
	conn, err := pgx.Connect(w.t.Context(), w.postgres.URL())
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, conn.Close(context.WithoutCancel(w.t.Context()))) }()
	do(conn)
}
