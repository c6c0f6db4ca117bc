package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that database/sql finds by its name

	"github.com/marquee-events/marquee/core/fault"
)

// Options say where the store is and how it is used.
type Options struct {
	Path string // of the database file; its folder has to exist
	// Clock is the store's clock, which runs and leases go by.
	Clock func() time.Time
	// Readers is the most connections that read at once; 0 is 8.
	Readers int
	// Sole says that no other process has the database open for writing, so every lease in it belongs to one
	// that is gone, and is given back.
	Sole bool
	// ReadOnly opens a database that another process may be writing to, and changes nothing in it.
	ReadOnly bool
	// Beside opens a database that another process may be running on: its schema stays as it is.
	Beside bool
}

// Store is an event store in a file. It implements the ports Searcher, EventReader, ChangeReader, Ingester, Runs,
// FeedReader, RejectionReader, Parking and Leases, and those that people decide by: RunReader, Acceptance, Unparking
// and Reapplying.
type Store struct {
	write *sql.DB
	read  *sql.DB
	clock func() time.Time
}

// Ids are random, so a chunk touches pages all over the indexes: the writer gets a cache that holds most of them, and
// the log is brought into the file every 16 MiB, which writes a page once that many chunks have changed.
const (
	writing = "&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)"
	reading = "&_pragma=cache_size(-4096)"
)

const (
	defaultReaders = 8
	busyTimeout    = 5 * time.Second // for a lock of another process
)

// Open opens the database, makes it if it is not there, and brings its schema up to date. A schema that is
// newer than this program is an error. Read-only or beside another process, the schema has to be up to date already.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Readers == 0 {
		o.Readers = defaultReaders
	}
	s := &Store{clock: o.Clock}
	var err error
	if !o.ReadOnly {
		if s.write, err = connect(o.Path, 1, "_txlock=immediate"+writing); err != nil {
			return nil, err
		}
		if !o.Beside {
			if err := migrate(ctx, s.write); err != nil {
				_ = s.write.Close()
				return nil, err
			}
		}
		if o.Sole {
			if _, err := s.write.ExecContext(ctx, "UPDATE leases SET expires_at = 0"); err != nil {
				_ = s.write.Close()
				return nil, translate("give leases back", err)
			}
		}
	}
	if s.read, err = connect(o.Path, o.Readers, "mode=rw&_pragma=query_only(1)"+reading); err != nil {
		_ = s.Close()
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func connect(path string, connections int, options string) (*sql.DB, error) {
	// A path may hold characters that mean something in a URI.
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}
	uri.RawQuery = options + fmt.Sprintf("&_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()) +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)"
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "open database", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Ping reports whether the database answers and has a schema that this program can use.
func (s *Store) Ping(ctx context.Context) error {
	_, err := head(ctx, s.read)
	return translate("ping database", err)
}

// Close waits for what is running and closes the database.
func (s *Store) Close() error {
	var first error
	for _, db := range [...]*sql.DB{s.read, s.write} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = fault.Wrap(fault.Internal, "close database", err)
		}
	}
	return first
}

// update runs work in a writing transaction.
func (s *Store) update(ctx context.Context, attempted string, work func(tx *sql.Tx) error) error {
	if s.write == nil {
		return fault.New(fault.Conflict, "%s: the store is open for reading only", attempted)
	}
	return inTx(ctx, s.write, attempted, work)
}

// view runs work on one snapshot.
func (s *Store) view(ctx context.Context, attempted string, work func(tx *sql.Tx) error) error {
	return inTx(ctx, s.read, attempted, work)
}

func inTx(ctx context.Context, db *sql.DB, attempted string, work func(tx *sql.Tx) error) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return translate(attempted, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing; a panic must not keep the connection
	if err := work(tx); err != nil {
		return translate(attempted, err)
	}
	return translate(attempted, tx.Commit())
}

// querier is what a database and a transaction have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect runs a query and scans every row.
func collect[T any](ctx context.Context, q querier, scan func(row scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, rows.Err()
}

type scanner interface{ Scan(dest ...any) error }
