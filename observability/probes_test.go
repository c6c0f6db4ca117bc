package observability_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
)

func TestAProcessIsReadyWhenItSaysSoAndEveryCheckPasses(t *testing.T) {
	p := observability.NewProbes()
	var store error
	p.Add("store", 0, func(context.Context) error { return store })
	p.Add("broker", 0, func(context.Context) error { return nil })
	ask := func() (int, observability.Readiness) {
		w := httptest.NewRecorder()
		p.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		var r observability.Readiness
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
		return w.Code, r
	}

	code, r := ask()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "starting", r.Reason)

	p.SetReady()
	code, r = ask()
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, observability.Readiness{Ready: true, Failing: []observability.Failure{}}, r)

	store = errors.New("disk full")
	code, r = ask()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, []observability.Failure{{Check: "store", Error: "disk full"}}, r.Failing)

	store = nil
	p.NotReady("stopping")
	code, r = ask()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "stopping", r.Reason)
	require.Empty(t, r.Failing)
}

// What a process is ready without is told, and keeps no request away from it.
func TestADependencyThatDoesNotDecideIsToldAllTheSame(t *testing.T) {
	r, p := newRig(t), observability.NewProbes()
	p.SetReady()
	var search, store error
	p.Require("search", 0, func(context.Context) error { return search })
	p.Watch("store", 0, func(context.Context) error { return store })
	p.Watch("broker", 0, func(context.Context) error { return nil })
	require.Equal(t, observability.Readiness{Ready: true, Failing: []observability.Failure{}}, p.Readiness(t.Context()))

	store = errors.New("refused")
	away := []observability.Failure{{Check: "store", Error: "refused"}}
	w := httptest.NewRecorder()
	p.Ready(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.JSONEq(t, `{"ready":true,"failing":[],"not_decisive":[{"check":"store","error":"refused"}]}`, w.Body.String())

	search = errors.New("nobody answers them")
	require.Equal(t, observability.Readiness{Failing: []observability.Failure{{Check: "search", Error: "nobody answers them"}}, NotDecisive: away}, p.Readiness(t.Context()))

	watching, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		observability.Watch(watching, time.Minute, observability.Watched{Probes: p}, r.Recorder)
	}()
	require.Eventually(t, func() bool { return len(r.values("marquee_dependency_up")) == 1 }, time.Minute, time.Millisecond)
	stop()
	<-watched
	r.only("marquee_dependency_up", map[string]int{"dependency=broker": 1})
	require.Equal(t, 2, r.series("marquee_dependency_up"), "of the store and the broker; search is no dependency")
}

func TestACheckHasATimeoutAndIsNotStartedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := observability.NewProbes()
		p.SetReady()
		end := make(chan struct{})
		var started atomic.Int32
		p.Add("deaf", time.Second, func(context.Context) error { // it does not listen to its context
			started.Add(1)
			<-end
			return nil
		})
		began := time.Now()
		for range 3 {
			r := p.Readiness(t.Context())
			require.Equal(t, []observability.Failure{{Check: "deaf", Error: "no answer within 1s"}}, r.Failing)
		}
		require.Equal(t, 3*time.Second, time.Since(began))
		require.EqualValues(t, 1, started.Load())
		close(end)
		synctest.Wait()
		require.True(t, p.Readiness(t.Context()).Ready, "it is asked again once it has ended")
	})
}

func TestAskersAtTheSameTimeShareACheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := observability.NewProbes()
		p.SetReady()
		var started atomic.Int32
		p.Add("slow", time.Minute, func(ctx context.Context) error {
			started.Add(1)
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { p.Readiness(gone) }) // comes first and goes away
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				if r := p.Readiness(t.Context()); !r.Ready {
					t.Errorf("not ready: %+v", r)
				}
			})
		}
		synctest.Wait()
		leave()
		all.Wait()
		require.EqualValues(t, 1, started.Load())
	})
}

func TestACheckThatPanicsFails(t *testing.T) {
	p := observability.NewProbes()
	p.SetReady()
	p.Add("buggy", 0, func(context.Context) error { panic("bug") })
	require.Equal(t, []observability.Failure{{Check: "buggy", Error: "the check panicked: bug"}}, p.Readiness(t.Context()).Failing)
}

func TestAdmin(t *testing.T) {
	r := newRig(t)
	p := observability.NewProbes()
	status := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "detailed") })
	h := observability.NewAdmin(observability.AdminOptions{Registry: r.registry, Probes: p, Status: status})
	get := func(path, accept string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodGet, path, nil)
		req.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		return w
	}
	require.Equal(t, http.StatusOK, get("/livez", "").Code)
	require.Equal(t, http.StatusServiceUnavailable, get("/readyz", "").Code)
	require.Equal(t, "detailed", get("/status", "").Body.String())
	require.Equal(t, http.StatusNotFound, get("/nothing", "").Code)
	require.Contains(t, get("/debug/pprof/", "").Body.String(), "goroutine")
	require.Equal(t, http.StatusOK, get("/debug/pprof/heap", "").Code)
	for _, path := range []string{"/livez", "/readyz", "/status", "/metrics", "/debug/pprof/"} {
		require.Contains(t, get("/", "").Body.String(), `href="`+path+`"`)
	}

	plain := get("/metrics", "")
	require.Contains(t, plain.Body.String(), `marquee_build_info{go_version="go`)
	open := get("/metrics", "application/openmetrics-text; version=1.0.0")
	require.Contains(t, open.Header().Get("Content-Type"), "application/openmetrics-text")
	require.Contains(t, open.Body.String(), "# EOF")
}

func TestAdminVerifiesWhenItIsToldTo(t *testing.T) {
	r := newRig(t)
	ask := func(method string, verify http.Handler) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h := observability.NewAdmin(observability.AdminOptions{Registry: r.registry, Probes: observability.NewProbes(), Verify: verify})
		h.ServeHTTP(w, httptest.NewRequest(method, "/verify", nil))
		return w
	}
	verify := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "verified") })
	require.Equal(t, "verified", ask(http.MethodPost, verify).Body.String())
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodGet, verify).Code, "a browser that looks ahead starts nothing")
	require.Equal(t, http.StatusNotFound, ask(http.MethodPost, nil).Code)
}

func TestTheAdminServerLetsAProfileTakeAMinute(t *testing.T) {
	s := observability.NewAdminServer("127.0.0.1:0", http.NotFoundHandler(), slogDiscard())
	require.Greater(t, s.WriteTimeout, time.Minute)
	require.NotZero(t, s.ReadHeaderTimeout)
	require.NotZero(t, s.ReadTimeout)
	require.NotZero(t, s.IdleTimeout)
}
