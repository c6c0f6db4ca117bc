package outage_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for conditions that come true sooner or later; nothing is slower on a busy machine.
const patience = time.Minute

// outage is how long the dependencies are away, at least as long as the test says.
func outage(t *testing.T, least time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("MARQUEE_PROOF_OUTAGE")
	if text == "" {
		return least
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err, "MARQUEE_PROOF_OUTAGE")
	return max(d, least)
}

// provider has a feed of several chunks. Beside the events that are always in it, each issue of it has one of its
// own, the very last of the document, that no other issue has.
type provider struct {
	*httptest.Server
	issue atomic.Int64
	gate  chan struct{} // while it is not nil, most of the feed waits for it
	mu    sync.Mutex
	begun atomic.Int64 // the last issue of which somebody has the beginning
}

const lasting = 1200 // events that are always in the feed: three chunks

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.issue.Store(1)
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	issue := p.issue.Load()
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	_, _ = io.WriteString(w, `<eventList><output>`)
	for i := range lasting {
		if i == lasting/4 { // of these alone no chunk is made
			_ = http.NewResponseController(w).Flush()
			p.begun.Store(issue)
			if gate != nil {
				select {
				case <-gate:
				case <-r.Context().Done():
				}
			}
		}
		_, _ = io.WriteString(w, listing(fmt.Sprintf("lasting-%d", i)))
	}
	_, _ = io.WriteString(w, listing(only(issue))+`</output></eventList>`)
}

func listing(id string) string {
	return fmt.Sprintf(`<base_event base_event_id=%q sell_mode="online" title=%[1]q><event event_id="1" event_start_date="2027-01-10T20:00:00" event_end_date="2027-01-10T22:00:00"><zone zone_id="1" capacity="5" price="10.00"/></event></base_event>`, id)
}

func only(issue int64) string { return fmt.Sprintf("only-%d", issue) }

// hold makes readers of the feed wait in it, until the function that it returns is called.
func (p *provider) hold() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate := make(chan struct{})
	p.gate = gate
	return sync.OnceFunc(func() {
		p.mu.Lock()
		p.gate = nil
		p.mu.Unlock()
		close(gate)
	})
}

// broker is a NATS server that comes back under the same address.
type broker struct {
	options server.Options
	server  *server.Server
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has no other
	require.NoError(t, l.Close())
	b := &broker{options: server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: t.TempDir()}}
	b.start(t)
	t.Cleanup(b.stop)
	return b
}

func (b *broker) start(t *testing.T) {
	t.Helper()
	options := b.options
	var err error
	b.server, err = server.NewServer(&options)
	require.NoError(t, err)
	b.server.Start()
	require.True(t, b.server.ReadyForConnections(patience))
}

func (b *broker) stop() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// service is the whole process, its database beside it, and what it logs.
type service struct {
	t       *testing.T
	at      *wiring.Addresses
	backlog ports.Backlog
	dir     string
	store   *sqlite.Store // for looking only
	log     *journal
	client  http.Client
}

func newService(t *testing.T, p *provider, b *broker) *service {
	t.Helper()
	s := &service{t: t, dir: t.TempDir(), log: &journal{}, client: http.Client{Transport: apitest.Transport(t, &http.Transport{})}}
	c, unknown, err := config.Load([]string{
		"MARQUEE_DATA_DIR=" + s.dir, "MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_RATE_LIMIT_RPS=0", "MARQUEE_LOG_FORMAT=text",
		"MARQUEE_PROVIDER_URL=" + p.URL, "MARQUEE_BROKER_URL=" + b.server.ClientURL(), "MARQUEE_FETCH_INTERVAL=1s", "MARQUEE_CONSUMERS=1",
	})
	require.NoError(t, err)
	require.Empty(t, unknown)
	app := wiring.Process(wiring.Settings{Config: c, Roles: wiring.AllRoles, Build: observability.Build{Version: "test"}, Log: s.log}, fx.Populate(&s.at, &s.backlog))
	require.NoError(t, app.Err())
	require.NoError(t, app.Start(t.Context()))
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
		defer cancel()
		assert.NoError(t, app.Stop(ctx))
		if t.Failed() {
			t.Log(s.log.tail())
		}
	})
	s.store, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(s.dir, "marquee.db"), Clock: time.Now, Readers: 1, ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.store.Close()) })
	return s
}

