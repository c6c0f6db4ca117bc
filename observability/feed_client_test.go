package observability_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
)

func TestRetriesAreCountedAndLogged(t *testing.T) {
	r := newRig(t)
	log, err := observability.NewLogger(r.lines, slog.LevelDebug, observability.FormatJSON)
	require.NoError(t, err)
	client := observability.NewFeedClient(r.Recorder, log)
	away := fault.New(fault.Unavailable, "connection refused")
	client.Retried(t.Context(), provider, 1, 500*time.Millisecond, away)
	client.Retried(t.Context(), provider, 2, time.Second, away)
	client.Retried(t.Context(), "of the past", 1, time.Second, away)
	r.only("marquee_feed_retries_total", map[string]int{"provider=city-hall": 2, "provider=other": 1})
	require.Contains(t, r.lines.String(), `"attempt":2`)
	require.Contains(t, r.lines.String(), `"error":"connection refused"`)
}

func TestABreakerIsSeenUntilItCloses(t *testing.T) {
	r := newRig(t)
	log, err := observability.NewLogger(r.lines, slog.LevelDebug, observability.FormatJSON)
	require.NoError(t, err)
	client := observability.NewFeedClient(r.Recorder, log)
	series := func() (n int) {
		families, err := r.registry.Gather()
		require.NoError(t, err)
		for _, f := range families {
			if f.GetName() == "marquee_feed_breaker_open" {
				n = len(f.GetMetric())
			}
		}
		return n
	}
	require.Equal(t, 1, series(), "it is exported before anything broke")
	client.Broke(t.Context(), provider, true, fault.New(fault.Unavailable, "connection refused"))
	r.only("marquee_feed_breaker_open", map[string]int{"provider=city-hall": 1})
	require.Contains(t, r.lines.String(), `"error":"connection refused"`)
	client.Broke(t.Context(), provider, false, nil)
	r.only("marquee_feed_breaker_open", map[string]int{})
	require.Contains(t, r.lines.String(), "the provider is read again")
}
