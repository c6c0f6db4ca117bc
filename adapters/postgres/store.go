package postgres

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

// Options say where the store is and how it is used.
type Options struct {
	// URL is postgres://user:password@host:port/database?… or a keyword/value string, as libpq reads them.
	URL string
	// Clock is the store's clock, which runs and leases go by; the database's own unless set.
	Clock func() time.Time
	// Readers and Writers are the most connections that read and write at once; 0 is 8 and 4.
	Readers, Writers int
	// ReadOnly opens a store that can write nothing, but for a schema that is not up to date.
	ReadOnly bool
	// Beside leaves the schema as it is, also where it is not up to date; there has to be one.
	Beside bool
	// Listen keeps a connection that hears of other processes' changes at once.
	Listen bool
	// Later has Open return also where the database is away, for a process that can do something without it. Until it is there
	// and its schema is up to date, every call is fault.Unavailable; it is tried again every second until it is, or until
	// it turns out that this program cannot work on it.
	Later bool
	// OnOpened is told once how that ended, unless Open has told it or the store was closed before: nil, or the error that Open
	// would have returned, which nothing will change. It must return soon and not close the store. It may be nil.
	OnOpened func(error)
	// Tracer watches statements; it may be nil.
	Tracer pgx.QueryTracer
	// Logger is told of connections that are lost; slog.Default unless set.
	Logger *slog.Logger
}

// Store is an event store in a PostgreSQL database. It implements all ports of a store; see sqlstore.Store.
type Store struct {
	*sqlstore.Store
	engine *engine
	gate   *gate
	stop   context.CancelFunc
	owned  sync.WaitGroup
}

const (
	defaultReaders = 8
	defaultWriters = 4
	watchers       = 2 // the follower of the log, and who asks whether the database is there
	snapshots      = 2 // whoever loads the catalogue, and whoever compares it
)

// How long a statement may take on the server, whatever becomes of who asked for it, and how long it may wait for
// a lock. Somebody who only searches is gone after ten seconds. A process that hangs within a transaction keeps the
// others of its provider waiting, for as long as it may be idle.
var (
	readSettings = map[string]string{
		"application_name": "marquee", "statement_timeout": "15s", "idle_in_transaction_session_timeout": "60s",
		"jit": "off", // compiling a search takes longer than the search
	}
	writeSettings = map[string]string{
		"application_name": "marquee", "statement_timeout": "60s", "lock_timeout": "20s", "idle_in_transaction_session_timeout": "20s",
		"jit": "off",
	}
)

// Open connects to the database and brings its schema up to date, where the role may; any number of processes may do
// so at once. A database that is away is fault.Unavailable, but see Options.Later. A schema that this program cannot work on, or
// may not bring up to date, is fault.Conflict.
func Open(ctx context.Context, o Options) (*Store, error) {
	life, stop := context.WithCancel(context.Background())
	e := &engine{clock: o.Clock, log: cmp.Or(o.Logger, slog.Default())}
	g := &gate{engine: e}
	s := &Store{Store: sqlstore.New(g), engine: e, gate: g, stop: stop}
	if err := s.open(ctx, life, o); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx, life context.Context, o Options) error {
	if err := s.makePools(life, o); err != nil {
		return err
	}
	if o.Later {
		return s.openOrLeave(ctx, life, o)
	}
	if err := s.prepare(ctx, o); err != nil {
		return err
	}
	if o.Listen {
		s.owned.Go(func() { s.engine.listen(life, o.URL) })
	}
	return nil
}

// makePools connects to nothing yet.
func (s *Store) makePools(life context.Context, o Options) (err error) {
	if s.engine.read, err = pool(life, o, cmp.Or(o.Readers, defaultReaders), readSettings); err != nil {
		return err
	}
	if s.engine.watch, err = pool(life, o, watchers, readSettings); err != nil {
		return err
	}
	if s.engine.whole, err = pool(life, o, snapshots, readSettings); err != nil {
		return err
	}
	if !o.ReadOnly {
		s.engine.write, err = pool(life, o, cmp.Or(o.Writers, defaultWriters), writeSettings)
	}
	return err
}

// prepare has the database ready for use.
func (s *Store) prepare(ctx context.Context, o Options) error {
	schema := Migrate
	if o.Beside {
		schema = usable
	}
	if err := schema(ctx, o.URL, s.engine.log); err != nil {
		return err
	}
	return sqlstore.New(s.engine).Ping(ctx) // past the gate
}

// Connections are given up after a while, so that a failover or a change of addresses is followed.
const (
	connectTimeout = 5 * time.Second
	connectionLife = 30 * time.Minute
	connectionIdle = 5 * time.Minute
)

func pool(ctx context.Context, o Options, connections int, settings map[string]string) (*pgxpool.Pool, error) {
	c, err := parse(o.URL)
	if err != nil {
		return nil, err
	}
	c.MaxConns = int32(connections) //nolint:gosec // a configured number of connections
	c.MaxConnLifetime, c.MaxConnLifetimeJitter, c.MaxConnIdleTime = connectionLife, connectionLife/10, connectionIdle
	c.ConnConfig.ConnectTimeout = connectTimeout
	c.ConnConfig.Tracer = o.Tracer
	for name, value := range settings {
		if _, given := c.ConnConfig.RuntimeParams[name]; !given {
			c.ConnConfig.RuntimeParams[name] = value
		}
	}
	p, err := pgxpool.NewWithConfig(ctx, c)
	return p, translate("open pool", err)
}

// parse reads a URL, with what pools are told in it or without. What is wrong is told without showing it.
func parse(raw string) (*pgxpool.Config, error) {
	c, err := pgxpool.ParseConfig(raw)
	if err == nil {
		return c, nil
	}
	why := err
	if e, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		why = e.Unwrap()
	}
	if e, ok := errors.AsType[*url.Error](err); ok { // its text has the password
		why = e.Err
	}
	if why == nil {
		why = errors.New("its options are no numbers or durations")
	}
	return nil, fault.New(fault.Invalid, "the database's URL cannot be read (%s); one looks like postgres://marquee:password@localhost:5432/marquee", why)
}

// Close waits for what is running and closes the connections.
func (s *Store) Close() error {
	s.stop()
	s.owned.Wait()
	for _, p := range [...]*pgxpool.Pool{s.engine.whole, s.engine.watch, s.engine.read, s.engine.write} {
		if p != nil {
			p.Close()
		}
	}
	return nil
}
