package postgres

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/huandu/go-sqlbuilder"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/fault"
)

// engine runs the transactions of a store.
type engine struct {
	write *pgxpool.Pool // nil where the store is open for reading only
	read  *pgxpool.Pool
	watch *pgxpool.Pool
	whole *pgxpool.Pool    // for snapshots
	clock func() time.Time // nil for the database's
	log   *slog.Logger
	bell  sqlstore.Bell

	rewriting sync.Map // the statement for each table, by its name
}

const (
	// acquireWait is how long a transaction may wait for a connection. While all are in use, more waiting would
	// only make everybody late.
	acquireWait = 2 * time.Second
	// These are for where nobody answers, not even that the connection is gone, and the caller would wait for ever. A
	// conclusion may change hundreds of thousands of events.
	updateTimeout = 10 * time.Minute
	viewTimeout   = 20 * time.Second
	watchTimeout  = 5 * time.Second
	// attempts is how often a transaction is tried that others got in the way of.
	attempts = 5
)

// Update implements sqlstore.Database.
func (e *engine) Update(ctx context.Context, work func(sqlstore.Tx) error) error {
	if e.write == nil {
		return fault.New(fault.Conflict, "the store is open for reading only")
	}
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		news, err := e.run(ctx, e.write, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, work)
		if err == nil && news {
			e.bell.Ring()
		}
		if !gotInTheWay(err) || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(attempt) * 20 * time.Millisecond)): //nolint:gosec // nothing is guessed from it
		}
	}
}

// View implements sqlstore.Database.
func (e *engine) View(ctx context.Context, work func(sqlstore.Tx) error) error {
	return e.look(ctx, e.read, viewTimeout, work)
}

// Watch implements sqlstore.Database.
func (e *engine) Watch(ctx context.Context, work func(sqlstore.Tx) error) error {
	return e.look(ctx, e.watch, watchTimeout, work)
}

// Snapshot implements sqlstore.Database.
//
// As long as one is held, no version of a row is cleaned up that was replaced meanwhile, in the whole database. For the
// minute that it takes this makes tables grow by what is written, and readers of the few rows that every transaction changes
// (the head of the log, a provider) step over more and more versions. Vacuum mends both afterwards, and nobody is locked out.
// A replica may end it in favour of what it has to replay, which is fault.Unavailable.
func (e *engine) Snapshot(ctx context.Context, work func(sqlstore.Tx) error) error {
	return e.look(ctx, e.whole, sqlstore.SnapshotTimeout, func(t sqlstore.Tx) error {
		// It is one statement. What the URL, the role or a pooler allows to one is meant for searches.
		if _, err := t.Exec(ctx, "SET LOCAL statement_timeout = "+strconv.FormatInt(sqlstore.SnapshotTimeout.Milliseconds(), 10)); err != nil {
			return err
		}
		return work(t)
	})
}

func (e *engine) look(ctx context.Context, p *pgxpool.Pool, timeout time.Duration, work func(sqlstore.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := e.run(ctx, p, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, work)
	return err
}

func (e *engine) run(ctx context.Context, p *pgxpool.Pool, o pgx.TxOptions, work func(sqlstore.Tx) error) (news bool, err error) {
	begun, release, err := begin(ctx, p, o)
	if err != nil {
		return false, err
	}
	defer release()
	t := &tx{Tx: begun, engine: e}
	done := false
	defer func() {
		if !done { // a panic must not keep the transaction either
			rollback(ctx, begun)
		}
	}()
	if err := work(t); err != nil {
		return false, err
	}
	done = true
	return t.news, begun.Commit(ctx)
}

// begin begins a transaction on a connection of the pool. One that turns out to be dead, because the server was restarted
// since it was used, is not the last word: there may be another, or a new one.
func begin(ctx context.Context, p *pgxpool.Pool, o pgx.TxOptions) (t pgx.Tx, release func(), err error) {
	for dead := int32(0); ; dead++ {
		conn, err := acquire(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		t, err = conn.BeginTx(ctx, o)
		if err == nil {
			return t, conn.Release, nil
		}
		closed := conn.Conn().IsClosed()
		conn.Release()
		if !closed || ctx.Err() != nil || dead > p.Stat().MaxConns() {
			return nil, nil, err
		}
	}
}

func acquire(ctx context.Context, p *pgxpool.Pool) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, acquireWait)
	defer cancel()
	conn, err := p.Acquire(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		if s := p.Stat(); s.AcquiredConns() == s.MaxConns() {
			return nil, &fault.Error{Kind: fault.Unavailable, Message: "all connections to the database are in use", RetryAfter: time.Second, Cause: err}
		}
	}
	return conn, err
}

// rollback also works for somebody who is gone. What it cannot reach, the server rolls back.
func rollback(ctx context.Context, t pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acquireWait)
	defer cancel()
	_ = t.Rollback(ctx)
}

// gotInTheWay reports whether another transaction is the reason, and this one may succeed when it starts again. A key
// that is there twice is one that another delivery of the same chunk has just written.
func gotInTheWay(err error) bool {
	if errors.Is(err, sqlstore.ErrAgain) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01" || e.Code == "23505")
}

// Bell implements sqlstore.Database.
func (e *engine) Bell() *sqlstore.Bell { return &e.bell }

// Flavor implements sqlstore.Database.
func (e *engine) Flavor() sqlbuilder.Flavor { return sqlbuilder.PostgreSQL }

// Kind implements sqlstore.Database.
func (e *engine) Kind(err error) fault.Kind { return kindOf(err) }
