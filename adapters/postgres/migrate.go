package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

//go:embed migrations/*.sql
var embedded embed.FS

// lockAttempts times lockEvery is how long a process waits for another one that migrates. A big index takes a while.
const (
	lockEvery    = time.Second
	lockAttempts = 1800
)

func migrations(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	// It tries the lock again and again and never waits inside of the database, where building an index
	// concurrently would wait for it in turn.
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(uint64(lockEvery/time.Second), lockAttempts))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(one))
}

// connect is a connection for migrations, which may take their time, whatever the URL or the role says.
func connect(url string) (*sql.DB, error) {
	parsed, err := parse(url)
	if err != nil {
		return nil, err
	}
	c := parsed.ConnConfig
	c.ConnectTimeout = connectTimeout
	maps.Copy(c.RuntimeParams, map[string]string{
		"application_name": "marquee migrate", "statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
	})
	return stdlib.OpenDB(*c), nil
}

// Migrate brings the schema up to date, whoever else is about to. It only reads where there is nothing to do, so
// a role without further rights will do. It fails like Open.
func Migrate(ctx context.Context, url string, log *slog.Logger) (err error) {
	db, err := connect(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := migrations(db)
	if err != nil {
		return fault.Wrap(fault.Internal, "read migrations", err)
	}
	at, err := schema(ctx, db)
	if err != nil {
		return translate("read the schema's version", err)
	}
	known := latest(m)
	if at >= known {
		return bearable(ctx, db, known)
	}
	log.InfoContext(ctx, "the schema is brought up to date, or another process is waited for that does it", "from", at, "to", known)
	_, err = m.Up(ctx)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "42501" {
		return &fault.Error{Kind: fault.Conflict, Cause: err, Message: "the schema is not up to date, and this role may not change it; run `marquee migrate up` as the schema's owner"}
	}
	return translate("migrate database", err)
}

func latest(m *goose.Provider) int64 {
	var version int64
	for _, s := range m.ListSources() {
		version = max(version, s.Version)
	}
	return version
}

// schema is the version that the database has, 0 for an empty one. Asking goose would have its table made.
func schema(ctx context.Context, db *sql.DB) (version int64, err error) {
	var made bool
	if err := db.QueryRowContext(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL").Scan(&made); err != nil || !made {
		return 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}

// usable reports whether the database has a schema that this program can work on.
func usable(ctx context.Context, url string, _ *slog.Logger) (err error) {
	db, err := connect(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	at, err := schema(ctx, db)
	if err != nil {
		return translate("read the schema's version", err)
	}
	if at == 0 {
		return fault.New(fault.Conflict, "there is no catalogue in it yet; start the service, or run `marquee migrate up`")
	}
	m, err := migrations(db)
	if err != nil {
		return fault.Wrap(fault.Internal, "read migrations", err)
	}
	return bearable(ctx, db, latest(m))
}

// bearable reports whether a program that knows the schema up to a version can work on what is there.
func bearable(ctx context.Context, db *sql.DB, known int64) error {
	var oldest int64
	if err := db.QueryRowContext(ctx, "SELECT oldest FROM schema_floor").Scan(&oldest); err != nil {
		return translate("read the schema's floor", err)
	}
	if known < oldest {
		return fault.New(fault.Conflict, "the database needs a program that knows schema %d, this one knows %d; use a newer program", oldest, known)
	}
	return nil
}

// Migration is a step of the schema.
type Migration = sqlstore.Migration

// Migrations tells which steps the database has taken, and changes nothing.
func Migrations(ctx context.Context, url string) (list []Migration, err error) {
	db, err := connect(url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	m, err := migrations(db)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "read migrations", err)
	}
	at, err := schema(ctx, db)
	if err != nil {
		return nil, translate("read the schema's version", err)
	}
	for _, s := range m.ListSources() {
		list = append(list, Migration{Version: s.Version, Name: s.Path, Applied: s.Version <= at})
	}
	return list, nil
}
