package observe

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// marquee is a process of the service. Its Instance's URL is that of the admin listener.
type marquee struct {
	*server.Instance
	api string // URL, of those that answer
}

// address is where Prometheus finds it.
func (m *marquee) address() string { return strings.TrimPrefix(m.URL(), "http://") }

// startMarquee starts a process with settings as KEY=value.
func startMarquee(t *testing.T, roles string, settings ...string) *marquee {
	t.Helper()
	api := server.FreeAddress(t)
	m := &marquee{api: "http://" + api}
	m.Instance = prooftest.Shipped(t, roles, append([]string{"MARQUEE_HTTP_ADDR=" + api, "MARQUEE_FETCH_INTERVAL=1s", "MARQUEE_RATE_LIMIT_RPS=0"}, settings...)...)
	return m
}

// command runs a command of the program beside the processes.
func command(t *testing.T, settings []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), prooftest.Binary(t), args...)
	cmd.Env = append(os.Environ(), settings...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// load asks a process all the time until it is told to stop, which returns once it has.
type load struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// askAll searches with as many callers as told, each with a pause between its questions. Every fourth question is a new one.
func askAll(t *testing.T, api string, callers int, pause time.Duration) *load {
	t.Helper()
	return ask(t, api, callers, pause, question)
}

// ask asks for what next says of each caller's n-th question.
func ask(t *testing.T, api string, callers int, pause time.Duration, next func(n int) string) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{cancel: cancel}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	for range callers {
		l.done.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				get(ctx, client, api+next(n))
				select {
				case <-ctx.Done():
				case <-time.After(pause):
				}
			}
		})
	}
	t.Cleanup(l.stop)
	return l
}

func question(n int) string {
	switch n % 4 {
	case 0:
		return fmt.Sprintf("/events?starts_at=2020-01-01T00:00:00Z&ends_at=%d-%02d-%02dT00:%02d:00Z&pageSize=5", 2027+rand.IntN(900), 1+rand.IntN(12), 1+rand.IntN(28), rand.IntN(60))
	case 1:
		return "/events?starts_at=2020-01-01T00:00:00Z&ends_at=2040-01-01T00:00:00Z"
	}
	return "/search?starts_at=2020-01-01T00:00:00Z&ends_at=2020-01-02T00:00:00Z"
}

// hardQuestion is one that nobody asked before, and for which every title has to be looked at.
func hardQuestion(int) string {
	return fmt.Sprintf("/events?starts_at=2020-01-01T00:00:00Z&ends_at=2040-01-01T00:00:00Z&pageSize=5&sortBy=title&q=%d", rand.Uint64())
}

func (l *load) stop() {
	l.cancel()
	l.done.Wait()
}

// get asks and forgets the answer: what it was shows in the metrics.
func get(ctx context.Context, client *http.Client, url string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	answer, err := client.Do(r)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}
