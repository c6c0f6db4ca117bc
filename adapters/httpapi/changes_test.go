package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// part is an answer of /changes.
type part struct {
	Changes []entry
	Next    string
	More    bool
}

type entry struct {
	Cursor, Kind string
	At           time.Time
	Event        struct {
		ID, Title string
		Revision  int
	}
}

func (p part) titles() []string {
	titles := []string{}
	for _, e := range p.Changes {
		titles = append(titles, e.Event.Title)
	}
	return titles
}

func (a answer) part(t *testing.T) part {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
	var p part
	require.NoError(t, json.Unmarshal([]byte(a.body), &p))
	return p
}

// serveChanges serves the log of a store.
func serveChanges(t *testing.T, log ports.ChangeReader) *service {
	t.Helper()
	return serve(t, service{changes: search.NewChanges(log, following(t, log), time.Now)})
}

func TestChangesAreTheSameWhateverTheLimit(t *testing.T) {
	b := newBillboard(t, season(20)...)
	s := serveChanges(t, b)
	whole := s.get(t, "/changes").part(t)
	require.Len(t, whole.Changes, 20)
	assert.False(t, whole.More)
	assert.Equal(t, whole.Changes[19].Cursor, whole.Next)
	for _, limit := range []int{1, 7, 10, 20, 1000} {
		var all []entry
		next, more := "", true
		for more {
			p := s.get(t, "/changes?limit="+strconv.Itoa(limit)+next).part(t)
			require.LessOrEqual(t, len(p.Changes), limit)
			require.Equal(t, p.Changes[len(p.Changes)-1].Cursor, p.Next)
			all, next, more = append(all, p.Changes...), "&after="+p.Next, p.More
		}
		assert.Equal(t, whole.Changes, all, "limit %d", limit)
	}
	for i, e := range whole.Changes[:19] {
		p := s.get(t, "/changes?limit=1&after="+e.Cursor).part(t)
		require.Equal(t, whole.Changes[i+1:i+2], p.Changes, "behind each entry")
	}
	end := s.get(t, "/changes?after="+whole.Next).part(t)
	assert.Equal(t, part{Changes: []entry{}, Next: whole.Next}, end)
	assert.Equal(t, end, s.get(t, "/changes?after=latest").part(t))
}

func TestChangesAnswer(t *testing.T) {
	s := serveChanges(t, camelasStory(t))
	got := s.get(t, "/changes?limit=3")
	require.NoError(t, asDocumented(got))
	p := got.part(t)
	assert.True(t, p.More)
	// Tags are random, so are cursors.
	text := strings.NewReplacer(p.Changes[0].Cursor, "CURSOR-1", p.Changes[1].Cursor, "CURSOR-2", p.Changes[2].Cursor, "CURSOR-3").Replace(got.body)
	golden(t, "changes.json", text)
	var kinds []string
	for _, e := range s.get(t, "/changes").part(t).Changes {
		kinds = append(kinds, fmt.Sprint(e.Kind, " ", e.Event.Revision))
	}
	assert.Equal(t, []string{"added 1", "updated 2", "updated 3", "withdrawn 4", "returned 5", "updated 6"}, kinds)
}

func TestAnEmptyLog(t *testing.T) {
	b := newBillboard(t)
	s := serveChanges(t, b)
	p := s.get(t, "/changes").part(t)
	assert.Empty(t, p.Changes)
	assert.False(t, p.More)
	b.put(t, camela)
	assert.Equal(t, []string{camela.Facts.Title}, s.get(t, "/changes?after="+p.Next).part(t).titles(), "its end is a cursor like any other")
}

func TestWaitingForAChange(t *testing.T) {
	b := newBillboard(t, camela)
	s := serveChanges(t, b)
	at := s.get(t, "/changes").part(t).Next
	assert.Empty(t, s.get(t, "/changes?wait=0&after="+at).part(t).Changes)
	waited := time.Now()
	got := s.get(t, "/changes?wait=1&after="+at)
	assert.Empty(t, got.part(t).Changes)
	assert.Regexp(t, `^wait;dur=1\d\d\d$`, got.Header.Get("Server-Timing"))
	assert.GreaterOrEqual(t, time.Since(waited), time.Second)

	told := make(chan answer, 1)
	go func() { told <- handle(s.handler, "/changes?wait=30&after="+at) }()
	b.put(t, pantomima)
	assert.Equal(t, []string{pantomima.Facts.Title}, (<-told).part(t).titles())
	assert.Equal(t, []string{camela.Facts.Title, pantomima.Facts.Title}, s.get(t, "/changes?wait=30").part(t).titles(), "nobody waits for what is there")
}

// The server bounds how long an answer may take from when it was asked. Who waits that long is answered all the same.
func TestWaitingForLongerThanAnAnswerMayTake(t *testing.T) {
	b := newBillboard(t, camela)
	changes := search.NewChanges(b, following(t, b), time.Now)
	server := httptest.NewUnstartedServer(httpapi.New(httpapi.UseCases{Changes: changes}, httpapi.Options{}))
	server.Config.WriteTimeout = 100 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	s := &service{base: server.URL}
	p := s.get(t, "/changes?wait=1&after=latest").part(t)
	assert.Empty(t, p.Changes)
	assert.NotEmpty(t, p.Next)
	head := s.ask(t, http.MethodHead, "/changes?wait=1&after=latest")
	assert.Equal(t, http.StatusOK, head.StatusCode)

	// Where the reader is, nothing is looked up before it has waited.
	require.NoError(t, b.Close())
	assert.Equal(t, http.StatusServiceUnavailable, s.get(t, "/changes?wait=1&after="+p.Next).StatusCode, "an error as well")
}

