package jetstream_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/ports"
)

// crashDir names the variable that makes this test binary a publisher in a directory.
const crashDir = "MARQUEE_TEST_CRASH_DIR"

// TestKillLosesNothingAcknowledged kills a process that publishes to the broker inside it.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	publisher := exec.CommandContext(t.Context(), os.Args[0])
	publisher.Env = append(os.Environ(), crashDir+"="+dir)
	publisher.Stderr = os.Stderr
	out, err := publisher.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, publisher.Start())

	acknowledged := map[string]bool{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		acknowledged[lines.Text()] = true
		if len(acknowledged) == 100 {
			require.NoError(t, publisher.Process.Kill())
		}
	}
	require.Error(t, publisher.Wait(), "the publisher ended by itself")
	require.GreaterOrEqual(t, len(acknowledged), 100)

	s, err := jetstream.Start(jetstream.ServerOptions{Dir: dir})
	require.NoError(t, err)
	defer s.Close()
	b := connect(t, s, jetstream.Options{})
	var mu sync.Mutex
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	require.NoError(t, b.Consume(ctx, 4, func(_ context.Context, d ports.Delivery) ports.Verdict {
		mu.Lock()
		defer mu.Unlock()
		if !bytes.Equal(d.Body, crashBody) {
			t.Errorf("message %s is damaged", d.ID)
		}
		delete(acknowledged, d.ID)
		if len(acknowledged) == 0 {
			stop()
		}
		return ports.Verdict{}
	}))
	require.Empty(t, acknowledged, "acknowledged to the publisher, and lost")
}

var crashBody = bytes.Repeat([]byte("event "), 10_000)

func publishUntilKilled(dir string) {
	// The kernel survives, so that even a long interval must lose nothing.
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: dir, SyncInterval: time.Hour})
	if err != nil {
		panic(err)
	}
	conn, err := s.Connect()
	if err != nil {
		panic(err)
	}
	b, err := jetstream.New(conn, jetstream.Options{})
	if err != nil {
		panic(err)
	}
	for p := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", p, i)
				if err := b.Publish(context.Background(), ports.Message{ID: id, Kind: ports.KindChunk, Body: crashBody}); err != nil {
					panic(err)
				}
				fmt.Println(id)
			}
		}()
	}
	select {}
}
