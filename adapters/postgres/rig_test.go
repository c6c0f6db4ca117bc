package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/ports/porttest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// The roles of deploy/postgres/roles.sql.
const (
	owner   = "marquee_owner"
	service = "marquee_service"
	reader  = "marquee_reader"
)

// emptyDatabase makes a database on a server, with nothing in it, and returns a superuser's URL of it. It is
// dropped when the test ends.
func emptyDatabase(t testing.TB, at string) string {
	t.Helper()
	return server.Database(t, at, "")
}

// template is a database with roles and schema as an operator would have it, made once.
var template struct {
	once sync.Once
	url  string
	drop func()
}

// database makes one that is ready for use, and returns a superuser's URL of it.
func database(t testing.TB) string {
	t.Helper()
	at := server.SharedPostgres(t)
	template.once.Do(func() {
		name := fmt.Sprintf("marquee_template_%d", rand.Uint64())
		execute(t, at, "CREATE DATABASE "+name)
		template.drop = func() { execute(t, at, "DROP DATABASE "+name+" WITH (FORCE)") }
		template.url = as(t, at, "", name)
		prepare(t, template.url)
	})
	made := server.Database(t, at, databaseOf(t, template.url))
	grant(t, made) // what holds for a database as a whole is not copied
	return made
}

// prepare does what an operator does with a new database.
func prepare(t testing.TB, database string) {
	t.Helper()
	grant(t, database)
	require.NoError(t, postgres.Migrate(context.Background(), as(t, database, owner, ""), slog.New(slog.DiscardHandler)))
	grant(t, database)
}

func grant(t testing.TB, database string) {
	t.Helper()
	roles, err := os.ReadFile("../../deploy/postgres/roles.sql")
	require.NoError(t, err)
	execute(t, database, string(roles))
}

// as is the URL for another role or another database.
func as(t testing.TB, raw, role, database string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	if role != "" {
		u.User = url.User(role)
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// with is the URL with further options, given as pairs of name and value.
func with(t testing.TB, raw string, options ...string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	q := u.Query()
	for pair := range slices.Chunk(options, 2) {
		q.Set(pair[0], pair[1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func databaseOf(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u.Path[1:]
}

// execute runs statements as whoever the URL says.
func execute(t testing.TB, at, statements string) {
	t.Helper()
	require.NoError(t, try(at, statements))
}

func try(at, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

// connect is a connection that is closed when the test ends.
func connect(t testing.TB, at string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), at)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// patience is for conditions that come true sooner or later.
const patience = time.Minute

// openAt opens a store that is closed when the test ends.
func openAt(t testing.TB, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// open opens an empty store as the role that the service has.
func open(t *testing.T, clock func() time.Time) porttest.EventStore {
	t.Helper()
	return openAt(t, postgres.Options{URL: as(t, database(t), service, ""), Clock: clock, Listen: true})
}
