package traces

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// startProvider is a made-up one with as many events as told, whose feed sets no traps. It returns the URL of the feed.
func startProvider(t *testing.T, events int) string {
	t.Helper()
	sim, err := feedsim.New(feedsim.Options{Seed: 7, Events: events, Clean: true})
	require.NoError(t, err)
	s := httptest.NewServer(feedsim.Handler(sim))
	t.Cleanup(s.Close)
	return s.URL
}
