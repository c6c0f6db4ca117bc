package traces

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// newDatabase makes an empty database and returns its URL. It is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	maintenance := server.SharedPostgres(t)
	name := fmt.Sprintf("marquee_traces_%d", rand.Uint64())
	run(t, maintenance, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, maintenance, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(maintenance)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

func run(t *testing.T, database, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err, statement)
}

// startProvider is a made-up one with as many events as told, whose feed sets no traps. It returns the URL of the feed.
func startProvider(t *testing.T, events int) string {
	t.Helper()
	sim, err := feedsim.New(feedsim.Options{Seed: 7, Events: events, Clean: true})
	require.NoError(t, err)
	s := httptest.NewServer(feedsim.Handler(sim))
	t.Cleanup(s.Close)
	return s.URL
}
