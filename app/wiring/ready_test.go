package wiring_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// standing is an index that stands as it is told.
type standing struct {
	phase atomic.Pointer[search.ModelPhase]
}

func (s *standing) is(p search.ModelPhase) { s.phase.Store(&p) }

func (s *standing) State() search.ModelState {
	return search.ModelState{Phase: *s.phase.Load(), At: catalogue.Version{Number: 7, Tag: 1}, Behind: 5, Lag: 90 * time.Second}
}

// running starts a process and returns where its admin listener is.
func running(t *testing.T, s wiring.Settings, more ...fx.Option) (admin string) {
	t.Helper()
	var at *wiring.Addresses
	app := wiring.Process(s, append(more, fx.Populate(&at))...)
	require.NoError(t, app.Err())
	require.NoError(t, app.Start(t.Context()))
	t.Cleanup(func() {
		stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
		defer cancel()
		require.NoError(t, app.Stop(stopping))
	})
	return "http://" + at.Of(wiring.Admin)
}

// checks are the names of checks that fail.
func checks(failures []observability.Failure) []string {
	names := []string{}
	for _, f := range failures {
		names = append(names, f.Check)
	}
	return names
}

// becomes waits until a process is ready or not, for want of what is told and in spite of what is told.
func becomes(t *testing.T, admin string, status int, failing, notDecisive []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		code, body := get(t, admin+"/readyz")
		var r observability.Readiness
		return code == status && json.Unmarshal(body, &r) == nil && assert.ObjectsAreEqual(failing, checks(r.Failing)) && assert.ObjectsAreEqual(notDecisive, checks(r.NotDecisive))
	}, time.Minute, 20*time.Millisecond, "it should be %d for want of %v, in spite of %v", status, failing, notDecisive)
}

// A process is ready as long as it answers searches: from memory without the database, and with it in any case.
func TestAProcessIsReadyWhenItCanAnswerSearches(t *testing.T) {
	none := []string{}
	postgres := server.StartPostgres(t)
	database := "MARQUEE_DATABASE_URL=" + server.Database(t, postgres.URL(), "")
	i := &standing{}
	i.is(search.ModelLoading)
	admin := running(t, settings(t, wiring.Roles{API: true}, database), wiring.WithIndex(i))
	plain := running(t, settings(t, wiring.Roles{API: true}, database, "MARQUEE_SEARCH_INDEX=store"))
	for _, a := range []string{admin, plain} {
		becomes(t, a, http.StatusOK, none, none)
	}

	i.is(search.ModelFollowing)
	postgres.Kill()
	becomes(t, admin, http.StatusOK, none, []string{"store"})
	becomes(t, plain, http.StatusServiceUnavailable, []string{"search"}, []string{"store"})
	i.is(search.ModelTooLarge)
	becomes(t, admin, http.StatusServiceUnavailable, []string{"search"}, []string{"store"})

	postgres.Start()
	for _, a := range []string{admin, plain} {
		becomes(t, a, http.StatusOK, none, none)
	}
}

// Without the broker searches are answered, and nothing is consumed.
func TestOnlyWhoAnswersSearchesIsReadyWithoutTheBroker(t *testing.T) {
	url, stop := natsServerUntil(t)
	broker := "MARQUEE_BROKER_URL=" + url
	all := running(t, settings(t, wiring.AllRoles, broker))
	consumer := running(t, settings(t, wiring.Roles{Consume: true}, broker))
	stop()
	becomes(t, all, http.StatusOK, []string{}, []string{"broker"})
	becomes(t, consumer, http.StatusServiceUnavailable, []string{"broker"}, []string{})
}

func TestHowTheIndexStandsIsForOperators(t *testing.T) {
	i := &standing{}
	i.is(search.ModelFollowing)
	s := settings(t, wiring.Roles{API: true})
	told := func(admin string) map[string]any {
		status, body := get(t, admin+"/status")
		require.Equal(t, http.StatusOK, status)
		var answer map[string]any
		require.NoError(t, json.Unmarshal(body, &answer))
		require.Equal(t, "ok", answer["Health"])
		index, _ := answer["index"].(map[string]any)
		return index
	}
	admin := running(t, s, wiring.WithIndex(i))
	index := told(admin)
	assert.Equal(t, "following", index["phase"])
	assert.Equal(t, "7-0000000000000001", index["version"])
	assert.InDelta(t, 90, index["lag_seconds"], 0)
	_, metrics := get(t, admin+"/metrics")
	assert.Contains(t, string(metrics), `marquee_index_phase{phase="following"} 1`)

	assert.Nil(t, told(running(t, settings(t, wiring.Roles{API: true}, "MARQUEE_SEARCH_INDEX=store"))), "there is none")
}
