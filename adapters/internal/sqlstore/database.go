package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Database is an engine.
type Database interface {
	// Update runs work in a writing transaction and commits it. It runs it again, from the start of another
	// transaction, when it failed because of what another one did, ErrAgain included.
	Update(ctx context.Context, work func(Tx) error) error
	// View runs work on one snapshot.
	View(ctx context.Context, work func(Tx) error) error
	// Watch is View for those who follow the store all the time. They have connections of their own, so that searches
	// do not keep them from it.
	Watch(ctx context.Context, work func(Tx) error) error
	// Snapshot is View for those who read the whole catalogue, for SnapshotTimeout at most. They have connections of their
	// own, so that nobody who searches waits for one that they hold.
	Snapshot(ctx context.Context, work func(Tx) error) error
	// Bell is rung after a commit of what was announced, and when another process is heard of.
	Bell() *Bell
	// Flavor is how the engine's SQL is built.
	Flavor() sqlbuilder.Flavor
	// Kind is that of an error of the engine's.
	Kind(err error) fault.Kind
}

// ErrAgain says that what a transaction had read is not true any more.
var ErrAgain = errors.New("the transaction has to start again")

// Tx is a transaction.
type Tx interface {
	Exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	// QueryRow returns a row whose Scan fails with sql.ErrNoRows where there is none.
	QueryRow(ctx context.Context, query string, args ...any) Row

	// Insert adds rows that are not there.
	Insert(ctx context.Context, t Table, rows [][]any) error
	// Rewrite changes rows that are there, which the first column tells.
	Rewrite(ctx context.Context, t Table, rows [][]any) error
	// EachGroup calls work for the ids, in groups that one statement can take: in is the condition behind a
	// column, such as "IN ($3, $4)", and args are its parameters, of which the first is numbered after bound others.
	EachGroup(ids []event.ID, bound int, work func(in string, args []any) error) error

	// Lock keeps others that write for the provider away until the transaction ends: all of them, or those that want
	// to be alone. It reports whether others may have written before it was had.
	Lock(ctx context.Context, provider string, alone bool) (passed bool, err error)
	// PassOver is what a SELECT ends with to lock its rows and leave out those that others have locked; empty where nobody
	// else can have any.
	PassOver() string
	// Now is the store's clock.
	Now(ctx context.Context) (time.Time, error)
	// Announce has the bell rung, here and in other processes, once the transaction is committed.
	Announce(ctx context.Context) error
}

// Row is a result of one row.
type Row interface{ Scan(dest ...any) error }

// Rows are a result.
type Rows interface {
	Row
	Next() bool
	Err() error
	Close()
}

// Table names what bulk statements write.
type Table struct {
	Name    string
	Columns []string
}

// collect runs a query and scans every row.
func collect[T any](ctx context.Context, tx Tx, scan func(row Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
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
