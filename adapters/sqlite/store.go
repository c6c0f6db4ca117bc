package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that database/sql finds by its name

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
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

// Store is an event store in a file. It implements all ports of a store; see sqlstore.Store.
type Store struct {
	*sqlstore.Store
	engine *engine
}

// Ids are random, so a chunk touches pages all over the indexes: the writer gets a cache that holds most of them, and
// the log is brought into the file every 16 MiB, which writes a page once that many chunks have changed.
const (
	writing = "&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)"
	reading = "&_pragma=cache_size(-4096)"
)

const (
	defaultReaders = 8
	snapshots      = 2               // whoever loads the catalogue, and whoever compares it
	busyTimeout    = 5 * time.Second // for a lock of another process
)

// Open opens the database, makes it if it is not there, and brings its schema up to date. A schema that is
// newer than this program is an error. Read-only or beside another process, the schema has to be up to date already.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Readers == 0 {
		o.Readers = defaultReaders
	}
	e := &engine{clock: o.Clock}
	s := &Store{Store: sqlstore.New(e), engine: e}
	if err := s.open(ctx, o); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) (err error) {
	e := s.engine
	if !o.ReadOnly {
		if e.write, err = connect(o.Path, 1, "_txlock=immediate"+writing); err != nil {
			return err
		}
		if !o.Beside {
			if err := migrate(ctx, e.write); err != nil {
				return err
			}
		}
		if o.Sole {
			if _, err := e.write.ExecContext(ctx, "UPDATE leases SET expires_at = 0"); err != nil {
				return translate("give leases back", err)
			}
		}
	}
	if e.read, err = connect(o.Path, o.Readers, "mode=rw&_pragma=query_only(1)"+reading); err != nil {
		return err
	}
	if e.whole, err = connect(o.Path, snapshots, "mode=rw&_pragma=query_only(1)"+reading); err != nil {
		return err
	}
	return s.Ping(ctx)
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

// Close waits for what is running and closes the database.
func (s *Store) Close() error {
	var first error
	for _, db := range [...]*sql.DB{s.engine.whole, s.engine.read, s.engine.write} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = fault.Wrap(fault.Internal, "close database", err)
		}
	}
	return first
}
