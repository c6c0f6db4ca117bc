package fleet

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3/lock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/app/wiring"
)

// Several processes find an empty database at the same time. All of them start, and the schema is made once.
func TestProcessesThatStartAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts several processes")
	}
	t.Parallel()
	database := newDatabase(t)
	broker := begin(t, orders{Name: "broker", Broker: t.TempDir()})

	// While somebody else migrates, nobody does, and all have seen that they have to.
	somebody, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer func() { require.NoError(t, somebody.Close(t.Context())) }()
	_, err = somebody.Exec(t.Context(), "SELECT pg_advisory_lock($1)", lock.DefaultLockID)
	require.NoError(t, err)
	var processes []*process
	for _, name := range []string{"first", "second", "third"} {
		processes = append(processes, begin(t, orders{Name: name, Roles: wiring.Roles{Consume: true}, Environ: []string{
			"MARQUEE_DATABASE_URL=" + database, "MARQUEE_BROKER_URL=" + broker.isReady().Broker, "MARQUEE_DATA_DIR=" + t.TempDir(),
			"MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_LOG_FORMAT=text",
		}}))
	}
	until(t, "each of them asks for the lock", func() bool {
		return query(t, database, "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()")[0] == "3"
	})
	assert.Empty(t, query(t, database, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'"))
	_, err = somebody.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", lock.DefaultLockID)
	require.NoError(t, err)

	for _, p := range processes {
		p.isReady()
	}
	steps, err := postgres.Migrations(t.Context(), database)
	require.NoError(t, err)
	for _, s := range steps {
		assert.True(t, s.Applied, s.Name)
	}
	assert.Len(t, query(t, database, "SELECT version_id::text FROM goose_db_version WHERE version_id > 0"), len(steps), "each step is taken once")
	require.NoError(t, openStore(t, database).Ping(t.Context()))
}
