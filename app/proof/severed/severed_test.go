package severed

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// Under load, everything is taken away at the same time, and comes back. Searches are answered as if nothing had happened.
func TestSearchGoesOnWithoutAnything(t *testing.T) {
	t.Parallel()
	w := newTown(t, *events)
	questions := w.learn(200)
	l := w.under(questions)
	defer l.rest()
	prooftest.Until(t, "all that is known was asked", func() bool { return l.answered() > len(questions) })
	l.sofar("before")
	for _, how := range []severing{killed, hung} {
		bookmark := w.bookmark()
		how.begin(w)
		for began := time.Now(); time.Since(began) < *awayFor; time.Sleep(200 * time.Millisecond) { // the time is what is being tested
			before := l.answered()
			w.isAlone()
			prooftest.Until(t, "somebody is answered", func() bool { return l.answered() > before })
			require.False(t, t.Failed(), how.name)
		}
		l.sofar(how.name + " for " + awayFor.String())

		how.ended(w)
		back := time.Now()
		w.isWhole()
		t.Logf("%s: all is as it was %s after the return", how.name, time.Since(back).Round(time.Millisecond))
		took := w.publishes()
		t.Logf("%s: what changed then was shown after %s", how.name, took.Round(time.Millisecond))
		w.continues(bookmark)
		w.agrees()
		l.sofar(how.name + ", and back")
	}
}

// isAlone holds the process to what it promises while it has nothing but its memory.
func (w *town) isAlone() {
	w.t.Helper()
	ready := w.get(w.answers.URL() + "/readyz")
	assert.Equal(w.t, http.StatusOK, ready.status, "%s", ready.body)
	assert.Contains(w.t, string(ready.body), `"ready":true,"failing":[]`)
	assert.Contains(w.t, string(ready.body), `"check":"store"`)
	page := w.get(w.answers.api + "/?from=2041-01-01&to=2041-12-31&q=" + beacon)
	assert.Equal(w.t, http.StatusOK, page.status)
	assert.Contains(w.t, string(page.body), fmt.Sprintf("%s of issue %d", beacon, w.feed.issue.Load()))

	// A detail that somebody asked for is the last that is known, and says so.
	if a := w.get(w.answers.api + "/events/" + idOf(beacon).String()); a.status != http.StatusServiceUnavailable {
		assert.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
		assert.Contains(w.t, a.header.Get("Cache-Status"), "fwd=stale; fwd-status=503")
	}
	paths := []string{"/changes", "/changes?after=latest"}
	for range 4 { // of events that nobody asked for before
		w.asked++
		paths = append(paths, "/events/"+idOf(fmt.Sprintf("b-%d", w.asked)).String())
	}
	for _, path := range paths {
		a := w.get(w.answers.api + path)
		assert.Equal(w.t, http.StatusServiceUnavailable, a.status, "%s: %s", path, a.body)
		assert.NotEmpty(w.t, a.header.Get("Retry-After"), path)
		var envelope struct {
			Data  *struct{}
			Error struct{ Code, Message string }
		}
		assert.NoError(w.t, json.Unmarshal(a.body, &envelope))
		assert.Nil(w.t, envelope.Data, path)
		assert.Equal(w.t, "unavailable", envelope.Error.Code, path)
		assert.NotEmpty(w.t, envelope.Error.Message, path)
	}
}

// isWhole waits until nothing shows any more that something was away.
func (w *town) isWhole() {
	w.t.Helper()
	for _, path := range []string{"/events/" + idOf(beacon).String(), "/changes?after=latest"} {
		prooftest.Until(w.t, path+" is answered", func() bool { return w.get(w.answers.api+path).status == http.StatusOK })
	}
	prooftest.Until(w.t, "the process misses nothing", func() bool {
		return strings.TrimSpace(string(w.get(w.answers.URL()+"/readyz").body)) == `{"ready":true,"failing":[]}`
	})
}

// bookmark is where somebody who reads the changes has come to.
func (w *town) bookmark() string {
	w.t.Helper()
	_, next := w.changes("latest")
	return next
}

// continues reads on, and finds what the last issue changed: the beacon and what only it has, and that the one of the issue before left.
func (w *town) continues(bookmark string) {
	w.t.Helper()
	var found []string
	issue := int(w.feed.issue.Load())
	want := []string{"updated " + idOf(beacon).String(), "added " + idOf(only(issue)).String(), "withdrawn " + idOf(only(issue-1)).String()}
	prooftest.Until(w.t, "the changes of the last issue are told", func() bool {
		told, next := w.changes(bookmark)
		found, bookmark = append(found, told...), next
		return len(found) >= len(want)
	})
	assert.ElementsMatch(w.t, want, found)
}

func (w *town) changes(after string) (told []string, next string) {
	w.t.Helper()
	a := w.get(w.answers.api + "/changes?after=" + after)
	require.Equal(w.t, http.StatusOK, a.status, "%s", a.body)
	var batch struct {
		Changes []struct {
			Kind  string `json:"kind"`
			Event struct {
				ID string `json:"id"`
			} `json:"event"`
		} `json:"changes"`
		Next string `json:"next"`
	}
	require.NoError(w.t, json.Unmarshal(a.body, &batch))
	for _, c := range batch.Changes {
		told = append(told, c.Kind+" "+c.Event.ID)
	}
	return told, batch.Next
}
