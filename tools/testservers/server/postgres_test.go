package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// tooLong is what nobody waits for who knows that the server is frozen.
const tooLong = 300 * time.Millisecond

func TestPostgresIsSetUpForTests(t *testing.T) {
	for name, url := range map[string]string{
		"shared": server.SharedPostgres(t),
		"own":    server.StartPostgres(t, "max_connections=11", "fsync=on").URL(),
	} {
		t.Run(name, func(t *testing.T) {
			shows := func(setting string) (value string) {
				require.NoError(t, connect(t, url).QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&value))
				return value
			}
			assert.Equal(t, "on", shows("is_superuser"))
			assert.Equal(t, "UTF8", shows("server_encoding"))
			assert.Equal(t, map[string]string{"shared": "300", "own": "11"}[name], shows("max_connections"))
			assert.Equal(t, map[string]string{"shared": "off", "own": "on"}[name], shows("fsync"), "the test's settings come last")
			assert.Equal(t, "on", shows("synchronous_commit"))

			var trigrams, letter bool
			db := connect(t, url)
			require.NoError(t, db.QueryRow(t.Context(), "select exists (select from pg_available_extensions where name = 'pg_trgm')").Scan(&trigrams))
			assert.True(t, trigrams)
			require.NoError(t, db.QueryRow(t.Context(), "select 'é' ~ '[[:alpha:]]' and upper('é') = 'É'").Scan(&letter))
			assert.True(t, letter, "a letter is one in any language")
		})
	}
}

func TestPostgresThatFreezes(t *testing.T) {
	pg := server.StartPostgres(t)
	db := connect(t, pg.URL())
	pg.Freeze()

	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	assert.ErrorIs(t, db.Ping(ctx), context.DeadlineExceeded, "a connection that was there")
	ctx, cancel = context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	_, err := pgx.Connect(ctx, pg.URL())
	assert.ErrorIs(t, err, context.DeadlineExceeded, "a new one")

	pg.Thaw()
	assert.NoError(t, connect(t, pg.URL()).Ping(t.Context()))

	pg.Freeze()
	pg.Kill()
	pg.Start()
	assert.NoError(t, connect(t, pg.URL()).Ping(t.Context()), "killed while it was frozen")
}

func TestPostgresThatGoesAndComesBack(t *testing.T) {
	pg := server.StartPostgres(t)
	url := pg.URL()
	exec(t, url, "create table seats (number int)")
	for name, leave := range map[string]func(){"killed": pg.Kill, "stopped": pg.Stop} {
		t.Run(name, func(t *testing.T) {
			db := connect(t, url)
			exec(t, url, "insert into seats values (1)")
			before := seats(t, url)
			leave()
			assert.Error(t, db.Ping(t.Context()))
			_, err := pgx.Connect(t.Context(), url)
			assert.Error(t, err)

			pg.Start()
			assert.Equal(t, url, pg.URL())
			assert.Equal(t, before, seats(t, url))
		})
	}
}

func TestPostgresIsPutBack(t *testing.T) {
	pg := server.StartPostgres(t)
	url := pg.URL()
	exec(t, url, "create table seats (number int)")
	pg.Backup() // which the next one replaces
	exec(t, url, "insert into seats values (1)")
	held := connect(t, url)
	pg.Backup()
	require.NoError(t, held.Ping(t.Context()), "whoever is connected does not notice")

	for range 2 {
		exec(t, url, "insert into seats values (2)")
		require.Equal(t, 2, seats(t, url))
		pg.Restore()
		require.Equal(t, 1, seats(t, url))
	}
	pg.Stop()
	pg.Restore()
	assert.Equal(t, 1, seats(t, url), "one that did not run")
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = db.Close(ctx) // its server may be gone
	})
	return db
}

func exec(t *testing.T, url, statement string) {
	t.Helper()
	_, err := connect(t, url).Exec(t.Context(), statement)
	require.NoError(t, err)
}

func seats(t *testing.T, url string) (n int) {
	t.Helper()
	require.NoError(t, connect(t, url).QueryRow(t.Context(), "select count(*) from seats").Scan(&n))
	return n
}
