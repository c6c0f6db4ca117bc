package jetstream_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

func TestStartNeedsADirectory(t *testing.T) {
	_, err := jetstream.Start(jetstream.ServerOptions{})
	require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = jetstream.Start(jetstream.ServerOptions{Dir: file})
	require.ErrorContains(t, err, file)
}

func TestServerIsQuiet(t *testing.T) {
	var log strings.Builder
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	conn, err := s.Connect()
	require.NoError(t, err)
	b, err := jetstream.New(conn, jetstream.Options{})
	require.NoError(t, err)
	require.NoError(t, b.Publish(t.Context(), ports.Message{ID: "m"}))
	conn.Close()
	s.Close()
	require.Empty(t, log.String())
}

func TestOptionsAreChecked(t *testing.T) {
	tests := map[string]jetstream.Options{
		"stream":       {Stream: "two words"},
		"max messages": {MaxMessages: -1},
		"max bytes":    {MaxBytes: 1000},
		"replicas":     {Replicas: 6},
		"lease":        {Lease: time.Millisecond},
		"publishing":   {Publishing: -1},
	}
	for field, options := range tests {
		_, err := jetstream.New(nil, options)
		requireInvalid(t, field, err)
	}
}

func TestMessagesAreChecked(t *testing.T) {
	s := start(t)
	b := connect(t, s, jetstream.Options{})
	tests := map[string]map[string]string{
		"a line break":     {"trace": "a\nb"},
		"a colon":          {"tra:ce": "a"},
		"blanks around it": {"trace": " a"},
		"too much":         {"trace": strings.Repeat("a", 9<<10)},
	}
	for name, header := range tests {
		t.Run(name, func(t *testing.T) {
			requireInvalid(t, "header", b.Publish(t.Context(), ports.Message{ID: "m", Header: header}))
		})
	}
	largest := ports.Message{ID: "largest", Header: map[string]string{"baggage": strings.Repeat("a", 8000)}, Body: make([]byte, ports.MaxBody)}
	require.NoError(t, b.Publish(t.Context(), largest))
	requireInvalid(t, "parallel", b.Consume(t.Context(), 0, nil))
}

// A stream that is larger than the server's disk allowance cannot be created.
func TestDeclareTellsWhatIsWrong(t *testing.T) {
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: t.TempDir(), MaxBytes: 1 << 20})
	require.NoError(t, err)
	defer s.Close()
	b := connect(t, s, jetstream.Options{MaxBytes: 1 << 30})
	err = b.Declare(t.Context())
	require.ErrorContains(t, err, "create stream marquee")
	require.ErrorContains(t, err, "insufficient storage")
}

func TestBytesAreBounded(t *testing.T) {
	s := start(t)
	b := connect(t, s, jetstream.Options{MaxBytes: 1 << 20})
	body := make([]byte, 100<<10)
	var err error
	for i := 0; i < 20 && err == nil; i++ {
		err = b.Publish(t.Context(), ports.Message{ID: strings.Repeat("m", i+1), Body: body})
	}
	require.Equal(t, fault.Unavailable.String(), fault.KindOf(err).String(), "%v", err)
	waiting, err := b.Backlog(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 10, waiting)
}

// What a stream holds outlives new options, which count from then on.
func TestOptionsMayChange(t *testing.T) {
	s := start(t)
	message := func(id string) ports.Message { return ports.Message{ID: id} }
	before := connect(t, s, jetstream.Options{MaxMessages: 1})
	require.NoError(t, before.Publish(t.Context(), message("1")))
	require.Error(t, before.Publish(t.Context(), message("2")), "it is full")

	after := connect(t, s, jetstream.Options{MaxMessages: 2, Lease: time.Second})
	require.NoError(t, after.Publish(t.Context(), message("3")))
	waiting, err := after.Backlog(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, waiting)
}

// Publishers and consumers that find the stream or the consumer gone make them anew.
func TestWhatIsDeletedComesBack(t *testing.T) {
	for what, subject := range map[string]string{
		"stream":   "$JS.API.STREAM.DELETE.marquee",
		"consumer": "$JS.API.CONSUMER.DELETE.marquee.consumers",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			conn, err := s.Connect()
			require.NoError(t, err)
			t.Cleanup(conn.Close)
			b, err := jetstream.New(conn, jetstream.Options{})
			require.NoError(t, err)

			handled := make(chan string, 10)
			ctx, stop := context.WithCancel(t.Context())
			var consuming sync.WaitGroup
			consuming.Go(func() {
				assert.NoError(t, b.Consume(ctx, 1, func(_ context.Context, d ports.Delivery) ports.Verdict {
					handled <- d.ID
					return ports.Verdict{}
				}))
			})
			t.Cleanup(consuming.Wait)
			t.Cleanup(stop)

			require.NoError(t, b.Publish(t.Context(), ports.Message{ID: "before"}))
			requireHandled(t, "before", handled)
			require.Eventually(t, func() bool {
				waiting, err := b.Backlog(t.Context())
				return err == nil && waiting == 0
			}, 10*time.Second, 5*time.Millisecond, "the message is acknowledged, or it would come again")
			_, err = conn.Request(subject, nil, time.Second)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				return b.Publish(t.Context(), ports.Message{ID: "after"}) == nil
			}, 10*time.Second, 10*time.Millisecond)
			requireHandled(t, "after", handled)
		})
	}
}

func requireHandled(t *testing.T, want string, handled <-chan string) {
	t.Helper()
	select {
	case got := <-handled:
		require.Equal(t, want, got)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "a message is not handled", want)
	}
}

func start(t testing.TB) *jetstream.Server {
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func connect(t testing.TB, s *jetstream.Server, o jetstream.Options) *jetstream.Broker {
	conn, err := s.Connect()
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	b, err := jetstream.New(conn, o)
	require.NoError(t, err)
	return b
}

func requireInvalid(t *testing.T, field string, err error) {
	t.Helper()
	var invalid *fault.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, fault.Invalid, invalid.Kind)
	require.Equal(t, field, invalid.Field)
}
