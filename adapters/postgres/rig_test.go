package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/ports/porttest"
)

// database makes an empty database on the server and returns its URL. It is dropped when the test ends.
func database(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("marquee_test_%d", rand.Uint64())
	onServer(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { onServer(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

func onServer(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}

// openAt opens a store that is closed when the test ends.
func openAt(t testing.TB, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func open(t *testing.T, clock func() time.Time) porttest.EventStore {
	t.Helper()
	return openAt(t, postgres.Options{URL: database(t, os.Getenv("MARQUEE_TEST_POSTGRES_URL")), Clock: clock})
}
