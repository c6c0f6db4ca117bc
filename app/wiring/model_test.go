package wiring_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// indexPhase is what the process does about its index, empty where it has none.
func (p *process) indexPhase() string {
	p.t.Helper()
	_, body := get(p.t, "http://"+p.at.Of(wiring.Admin)+"/status")
	var answer struct {
		Index struct {
			Phase string `json:"phase"`
		} `json:"index"`
	}
	require.NoError(p.t, json.Unmarshal(body, &answer))
	return answer.Index.Phase
}

func (p *process) searchesInMemory() {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.indexPhase() == string(search.ModelFollowing) }, time.Minute, 5*time.Millisecond)
}

func (p *process) verify() (status int, found wiring.VerifyResult) {
	p.t.Helper()
	return verify(p.t, "http://"+p.at.Of(wiring.Admin))
}

func verify(t *testing.T, admin string) (status int, found wiring.VerifyResult) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin+"/verify", nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(answer.Body).Decode(&found))
	}
	return answer.StatusCode, found
}

// With its index, a process answers what the store answers, follows what is fetched, and can be made to compare both.
func TestSearchesAreAnsweredFromMemory(t *testing.T) {
	for name, variables := range stores {
		t.Run(name, func(t *testing.T) {
			outside := variables(t)
			provider := "MARQUEE_PROVIDER_URL=" + replay(t, testStory)
			p := start(t, settings(t, wiring.AllRoles, append(outside, provider, "MARQUEE_FETCH_INTERVAL=1h")...))
			p.searchesInMemory()
			require.Equal(t, 3, p.awaitFirstRun().Available)
			before := p.search("", "")
			assert.Len(t, before, 3)
			require.Empty(t, p.fetch().Problem)
			all := p.search("", "")
			assert.NotEqual(t, before, all)

			status, found := p.verify()
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, len(all), found.Events)
			assert.Positive(t, found.Days)
			assert.Zero(t, found.WrongEvents+found.WrongDays)

			if len(outside) == 0 {
				return // one process at a time
			}
			other := start(t, settings(t, wiring.Roles{API: true}, append(outside, "MARQUEE_SEARCH_INDEX=store")...))
			assert.Equal(t, all, other.search("", ""))
			assert.Empty(t, other.indexPhase())
			status, _ = other.verify()
			assert.Equal(t, http.StatusNotFound, status)
		})
	}
}

// What a process knows when it stops is on the disk, for one that starts.
func TestTheIndexIsKept(t *testing.T) {
	for name, variables := range stores {
		t.Run(name, func(t *testing.T) {
			logged := &lines{}
			s := settings(t, wiring.AllRoles, append(variables(t), "MARQUEE_PROVIDER_URL="+replay(t, testStory), "MARQUEE_FETCH_INTERVAL=1h")...)
			s.Log = logged
			p := start(t, s)
			p.awaitFirstRun()
			p.searchesInMemory()
			all := p.search("", "")
			p.stop()

			path := wiring.DataDir(s.Config.DataDir).Index()
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.NotContains(t, string(content), "postgres", "nothing of the database's address is in it")

			s.Roles = wiring.Roles{API: true}
			p = start(t, s)
			p.searchesInMemory()
			assert.Equal(t, all, p.search("", ""))
			assert.Contains(t, logged.String(), "from=file")
		})
	}
}

// The database is away when a process starts that knows a catalogue: it answers searches, and nothing else, until it is there.
func TestAStartWithoutTheDatabase(t *testing.T) {
	postgres := server.StartPostgres(t)
	database := "MARQUEE_DATABASE_URL=" + server.Database(t, postgres.URL(), "")
	s := settings(t, wiring.AllRoles, database, "MARQUEE_PROVIDER_URL="+replay(t, testStory), "MARQUEE_FETCH_INTERVAL=1h")
	p := start(t, s)
	p.awaitFirstRun()
	p.searchesInMemory()
	all := p.search("", "")
	require.Len(t, all, 3)
	p.stop()
	postgres.Kill()

	api := s
	api.Roles = wiring.Roles{API: true}
	var at *wiring.Addresses
	admin := running(t, api, fx.Populate(&at))
	becomes(t, admin, http.StatusOK, []string{}, []string{"store"})
	public := "http://" + at.Of(wiring.PublicAPI)
	status, body := get(t, public+"/search")
	assert.Equal(t, http.StatusOK, status, "%s", body)
	for _, e := range all {
		assert.Contains(t, string(body), e.ID)
	}
	status, _ = get(t, public+"/changes")
	assert.Equal(t, http.StatusServiceUnavailable, status)

	postgres.Start()
	becomes(t, admin, http.StatusOK, []string{}, []string{})
	require.Eventually(t, func() bool {
		status, _ := get(t, public+"/changes")
		return status == http.StatusOK
	}, time.Minute, 20*time.Millisecond)
	status, found := verify(t, admin)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, wiring.VerifyResult{Events: 3, Days: found.Days, TookSeconds: found.TookSeconds}, found)
}

// A folder that nothing can be written into is told once, and everything else works.
func TestAnIndexThatCannotBeKept(t *testing.T) {
	logged := &lines{}
	blocked := filepath.Join(t.TempDir(), "a file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	s := settings(t, wiring.Roles{API: true}, append(stores["postgres and redis"](t),
		"MARQUEE_BROKER_URL="+natsServer(t), "MARQUEE_DATA_DIR="+filepath.Join(blocked, "data"))...)
	s.Log = logged
	p := start(t, s)
	p.searchesInMemory()
	p.stop()
	assert.Equal(t, 1, strings.Count(logged.String(), "level=WARN"), logged)
	assert.Contains(t, logged.String(), "the index is not kept on the disk, so a start needs the database")
}

// Only who answers searches has an index, and leaves something on the disk for it.
func TestWhoDoesNotSearchHasNoIndex(t *testing.T) {
	s := settings(t, wiring.Roles{Consume: true}, append(stores["postgres and redis"](t), "MARQUEE_BROKER_URL="+natsServer(t))...)
	p := start(t, s)
	assert.Empty(t, p.indexPhase())
	status, _ := p.verify()
	assert.Equal(t, http.StatusNotFound, status)
	left, err := os.ReadDir(s.Config.DataDir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// lines are what a process logs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Snapshots of other catalogues are told apart, and changing a password makes no other catalogue.
func TestOrigin(t *testing.T) {
	of := func(url string) string { return wiring.Origin(config.Config{DatabaseURL: url}) }
	one := of("postgres://marquee:secret@db:5432/marquee?sslmode=require")
	assert.Equal(t, one, of("postgres://marquee:other@db:5432/marquee?sslmode=require"))
	assert.Equal(t, one, of("postgres://marquee@db:5432/marquee?sslmode=require&password=secret&sslpassword=secret"))
	seen := map[string]bool{one: true, of(""): true}
	for _, url := range []string{
		"postgres://marquee:secret@db2:5432/marquee?sslmode=require", "postgres://marquee:secret@db:5433/marquee?sslmode=require",
		"postgres://marquee:secret@db:5432/staging?sslmode=require", "postgres://marquee:secret@db:5432/marquee?sslmode=require&search_path=staging",
		"postgres://staging:secret@db:5432?sslmode=require",
	} {
		assert.False(t, seen[of(url)], url)
		seen[of(url)] = true
	}
	assert.Len(t, seen, 7)
}
