package jetstream_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/ports"
)

// A server that is killed may have noted that a message is acknowledged, and still have the message. It comes never
// again; it is not to be waited for, nor to fill the stream.
func TestAcknowledgedMessagesThatAreStillThere(t *testing.T) {
	dir := t.TempDir()
	var files string
	withServer := func(work func(b *jetstream.Broker, js natsjs.JetStream)) {
		s, err := jetstream.Start(jetstream.ServerOptions{Dir: dir})
		require.NoError(t, err)
		defer s.Close()
		conn, err := s.Connect()
		require.NoError(t, err)
		defer conn.Close()
		b, err := jetstream.New(conn, jetstream.Options{})
		require.NoError(t, err)
		js, err := natsjs.New(conn)
		require.NoError(t, err)
		work(b, js)
	}
	consume := func(b *jetstream.Broker, wanted int) {
		t.Helper()
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		require.NoError(t, b.Consume(ctx, 1, func(context.Context, ports.Delivery) ports.Verdict {
			if wanted--; wanted == 0 {
				stop()
			}
			return ports.Verdict{}
		}))
		require.Zero(t, wanted, "messages that did not come")
	}

	withServer(func(b *jetstream.Broker, _ natsjs.JetStream) {
		require.NoError(t, b.Publish(t.Context(), ports.Message{ID: "1"}, ports.Message{ID: "2"}, ports.Message{ID: "3"}))
	})
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	files = found[0]
	before := t.TempDir()
	require.NoError(t, os.CopyFS(before, os.DirFS(files)))
	withServer(func(b *jetstream.Broker, _ natsjs.JetStream) {
		consume(b, 3)
		require.Eventually(t, func() bool { // the server takes note of a verdict in its own time
			waiting, err := b.Backlog(t.Context())
			return err == nil && waiting == 0
		}, 30*time.Second, 10*time.Millisecond)
	})
	require.NoError(t, os.RemoveAll(files))
	require.NoError(t, os.CopyFS(files, os.DirFS(before)))

	withServer(func(b *jetstream.Broker, js natsjs.JetStream) {
		waiting, err := b.Backlog(t.Context())
		require.NoError(t, err)
		assert.Zero(t, waiting)
		stream, err := js.Stream(t.Context(), "marquee")
		require.NoError(t, err)
		assert.Zero(t, stream.CachedInfo().State.Msgs)

		require.NoError(t, b.Publish(t.Context(), ports.Message{ID: "4"}))
		consume(b, 1)
	})
}
