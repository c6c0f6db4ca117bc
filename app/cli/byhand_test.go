package cli_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// season is a feed of so many events; the first of them are left out.
func season(without, events int) string {
	var b strings.Builder
	b.WriteString(`<eventList><output>`)
	for i := without; i < events; i++ {
		fmt.Fprintf(&b, `<base_event base_event_id="%d" sell_mode="online" title="Night %d"><event event_start_date="2027-01-10T20:00:00" event_end_date="2027-01-10T22:00:00" event_id="1"/></base_event>`, i, i)
	}
	b.WriteString(`</output></eventList>`)
	return b.String()
}

func TestDeparturesAreHeldUntilAPersonAccepts(t *testing.T) {
	var missing atomic.Int64
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, func(w http.ResponseWriter, r *http.Request) {
		text(season(int(missing.Load()), 100))(w, r)
	}).URL)
	assert.Contains(t, s.run("runs", "list").err, "there is no catalogue")
	require.Zero(t, s.run("fetch", "--once").code)
	missing.Store(60)
	require.Zero(t, s.run("fetch", "--once").code)

	list := s.run("runs", "list")
	require.Zero(t, list.code, list)
	require.Len(t, strings.Split(strings.TrimSpace(list.out), "\n"), 3, list)
	assert.Regexp(t, `default +\d+ +[-0-9]+ [:0-9]+ +\S+ +concluded +1 of 1 +0 +0 +0 +60 +60 of 100 events would leave at once`, list.out)
	show := s.run("runs", "show", "--limit", "2")
	require.Zero(t, show.code, show)
	assert.Contains(t, show.out, "60 events are missing in 1 complete run,")
	assert.Contains(t, show.out, "Night ")
	assert.Contains(t, show.out, "and 58 more")

	first := regexp.MustCompile(`default +(\d+)`).FindAllStringSubmatch(list.out, -1)[1][1]
	refused := s.run("runs", "accept", first)
	assert.Equal(t, 1, refused.code, refused)
	assert.Contains(t, refused.err, "holds nothing back")
	run := regexp.MustCompile(`runs accept (\S+)`).FindStringSubmatch(show.out)[1]
	process := s.start("serve") // a process that runs is not in the way, nor that it has read the feed again
	process.line("run ended, departures held")
	accepted := s.run("runs", "accept", run)
	require.Zero(t, accepted.code, accepted)
	assert.Contains(t, accepted.out, "60 events withdrawn")
	assert.Contains(t, s.run("runs", "show").out, "accepted by hand: 60 events left")
	assert.Regexp(t, `default +\S+ +\S+( ago)? +40 +100`, s.run("status").out)
}

func TestNoRun(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	s.catalogue(func(*sqlite.Store) {})
	assert.Equal(t, "no run yet\n", s.run("runs", "list").out)
	assert.Contains(t, s.run("runs", "show").err, "never read")
	for _, wrong := range []string{"x", "default/", "/7", "-3", "default/0"} {
		got := s.run("runs", "accept", "--", wrong)
		assert.Equal(t, 1, got.code)
		assert.Contains(t, got.err, "is no run; one looks like")
	}
	assert.Contains(t, s.run("runs", "show", "17").err, "there is no run default/17")
	assert.Contains(t, s.run("runs", "list", "--limit", "0").err, "--limit: 0 is below 1")
}

// catalogue opens the shell's database for what no command does.
func (s shell) catalogue(do func(*sqlite.Store)) {
	s.t.Helper()
	dir := strings.TrimPrefix(s.environ[0], "MARQUEE_DATA_DIR=")
	store, err := sqlite.Open(s.t.Context(), sqlite.Options{Path: filepath.Join(dir, "marquee.db"), Clock: time.Now})
	require.NoError(s.t, err)
	do(store)
	require.NoError(s.t, store.Close())
}