// until waits for something that happens sooner or later.
func (s *service) until(what string, happened func() bool) {
	s.t.Helper()
	deadline := time.After(patience)
	for !happened() {
		select {
		case <-deadline:
			s.t.Fatalf("waited in vain until %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// knows reports whether the catalogue has the event.
func (s *service) knows(base string) bool {
	s.t.Helper()
	_, err := s.store.Event(s.t.Context(), id(base), 1)
	return err == nil
}

func id(base string) event.ID {
	return event.Identity{Provider: "default", Base: base, Event: "1"}.ID()
}

// concluded reports whether a run has brought the issue and is concluded.
func (s *service) concluded(issue int64) bool {
	s.t.Helper()
	d, err := s.store.Event(s.t.Context(), id(only(issue)), 1)
	if err != nil || !d.Event.Available {
		return false
	}
	feeds, err := s.store.Feeds(s.t.Context())
	require.NoError(s.t, err)
	return len(feeds) == 1 && !feeds[0].LastConcluded.Before(d.Event.FirstSeen)
}

// lock takes the database away from everybody who wants to write, until unlock is called.
func (s *service) lock() (unlock func()) {
	s.t.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: filepath.Join(s.dir, "marquee.db"), RawQuery: "_pragma=busy_timeout(30000)"}).String())
	require.NoError(s.t, err)
	conn, err := db.Conn(ctx)
	require.NoError(s.t, err)
	_, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	require.NoError(s.t, err)
	unlock = sync.OnceFunc(func() {
		_, err := conn.ExecContext(ctx, "ROLLBACK")
		assert.NoError(s.t, err)
		assert.NoError(s.t, conn.Close())
		assert.NoError(s.t, db.Close())
	})
	s.t.Cleanup(unlock)
	return unlock
}

// endure lives through an outage: whatever is away, search answers all that it knew before, and nothing is parked.
func (s *service) endure(d time.Duration) {
	s.t.Helper()
	want := s.search()
	require.GreaterOrEqual(s.t, want, lasting)
	answers, pause := 0, max(100*time.Millisecond, d/1000)
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(pause) { // the time is what is being tested
		require.GreaterOrEqual(s.t, s.search(), want)
		answers++
		s.nothingParked()
	}
	s.t.Logf("away for %v: %d searches answered, with %d events", d, answers, want)
}

func (s *service) nothingParked() {
	s.t.Helper()
	parked, err := s.store.Parked(s.t.Context(), 10)
	require.NoError(s.t, err)
	for _, p := range parked {
		s.t.Fatalf("message %s is parked: %s", p.ID, p.Reason)
	}
}

// search asks for all events, as a client does, and counts them.
func (s *service) search() int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.at.Of(wiring.PublicAPI)+"/search", nil)
	require.NoError(s.t, err)
	answer, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(s.t, http.StatusOK, answer.StatusCode)
	var body struct {
		Data struct {
			Events []struct {
				ID string `json:"id"`
			} `json:"events"`
		} `json:"data"`
	}
	require.NoError(s.t, json.NewDecoder(answer.Body).Decode(&body))
	return len(body.Data.Events)
}

// ledger holds what the change log says against what was served: every event came once, and the log has no gap.
func (s *service) ledger(issues int64) {
	s.t.Helper()
	added := map[event.ID]int{}
	var at catalogue.Version
	for {
		batch, err := s.store.Changes(s.t.Context(), at, 1000)
		require.NoError(s.t, err)
		if len(batch.Changes) == 0 {
			break
		}
		for _, c := range batch.Changes {
			require.Equal(s.t, at.Number+1, c.Version.Number, "the log has a gap")
			at = c.Version
			if c.Kind == catalogue.Added {
				added[c.Event.ID]++
			}
		}
	}
	want := map[event.ID]int{}
	for i := range lasting {
		want[id(fmt.Sprintf("lasting-%d", i))] = 1
	}
	for issue := int64(1); issue <= issues; issue++ {
		want[id(only(issue))] = 1
	}
	assert.Equal(s.t, want, added)
}

// journal is what the process logs.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return bytes.Contains(j.text.Bytes(), []byte(text))
}

func (j *journal) tail() string {
	const most = 20_000
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.text.Bytes()[max(0, j.text.Len()-most):])
}
