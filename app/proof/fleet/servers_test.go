package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// newRedis starts a Redis that nobody else uses, and returns its URL.
func newRedis(t *testing.T) string {
	t.Helper()
	return server.StartRedis(t).URL()
}

// hits is how often a Redis had what it was asked for.
func hits(t *testing.T, address string) int {
	t.Helper()
	o, err := redis.ParseURL(address)
	require.NoError(t, err)
	client := redis.NewClient(o)
	defer func() { require.NoError(t, client.Close()) }()
	info, err := client.InfoMap(t.Context(), "stats").Result()
	require.NoError(t, err)
	n, err := strconv.Atoi(info["Stats"]["keyspace_hits"])
	require.NoError(t, err)
	return n
}

// newBacklog asks a broker what waits in it.
func newBacklog(t *testing.T, address string) *jetstream.Broker {
	t.Helper()
	conn, err := jetstream.Dial(address, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	b, err := jetstream.New(conn, jetstream.Options{})
	require.NoError(t, err)
	return b
}

// newDatabase makes an empty database and returns its URL. It is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	maintenance := server.SharedPostgres(t)
	name := fmt.Sprintf("marquee_fleet_%d", rand.Uint64())
	query(t, maintenance, "CREATE DATABASE "+name)
	t.Cleanup(func() { query(t, maintenance, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(maintenance)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// query runs a statement on a connection of its own, and returns the first column of the rows as text.
func query(t *testing.T, database, statement string) (column []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	rows, err := conn.Query(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	column, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err, statement)
	return column
}