func TestParkedMessages(t *testing.T) {
	s := newShell(t)
	run := catalogue.RunRef{Provider: "default", Number: catalogue.RunAt(time.Now())}
	good := ingest.EncodeChunk(ingest.Chunk{Run: run, Number: 3, TimeZone: "UTC", Records: []catalogue.Record{{
		Position: 7,
		Base:     catalogue.Fields{{Name: "base_event_id", Value: "1"}, {Name: "title", Value: "Jazz\x1b[2J"}, {Name: "sell_mode", Value: "online"}},
		Event:    catalogue.Fields{{Name: "event_id", Value: "2"}, {Name: "event_start_date", Value: "2027-01-01T20:00:00"}, {Name: "event_end_date", Value: "2027-01-01T22:00:00"}},
	}}})
	s.catalogue(func(store *sqlite.Store) {
		park := func(id, kind string, body []byte, run *catalogue.RunRef) {
			require.NoError(t, store.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: id, Kind: kind, Header: map[string]string{"traceparent": "00-1"}, Body: body}, Attempt: 5}, run, "panic: \x1b[31mpoison"))
		}
		park("good", ports.KindChunk, good, &run)
		park("end", ports.KindCompletion, []byte(`{"Run":{"Provider":"default","Number":5},"Chunks":2,"ReadToEnd":true}`), nil)
		park("bad", ports.KindChunk, []byte("no chunk at all"), nil)
	})

	list := s.run("parked", "list")
	require.Zero(t, list.code, list)
	assert.Len(t, strings.Split(strings.TrimSpace(list.out), "\n"), 4, list)
	assert.Contains(t, list.out, "panic: \uFFFD[31mpoison", "what a message says cannot move the cursor")
	assert.Contains(t, s.run("parked", "show", "good").out, "chunk 3 of run "+run.String()+": 1 records\n  7. base 1 event 2, 0 zones: Jazz\uFFFD[2J\n")
	assert.Contains(t, s.run("parked", "show", "end").out, "run default/5 ends: 2 chunks, read to its end: true")
	file := filepath.Join(t.TempDir(), "body")
	show := s.run("parked", "show", "bad", "--body", file)
	assert.Contains(t, show.out, "it cannot be read; its 15 bytes begin with\n00000000  6e 6f")
	assert.Contains(t, show.out, "traceparent: 00-1")
	body, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "no chunk at all", string(body))
	assert.Contains(t, s.run("parked", "show", "nothing").err, "no message nothing is parked")

	assert.Contains(t, s.run("parked", "replay").err, "nothing is named")
	assert.Contains(t, s.run("parked", "replay", "--all", "bad").err, "not both")
	replay := s.run("parked", "replay", "--all")
	assert.Equal(t, 1, replay.code, replay)
	assert.Contains(t, replay.out, "good: applied")
	assert.Contains(t, replay.out, "end: applied")
	assert.Contains(t, replay.out, "bad: ")
	assert.Contains(t, replay.err, "1 of 3 messages were not applied")
	assert.Regexp(t, `default .* 1 +1 +0`, s.run("status").out, "the chunk's event is in the catalogue")

	drop := s.run("parked", "drop", "bad")
	assert.Zero(t, drop.code, drop)
	assert.Equal(t, "nothing is parked\n", s.run("parked", "list").out)
}

func TestRejectedRecordsAreReadAgain(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(`<eventList><output>
<base_event base_event_id="1" sell_mode="online" title="Skipped"><event event_start_date="2027-03-28T02:30:00" event_end_date="2027-03-28T02:10:00" event_id="1"/></base_event>
<base_event base_event_id="2" sell_mode="online" title="Fine"><event event_start_date="2027-03-28T02:30:00" event_end_date="2027-03-28T03:10:00" event_id="1"/></base_event>
</output></eventList>`)).URL)
	require.Zero(t, s.run("fetch", "--once").code)
	list := s.run("rejected", "list")
	found := regexp.MustCompile(`(?m)^([0-9a-f]{8}) +default +1 +1 +end_before_start`).FindStringSubmatch(list.out)
	require.NotNil(t, found, list)

	still := s.run("rejected", "replay", found[1])
	assert.Equal(t, 1, still.code, still)
	assert.Contains(t, still.out, "event_end_date")
	assert.Contains(t, still.err, "1 of 1 records are still rejected")
	assert.Contains(t, s.run("rejected", "replay", "ffffffffff").err, "no open rejection of provider default")
	assert.Contains(t, s.run("rejected", "replay").err, "nothing is named")

	// A version that understands more is stood for by an original that has become right.
	s.catalogue(func(store *sqlite.Store) {
		open, err := store.Rejected(t.Context(), "default", 1)
		require.NoError(t, err)
		mended := open[0]
		mended.Original = []byte(strings.Replace(string(mended.Original), "T02:10:00", "T05:10:00", 1))
		_, err = store.Apply(t.Context(), catalogue.Batch{
			Run: catalogue.RunRef{Provider: "default", Number: mended.LastRun + 1}, Rejections: []catalogue.Rejection{mended},
		}, func(catalogue.Standing) []catalogue.Write { return nil })
		require.NoError(t, err)
	})
	again := s.run("rejected", "replay", "--all")
	require.Zero(t, again.code, again)
	assert.Contains(t, again.out, "is in the catalogue")
	assert.Equal(t, "nothing is rejected\n", s.run("rejected", "list").out)
	assert.Zero(t, s.run("rejected", "replay", "--all").code, "nothing left is no error")
}
