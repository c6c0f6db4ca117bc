//go:build linux

package readmodel

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// stocked is a store that has the programme, and a folder for who searches it.
type stocked struct {
	programme
	name    string
	folder  wiring.DataDir
	environ []string
	// commit makes a commit of the programme, and returns when that was done. It is nil where only the searching process can.
	commit  func(ctx context.Context, commit int) (time.Time, error)
	filling time.Duration // how long it took to put the programme into the store
}

func (s *stocked) start(t *testing.T, more ...string) *process {
	t.Helper()
	return start(t, s.programme, append(append([]string{"MARQUEE_DATA_DIR=" + string(s.folder)}, s.environ...), more...)...)
}

// committer makes commits in the store that a process searches.
func (s *stocked) committer(p *process) func(context.Context, int) (time.Time, error) {
	if s.commit == nil {
		return p.commit
	}
	return s.commit
}

func inPostgres(t *testing.T, p programme) *stocked {
	t.Helper()
	began := time.Now()
	address := server.Database(t, server.SharedPostgres(t), "")
	store, err := postgres.Open(t.Context(), postgres.Options{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, p.fill(t.Context(), store, 3))
	// What the database would do some time later, at the expense of what is measured then.
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	return &stocked{
		programme: p, name: "PostgreSQL", folder: wiring.DataDir(t.TempDir()), environ: []string{"MARQUEE_DATABASE_URL=" + address}, filling: time.Since(began),
		commit: func(ctx context.Context, commit int) (time.Time, error) {
			err := p.commit(ctx, store, commit)
			return time.Now(), err
		},
	}
}

func inSQLite(t *testing.T, p programme) *stocked {
	t.Helper()
	began := time.Now()
	folder := wiring.DataDir(t.TempDir())
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: folder.Database(), Clock: time.Now, Sole: true})
	require.NoError(t, err)
	filled := p.fill(t.Context(), store, 1)
	require.NoError(t, store.Close())
	require.NoError(t, filled)
	return &stocked{programme: p, name: "SQLite", folder: folder, filling: time.Since(began)}
}
