//go:build unix

package memory_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// most is what the program may need at its peak, resident, its own text included.
const most = 200 << 20

func TestALargeFeedNeedsLittleMemory(t *testing.T) {
	feed := newFeed(t, megabytes(t))
	server := httptest.NewServer(feed)
	defer server.Close()

	command := exec.CommandContext(t.Context(), binary(t), "fetch", "--once", "--timeout", "1h")
	command.Env = append(os.Environ(), "MARQUEE_PROVIDER_URL="+server.URL, "MARQUEE_DATA_DIR="+t.TempDir(), "MARQUEE_LOG_LEVEL=WARN")
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	began := time.Now()
	require.NoError(t, command.Start())
	peak := watch(command)
	require.NoError(t, command.Wait(), "%s", &errs)
	took := time.Since(began)
	used := <-peak
	if usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage); ok && used == 0 {
		used = usage.Maxrss // where no kernel tells more; it may include what the test had when it began
	}

	got := regexp.MustCompile(`concluded, (\d+) records in (\d+) chunks; the catalogue knows (\d+) events`).FindStringSubmatch(out.String())
	require.NotNil(t, got, "%s%s", &out, &errs)
	assert.Equal(t, strconv.Itoa(feed.events), got[1], "every event of the feed was read")
	mb := float64(feed.size) / 1e6
	t.Logf("%.0f MB with %s events of up to %d zones, in %s chunks: %.1f s, %.1f MB/s, peak resident memory %.0f MB",
		mb, got[1], zones, got[2], took.Seconds(), mb/took.Seconds(), float64(used)/1e6)
	assert.Less(t, used, int64(most))
	assert.Positive(t, used)
}

func megabytes(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MARQUEE_PROOF_FEED_MB")
	if text == "" {
		return 40
	}
	mb, err := strconv.Atoi(text)
	require.NoError(t, err, "MARQUEE_PROOF_FEED_MB")
	return mb
}

const zones = feedsim.MaxZones

// feed is one state of a made-up provider, of at least the size that was asked for.
type feed struct {
	document feedsim.Document
	size     int64
	events   int
}

func newFeed(t *testing.T, mb int) *feed {
	t.Helper()
	events := mb*9/2 + 1 // an event with so many zones has some 200 KB
	for {
		sim, err := feedsim.New(feedsim.Options{Seed: 1, Events: events, Zones: zones})
		require.NoError(t, err)
		f := &feed{document: sim.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))}
		counted := &counter{}
		f.size, err = f.document.WriteTo(counted)
		require.NoError(t, err)
		if f.events = counted.events; f.size >= int64(mb)*1e6 {
			return f
		}
		events += events/5 + 1
	}
}

// ServeHTTP sends it as it is: what compressing costs belongs to the provider.
func (f *feed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if _, err := f.document.WriteTo(w); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// counter counts the events of a document that is written to it.
type counter struct {
	events int
	tail   []byte
}

func (c *counter) Write(b []byte) (int, error) {
	tag := []byte("<event ")
	c.tail = append(c.tail, b...)
	c.events += bytes.Count(c.tail, tag)
	c.tail = append([]byte(nil), c.tail[max(0, len(c.tail)-len(tag)+1):]...)
	return len(b), nil
}

// binary is the program as it is shipped.
func binary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("MARQUEE_PROOF_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "marquee")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", path, "github.com/marquee-events/marquee/app/marquee")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// watch tells, when the command has ended, what it needed at its peak, as the kernel of Linux counts it.
func watch(command *exec.Cmd) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		var used int64
		for running := true; running; time.Sleep(20 * time.Millisecond) { // the mark only rises
			var now int64
			now, running = highWater(command.Process.Pid)
			used = max(used, now)
		}
		peak <- used
	}()
	return peak
}

var highWaterMark = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func highWater(pid int) (used int64, running bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	mark := highWaterMark.FindSubmatch(status)
	if mark == nil { // it has ended, and nobody has waited for it yet
		return 0, false
	}
	kb, _ := strconv.ParseInt(string(mark[1]), 10, 64)
	return kb << 10, true
}
