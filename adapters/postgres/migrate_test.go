package postgres_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

func TestManyStartAtOnce(t *testing.T) {
	url := emptyDatabase(t, server.SharedPostgres(t))
	var starting sync.WaitGroup
	for range 4 {
		starting.Go(func() {
			s, err := postgres.Open(t.Context(), postgres.Options{URL: url})
			if assert.NoError(t, err) {
				assert.NoError(t, s.Close())
			}
		})
	}
	starting.Wait()
	steps, err := postgres.Migrations(t.Context(), url)
	require.NoError(t, err)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		assert.True(t, step.Applied, step.Name)
	}
	var twice int
	require.NoError(t, connect(t, url).QueryRow(t.Context(), "SELECT count(*) - count(DISTINCT version_id) FROM goose_db_version").Scan(&twice))
	assert.Zero(t, twice)
}

func TestMigrationsOfAnEmptyDatabase(t *testing.T) {
	url := emptyDatabase(t, server.SharedPostgres(t))
	steps, err := postgres.Migrations(t.Context(), url)
	require.NoError(t, err)
	for _, step := range steps {
		assert.False(t, step.Applied, step.Name)
	}
	var tables int
	require.NoError(t, connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables))
	assert.Zero(t, tables, "whoever only looks changes nothing")
}

// A role that may not change the schema is told who may.
func TestAServiceThatMayNotMigrate(t *testing.T) {
	url := database(t)
	execute(t, url, "DELETE FROM goose_db_version WHERE version_id > 0")
	_, err := postgres.Open(t.Context(), postgres.Options{URL: as(t, url, service, "")})
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "`marquee migrate up`")
}

// Of two versions of the program that run at once, the older one meets a schema that it does not know. It works on it,
// unless the schema says that it cannot.
func TestASchemaFromTheFuture(t *testing.T) {
	url := database(t)
	execute(t, url, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
	s, err := postgres.Open(t.Context(), postgres.Options{URL: as(t, url, service, "")})
	require.NoError(t, err)
	require.NoError(t, s.Close())

	execute(t, url, "UPDATE schema_floor SET oldest = 999")
	_, err = postgres.Open(t.Context(), postgres.Options{URL: as(t, url, service, "")})
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "use a newer program")
}

func TestTheURLIsNotShown(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Options{URL: "postgres://me:secret@host:port/db"})
	require.Equal(t, fault.Invalid, fault.KindOf(err))
	assert.NotContains(t, err.Error(), "secret")
}