func TestBadChangesRequests(t *testing.T) {
	b := newBillboard(t, camela)
	s := serveChanges(t, b)
	cursor := s.get(t, "/changes").part(t).Next
	list := serve(t, service{events: search.NewEvents(newBillboard(t, season(3)...), 10)}).get(t, july+"&pageSize=1").links(t)["next"]
	foreign := list[strings.Index(list, "cursor=")+len("cursor="):]
	foreign, _, _ = strings.Cut(foreign, "&")
	const (
		cursors = " is not a cursor of /changes; take it from next as it is, or leave it out to read from the start"
		limits  = "a whole number from 1 to 1000"
		waits   = "a whole number from 0 to 30"
	)
	clip := func(s string) string {
		if len(s) > 64 {
			return s[:64] + "…"
		}
		return s
	}
	for query, want := range map[string]string{
		"after=":                        "after is empty; leave it out, or give a cursor that next was given as, or latest",
		"after=1":                       `after "1"` + cursors,
		"after=LATEST":                  `after "LATEST"` + cursors,
		"after=" + cursor + "A":         `after "` + cursor + `A"` + cursors,
		"after=" + cursor[1:]:           `after "` + cursor[1:] + `"` + cursors,
		"after=" + foreign:              `after "` + clip(foreign) + `"` + cursors,
		"after=%zz":                     `after="%zz" cannot be decoded; percent-encode its value`,
		"after=latest&after=" + cursor:  "after is given more than once; give it once",
		"limit=":                        "limit is empty; leave it out, or give " + limits,
		"limit=0":                       `limit "0" is not ` + limits,
		"limit=1001":                    `limit "1001" is not ` + limits,
		"limit=-1":                      `limit "-1" is not ` + limits,
		"limit=ten":                     `limit "ten" is not ` + limits,
		"limit=1&limit=2":               "limit is given more than once; give it once",
		"wait=":                         "wait is empty; leave it out, or give " + waits,
		"wait=31":                       `wait "31" is not ` + waits,
		"wait=1.5":                      `wait "1.5" is not ` + waits,
		"wait=5s":                       `wait "5s" is not ` + waits,
		"since=2021":                    `"since" is no parameter of /changes; there are after, limit, wait`,
		"starts_at=2021-01-01T00:00:00": `"starts_at" is no parameter of /changes; there are after, limit, wait`,
	} {
		got := s.get(t, "/changes?"+query)
		code, message := got.problem(t)
		assert.Equal(t, http.StatusBadRequest, got.StatusCode, query)
		assert.Equal(t, [2]string{"invalid_parameter", want}, [2]string{code, message}, query)
	}
}

func TestACursorOfAnotherHistory(t *testing.T) {
	cursor := serveChanges(t, newBillboard(t, camela)).get(t, "/changes").part(t).Next
	longer := serveChanges(t, newBillboard(t, season(9)...)).get(t, "/changes").part(t).Next
	s := serveChanges(t, newBillboard(t, camela, pantomima))
	for name, after := range map[string]string{"another at its number": cursor, "beyond the end": longer} {
		got := s.get(t, "/changes?after="+after)
		code, message := got.problem(t)
		assert.Equal(t, http.StatusGone, got.StatusCode, name)
		assert.Equal(t, "gone", code)
		assert.Equal(t, "after is of another history of the catalogue, of which this one is no continuation; read from the start, without after", message)
		require.NoError(t, asDocumented(got))
	}
}

func TestChangesWhileTheStoreIsAway(t *testing.T) {
	b := newBillboard(t, camela)
	s := serveChanges(t, b)
	at := s.get(t, "/changes").part(t).Next
	require.NoError(t, b.Close())
	for _, target := range []string{"/changes", "/changes?after=" + at, "/changes?after=latest", "/changes?wait=1&after=" + at} {
		got := s.get(t, target)
		code, _ := got.problem(t)
		assert.Equal(t, [2]any{http.StatusServiceUnavailable, "unavailable"}, [2]any{got.StatusCode, code}, target)
		assert.Equal(t, "1", got.Header.Get("Retry-After"))
	}
}

// Thousands of entries with the longest titles are sent piece by piece, and whole.
func TestALargePartOfTheLog(t *testing.T) {
	var events []event.Event
	for i := range 1000 {
		e := shown(strconv.Itoa(i), strings.Repeat("Ópera ", 100)+strconv.Itoa(i), "2021-07-01T20:00:00", "2021-07-01T22:00:00")
		events = append(events, e)
	}
	s := serveChanges(t, newBillboard(t, events...))
	got := s.get(t, "/changes?limit=1000")
	assert.Greater(t, len(got.body), 1<<20)
	p := got.part(t)
	require.Len(t, p.Changes, 1000)
	seen := map[string]bool{}
	for _, e := range p.Changes {
		seen[e.Event.Title] = true
	}
	assert.Len(t, seen, 1000)
	require.NoError(t, asDocumented(got))
}
