package wiring_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// Every combination of roles starts, is ready, and stops in order.
func TestRolesStartAndStop(t *testing.T) {
	provider, err := feedsim.New(feedsim.Options{Events: 20})
	require.NoError(t, err)
	feed := httptest.NewServer(feedsim.Handler(provider))
	defer feed.Close()
	for combination := 1; combination < 8; combination++ {
		roles := wiring.Roles{API: combination&1 > 0, Fetch: combination&2 > 0, Consume: combination&4 > 0}
		t.Run(roles.String(), func(t *testing.T) {
			var at *wiring.Addresses
			app := wiring.Process(settings(t, roles, "MARQUEE_PROVIDER_URL="+feed.URL), fx.Populate(&at))
			require.NoError(t, app.Err())
			require.NoError(t, app.Start(t.Context()))

			status, body := get(t, "http://"+at.Of(wiring.Admin)+"/readyz")
			assert.Equal(t, http.StatusOK, status, "%s", body)
			if roles.API {
				status, body = get(t, "http://"+at.Of(wiring.PublicAPI)+"/status")
				assert.Equal(t, http.StatusOK, status, "%s", body)
			} else {
				assert.Empty(t, at.Of(wiring.PublicAPI))
			}

			stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
			defer cancel()
			require.NoError(t, app.Stop(stopping))
			assert.False(t, wiring.DataDir(settings(t, roles).Config.DataDir).InUse())
		})
	}
}

// A load balancer sees that a process is about to stop while that one still answers.
func TestStoppingTurnsUnreadyFirst(t *testing.T) {
	var at *wiring.Addresses
	app := wiring.Process(settings(t, wiring.Roles{API: true}, "MARQUEE_DRAIN_DELAY=1s"), fx.Populate(&at))
	require.NoError(t, app.Start(t.Context()))
	stopping, cancel := context.WithTimeout(t.Context(), app.StopTimeout())
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- app.Stop(stopping) }()
	require.Eventually(t, func() bool {
		status, _ := get(t, "http://"+at.Of(wiring.Admin)+"/readyz")
		return status == http.StatusServiceUnavailable
	}, 10*time.Second, 10*time.Millisecond)
	status, _ := get(t, "http://"+at.Of(wiring.PublicAPI)+"/search")
	assert.Equal(t, http.StatusOK, status)
	require.NoError(t, <-stopped)
}

func TestASecondProcessIsKeptOut(t *testing.T) {
	s := settings(t, wiring.AllRoles, "MARQUEE_PROVIDER_URL="+replay(t, testStory))
	p := start(t, s)
	second := wiring.Process(s)
	require.ErrorIs(t, second.Err(), wiring.ErrInUse)
	p.awaitFirstRun()
	assert.Len(t, p.search("", ""), 3, "the first goes on")
}

func TestAnAddressInUseFailsTheStart(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	app := wiring.Process(settings(t, wiring.Roles{API: true}, "MARQUEE_HTTP_ADDR="+taken.Listener.Addr().String()))
	require.NoError(t, app.Err())
	err := app.Start(t.Context())
	require.ErrorContains(t, err, "address already in use")
}

// A process that is stopped while it reads a slow feed does not wait for it, and a later one carries on.
func TestStopDuringAFetch(t *testing.T) {
	reached := make(chan struct{}, 1)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write([]byte(`<?xml version="1.0"?><eventList><output>`))
		_ = http.NewResponseController(w).Flush()
		reached <- struct{}{}
		<-r.Context().Done()
	}))
	defer slow.Close()
	s := settings(t, wiring.AllRoles, "MARQUEE_PROVIDER_URL="+slow.URL)
	app := wiring.Process(s)
	require.NoError(t, app.Start(t.Context()))
	<-reached
	began := time.Now()
	stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	require.NoError(t, app.Stop(stopping))
	assert.Less(t, time.Since(began), app.StopTimeout()/2)

	s.Config.ProviderURL = replay(t, testStory)
	p := start(t, s)
	assert.Equal(t, 3, p.awaitFirstRun().Available)
}

// With store, broker and cache outside, every combination of roles is a process of its own, and they share a data folder.
func TestRolesApart(t *testing.T) {
	provider, err := feedsim.New(feedsim.Options{Events: 20})
	require.NoError(t, err)
	feed := httptest.NewServer(feedsim.Handler(provider))
	defer feed.Close()
	variables := append(stores["postgres and redis"](t), "MARQUEE_PROVIDER_URL="+feed.URL, "MARQUEE_BROKER_URL="+natsServer(t), "MARQUEE_DATA_DIR="+t.TempDir())
	var feeds ports.FeedReader
	for combination := 1; combination < 8; combination++ {
		roles := wiring.Roles{API: combination&1 > 0, Fetch: combination&2 > 0, Consume: combination&4 > 0}
		var at *wiring.Addresses
		app := wiring.Process(settings(t, roles, variables...), fx.Populate(&at, &feeds))
		require.NoError(t, app.Err(), roles)
		require.NoError(t, app.Start(t.Context()), roles)
		t.Cleanup(func() {
			stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
			defer cancel()
			require.NoError(t, app.Stop(stopping))
		})
		require.Eventually(t, func() bool {
			status, _ := get(t, "http://"+at.Of(wiring.Admin)+"/readyz")
			return status == http.StatusOK
		}, 10*time.Second, 10*time.Millisecond, roles)
	}
	require.Eventually(t, func() bool {
		list, err := feeds.Feeds(t.Context())
		return err == nil && len(list) == 1 && list[0].Current.State == catalogue.Concluded
	}, time.Minute, 20*time.Millisecond, "one of them fetches, and others apply")
}

// natsServer is a broker outside of every process.
func natsServer(t *testing.T) (url string) {
	t.Helper()
	url, _ = natsServerUntil(t)
	return url
}

// natsServerUntil is one that can be stopped before the test ends.
func natsServerUntil(t *testing.T) (url string, stop func()) {
	t.Helper()
	broker, err := nats.NewServer(&nats.Options{Host: "127.0.0.1", Port: nats.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: t.TempDir()})
	require.NoError(t, err)
	broker.Start()
	stop = sync.OnceFunc(func() {
		broker.Shutdown()
		broker.WaitForShutdown()
	})
	t.Cleanup(stop)
	require.True(t, broker.ReadyForConnections(30*time.Second))
	return broker.ClientURL(), stop
}

// A process that waits for its database can be told to stop.
func TestWaitingForTheDatabaseIsInterrupted(t *testing.T) {
	s := settings(t, wiring.Roles{API: true}, "MARQUEE_DATABASE_URL=postgres://nobody@127.0.0.1:1/nothing?connect_timeout=1")
	interrupt, stop := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer stop()
	s.Interrupt = interrupt
	began := time.Now()
	require.Error(t, wiring.Process(s).Err())
	assert.Less(t, time.Since(began), 15*time.Second)
	assert.Error(t, interrupt.Err(), "it waited")
}
