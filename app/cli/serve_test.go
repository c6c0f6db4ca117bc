package cli_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServe(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	p := s.start("serve")
	p.line("run ended", "state", "concluded")
	status, body := get(t, "http://"+p.address("public API")+"/search")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `"Jazz"`)
	assert.Contains(t, body, `"Opera"`)

	t.Run("healthcheck", func(t *testing.T) {
		got := s.with("MARQUEE_ADMIN_ADDR=" + p.address("admin")).run("healthcheck")
		assert.Equal(t, result{0, "ready\n", ""}, got)
	})
	t.Run("another process in its folder is told what to do", func(t *testing.T) {
		for _, args := range [][]string{{"serve"}, {"migrate", "up"}} {
			got := s.run(args...)
			assert.Equal(t, 1, got.code, got)
			assert.Contains(t, got.err, "another process uses it; stop it first, or give this one a folder of its own with MARQUEE_DATA_DIR\n")
		}
	})
	t.Run("another process at its port is told what to do", func(t *testing.T) {
		other := newShell(t, "MARQUEE_HTTP_ADDR="+p.address("public API"))
		for _, args := range [][]string{{"serve", "--roles", "api"}, {"demo"}} {
			got := other.run(args...)
			assert.Equal(t, 1, got.code, got)
			assert.Contains(t, got.err, "address already in use; stop what listens there, or choose other addresses with MARQUEE_HTTP_ADDR and MARQUEE_ADMIN_ADDR\n")
			assert.NotContains(t, got.err, `level=ERROR`, "one reason is enough")
		}
	})

	got := p.stop()
	assert.Zero(t, got.code, got)
	assert.Contains(t, got.err, `"msg":"stopping"`)
	assert.NotContains(t, got.err, `"level":"WARN"`)
	assert.NotContains(t, got.err, `"level":"ERROR"`)
	assert.Empty(t, got.out, "the log goes to stderr")
}

func TestServeNeedsAProvider(t *testing.T) {
	s := newShell(t)
	for _, roles := range []string{"api,fetch,consume", "fetch,consume"} {
		got := s.run("serve", "--roles", roles)
		assert.Equal(t, 1, got.code, got)
		assert.Equal(t, "marquee: MARQUEE_PROVIDER_URL: it is empty; set it to the provider's feed, or try `marquee demo`\n", got.err)
	}
}

func TestServeKeepsBothEndsOfTheBrokerTogether(t *testing.T) {
	s := newShell(t, "MARQUEE_BROKER_URL=nats://broker.example") // one of both is not enough
	for _, roles := range []string{"fetch", "consume", "api,fetch"} {
		got := s.run("serve", "--roles", roles)
		assert.Equal(t, 1, got.code, got)
		assert.Equal(t, "marquee: --roles: fetch and consume belong together, because the embedded store and broker are inside of one process; MARQUEE_DATABASE_URL and MARQUEE_BROKER_URL name others\n", got.err)
	}
}

// freeAddress is one where nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func TestHealthcheckOfNobody(t *testing.T) {
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+freeAddress(t)).run("healthcheck")
	assert.Equal(t, 1, got.code, got)
	assert.Regexp(t, `^marquee: not ready: nothing runs behind MARQUEE_ADMIN_ADDR: .*connection refused\n$`, got.err)
}

func TestHealthcheckOfAProcessThatIsNotReady(t *testing.T) {
	starting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/readyz", r.URL.Path)
		http.Error(w, `{"ready":false,"reason":"starting"}`, http.StatusServiceUnavailable)
	}))
	defer starting.Close()
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+strings.TrimPrefix(starting.URL, "http://")).run("healthcheck")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, `marquee: not ready: {"ready":false,"reason":"starting"}`)
}

func TestHealthcheckOfAProcessThatHangs(t *testing.T) {
	hung := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer hanging.Close()
	defer close(hung)
	got := newShell(t, "MARQUEE_ADMIN_ADDR="+strings.TrimPrefix(hanging.URL, "http://")).run("healthcheck", "--timeout", "50ms")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "context deadline exceeded")
}
