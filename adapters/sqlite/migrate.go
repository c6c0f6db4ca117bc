package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

//go:embed migrations/*.sql
var embedded embed.FS

func migrations(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

func migrate(ctx context.Context, db *sql.DB) error {
	m, err := migrations(db)
	if err != nil {
		return fault.Wrap(fault.Internal, "read migrations", err)
	}
	at, known, err := m.GetVersions(ctx)
	if err != nil {
		return translate("read the schema's version", err)
	}
	if at > known {
		return fault.New(fault.Conflict, "the database has schema %d, this program knows %d; use a newer program", at, known)
	}
	if _, err := m.Up(ctx); err != nil {
		return translate("migrate database", err)
	}
	return nil
}

// Migration is a step of the schema.
type Migration = sqlstore.Migration

// Migrations tells which steps the database at path has taken. A database that is not there has taken none.
func Migrations(ctx context.Context, path string) (list []Migration, err error) {
	db, err := openToLook(ctx, path)
	if err != nil {
		return nil, translate("open database", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := migrations(db)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "read migrations", err)
	}
	steps, err := m.Status(ctx)
	if err != nil {
		return nil, translate("read the schema's version", err)
	}
	for _, s := range steps {
		list = append(list, Migration{Version: s.Source.Version, Name: s.Source.Path, Applied: s.State == goose.StateApplied})
	}
	return list, nil
}

// openToLook opens a database without changing it. One that was never migrated is stood in for by an empty one in
// memory, because whoever asks goose how a database stands has goose's own table made in it.
func openToLook(ctx context.Context, path string) (*sql.DB, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		db, err := connect(path, 1, "mode=rw&_pragma=query_only(1)")
		if err != nil {
			return nil, err
		}
		var migrated bool
		err = db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'goose_db_version'").Scan(&migrated)
		if migrated || err != nil {
			return db, err
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err == nil {
		db.SetMaxOpenConns(1) // each connection would be a database of its own
	}
	return db, err
}
