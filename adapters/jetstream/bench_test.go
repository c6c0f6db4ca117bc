package jetstream_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/ports"
)

// BenchmarkPublish publishes chunks of 100 KiB in batches of 32, synced each or by interval.
func BenchmarkPublish(b *testing.B) {
	for name, interval := range map[string]time.Duration{"sync=each": 0, "sync=10s": 10 * time.Second} {
		b.Run(name, func(b *testing.B) {
			broker := benchBroker(b, interval)
			b.SetBytes(benchBody)
			b.ResetTimer()
			publish(b, broker, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}

func BenchmarkConsume(b *testing.B) {
	for _, parallel := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) {
			broker := benchBroker(b, 10*time.Second)
			publish(b, broker, b.N)
			b.SetBytes(benchBody)
			b.ResetTimer()
			ctx, stop := context.WithCancel(b.Context())
			var handled atomic.Int64
			require.NoError(b, broker.Consume(ctx, parallel, func(context.Context, ports.Delivery) ports.Verdict {
				if handled.Add(1) == int64(b.N) {
					stop()
				}
				return ports.Verdict{}
			}))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}

// BenchmarkStart is the time from nothing to the first message acknowledged.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := jetstream.Start(jetstream.ServerOptions{Dir: b.TempDir()})
		require.NoError(b, err)
		conn, err := s.Connect()
		require.NoError(b, err)
		broker, err := jetstream.New(conn, jetstream.Options{})
		require.NoError(b, err)
		require.NoError(b, broker.Publish(b.Context(), ports.Message{ID: "m"}))
		b.StopTimer()
		conn.Close()
		s.Close()
		b.StartTimer()
	}
}

const benchBody = 100 << 10

func benchBroker(b *testing.B, interval time.Duration) *jetstream.Broker {
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: b.TempDir(), MaxBytes: 16 << 30, SyncInterval: interval})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	conn, err := s.Connect()
	require.NoError(b, err)
	b.Cleanup(conn.Close)
	broker, err := jetstream.New(conn, jetstream.Options{MaxBytes: 8 << 30})
	require.NoError(b, err)
	require.NoError(b, broker.Declare(b.Context()))
	return broker
}

func publish(b *testing.B, broker *jetstream.Broker, n int) {
	body := make([]byte, benchBody)
	for i := 0; i < n; i += 32 {
		batch := make([]ports.Message, min(32, n-i))
		for j := range batch {
			batch[j] = ports.Message{ID: fmt.Sprintf("m%d", i+j), Kind: ports.KindChunk, Body: body}
		}
		require.NoError(b, broker.Publish(b.Context(), batch...))
	}
}
