package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/app/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for conditions that come true sooner or later; nothing is slower on a busy machine.
const patience = 2 * time.Minute

// shell is an environment, and what is typed in it.
type shell struct {
	t       *testing.T
	environ []string
}

// newShell has a data folder of its own, and ports that nobody else has.
func newShell(t *testing.T, variables ...string) shell {
	t.Helper()
	return shell{t, append([]string{
		"MARQUEE_DATA_DIR=" + t.TempDir(), "MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0",
		"MARQUEE_FETCH_INTERVAL=1h",
	}, variables...)}
}

func (s shell) with(variables ...string) shell {
	return shell{s.t, append(append([]string(nil), s.environ...), variables...)}
}

// result is what somebody sees who typed a command.
type result struct {
	code     int
	out, err string
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\nstdout:\n%s\nstderr:\n%s", r.code, r.out, r.err)
}

// run runs a command to its end.
func (s shell) run(args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	code := cli.Run(ctx, args, s.environ, &out, &errs)
	require.NoError(s.t, ctx.Err(), "marquee %s did not end", strings.Join(args, " "))
	return result{code, out.String(), errs.String()}
}

// process is a command that goes on until it is interrupted.
type process struct {
	t         *testing.T
	out, errs screen
	interrupt context.CancelFunc
	ended     chan struct{}
	code      int
}

// start runs a command beside the test, which interrupts it at the latest when it ends.
func (s shell) start(args ...string) *process {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: s.t, interrupt: cancel, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		p.code = cli.Run(ctx, args, s.environ, &p.out, &p.errs)
	}()
	s.t.Cleanup(func() { p.stop() })
	return p
}

// stop interrupts the command, as Ctrl-C does, and waits for its end.
func (p *process) stop() result {
	p.t.Helper()
	p.interrupt()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("it does not stop; it says\n%s%s", p.out.String(), p.errs.String())
	}
	return result{p.code, p.out.String(), p.errs.String()}
}

// until waits for something that a running process brings about.
func (p *process) until(what string, happened func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for !happened() {
		select {
		case <-p.ended:
			p.t.Fatalf("it ended before %s\n%s", what, result{p.code, p.out.String(), p.errs.String()})
		case <-deadline:
			p.t.Fatalf("waited in vain until %s; it says\n%s%s", what, p.out.String(), p.errs.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// line waits for a log line and returns it.
func (p *process) line(message string, match ...string) map[string]any {
	p.t.Helper()
	var found map[string]any
	p.until(fmt.Sprintf("the log says %q %v", message, match), func() bool {
		for line := range strings.Lines(p.errs.String()) {
			var l map[string]any
			if json.Unmarshal([]byte(line), &l) != nil || l["msg"] != message {
				continue
			}
			if len(match) == 2 && l[match[0]] != match[1] {
				continue
			}
			found = l
			return true
		}
		return false
	})
	return found
}

// address is where a process listens.
func (p *process) address(what string) string {
	p.t.Helper()
	address, _ := p.line("listening", "what", what)["address"].(string)
	require.NotEmpty(p.t, address)
	return address
}

// screen takes what a command prints while it runs.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// provider serves a feed, or what else a test puts in its place, and counts who asks.
type provider struct {
	URL   string
	asked atomic.Int64
}

func serveFeed(t *testing.T, answer http.HandlerFunc) *provider {
	t.Helper()
	p := &provider{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	p.URL = server.URL + "/feed.xml"
	return p
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// cut ends the connection where the text ends, long before the announced length.
func cut(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		_, _ = io.WriteString(w, body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Three events, of which one is on a day that does not exist.
const (
	feed = feedBegin + feedRest

	feedBegin = `<?xml version="1.0" encoding="UTF-8"?><eventList version="1.0"><output>
<base_event base_event_id="1" sell_mode="online" title="Jazz"><event event_start_date="2027-01-10T20:00:00" event_end_date="2027-01-10T22:00:00" event_id="1" sold_out="false"><zone zone_id="1" capacity="5" price="10.00" name="Floor" numbered="false"/></event></base_event>
`
	feedRest = `<base_event base_event_id="2" sell_mode="online" title="Opera"><event event_start_date="2027-01-11T20:00:00" event_end_date="2027-01-11T22:00:00" event_id="1" sold_out="false"><zone zone_id="1" capacity="5" price="20.00" name="Floor" numbered="false"/></event></base_event>
<base_event base_event_id="3" sell_mode="online" title="Never"><event event_start_date="2027-02-29T20:00:00" event_end_date="2027-02-29T22:00:00" event_id="7" sold_out="false"><zone zone_id="1" capacity="5" price="30.00" name="Floor" numbered="false"/></event></base_event>
</output></eventList>`
)

func get(t *testing.T, target string) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: apitest.Transport(t, &http.Transport{DisableKeepAlives: true})}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(b)
}
