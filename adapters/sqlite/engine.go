package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// engine runs the transactions of a store.
type engine struct {
	write *sql.DB // nil where the store is open for reading only
	read  *sql.DB
	whole *sql.DB // for snapshots
	clock func() time.Time
	bell  sqlstore.Bell
}

// Update implements sqlstore.Database. There is one writer at a time, so nothing has to be done again.
func (e *engine) Update(ctx context.Context, work func(sqlstore.Tx) error) error {
	if e.write == nil {
		return fault.New(fault.Conflict, "the store is open for reading only")
	}
	news, err := e.run(ctx, e.write, work)
	if err == nil && news {
		e.bell.Ring()
	}
	return err
}

// View implements sqlstore.Database.
func (e *engine) View(ctx context.Context, work func(sqlstore.Tx) error) error {
	_, err := e.run(ctx, e.read, work)
	return err
}

func (e *engine) run(ctx context.Context, db *sql.DB, work func(sqlstore.Tx) error) (news bool, err error) {
	begun, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = begun.Rollback() }() // after a commit it does nothing; a panic must not keep the connection
	t := &tx{Tx: begun, clock: e.clock}
	if err := work(t); err != nil {
		return false, err
	}
	err = begun.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil { // it was rolled back because ctx ended
		err = ctx.Err()
	}
	return t.news, err
}

// Watch implements sqlstore.Database. A read takes its connection for so short a time that nobody is kept from one.
func (e *engine) Watch(ctx context.Context, work func(sqlstore.Tx) error) error {
	return e.View(ctx, work)
}

// Snapshot implements sqlstore.Database.
//
// As long as one is held, the write-ahead log is brought into the file up to that point only, and cannot begin anew: it grows
// by all that is written meanwhile, and keeps that size. Nobody waits for it.
func (e *engine) Snapshot(ctx context.Context, work func(sqlstore.Tx) error) error {
	_, err := e.run(ctx, e.whole, work)
	return err
}

// Bell implements sqlstore.Database.
func (e *engine) Bell() *sqlstore.Bell { return &e.bell }

// Flavor implements sqlstore.Database.
func (e *engine) Flavor() sqlbuilder.Flavor { return sqlbuilder.SQLite }

// Kind implements sqlstore.Database.
func (e *engine) Kind(err error) fault.Kind { return kindOf(err) }

// tx is a transaction as the store's rules know it.
type tx struct {
	*sql.Tx
	clock func() time.Time
	news  bool
}

func (t *tx) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	result, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *tx) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	found, err := t.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever asked looks
	return rows{found}, err
}

func (t *tx) QueryRow(ctx context.Context, query string, args ...any) sqlstore.Row {
	return t.QueryRowContext(ctx, query, args...)
}

type rows struct{ *sql.Rows }

func (r rows) Close() { _ = r.Rows.Close() } // Err has the same answer

func (t *tx) Insert(ctx context.Context, table sqlstore.Table, rows [][]any) error {
	return t.each(ctx, "INSERT INTO "+table.Name+" ("+strings.Join(table.Columns, ", ")+") VALUES ("+placeholders(1, len(table.Columns))+")", rows)
}

func (t *tx) Rewrite(ctx context.Context, table sqlstore.Table, rows [][]any) error {
	var set []string
	for i, column := range table.Columns[1:] {
		set = append(set, column+" = $"+strconv.Itoa(i+2))
	}
	return t.each(ctx, "UPDATE "+table.Name+" SET "+strings.Join(set, ", ")+" WHERE "+table.Columns[0]+" = $1", rows)
}

// each runs a statement for each row.
func (t *tx) each(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	statement, err := t.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = statement.Close() }()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

// maxVariables bounds the ids of one statement, below what SQLite takes by default.
const maxVariables = 500

func (t *tx) EachGroup(ids []event.ID, bound int, work func(in string, args []any) error) error {
	for len(ids) > 0 {
		n := min(len(ids), maxVariables)
		args := make([]any, n)
		for i := range n {
			args[i] = ids[i][:]
		}
		if err := work("IN ("+placeholders(bound+1, n)+")", args); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// placeholders are n of them, numbered from first.
func placeholders(first, n int) string {
	b := make([]byte, 0, 6*n)
	for i := range n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}
	return string(b)
}

// Lock has nothing to do: a writing transaction is alone from its beginning.
func (t *tx) Lock(context.Context, string, bool) (passed bool, err error) { return false, nil }

// PassOver has nothing to say: nobody else has anything locked.
func (t *tx) PassOver() string { return "" }

func (t *tx) Now(context.Context) (time.Time, error) { return t.clock(), nil }

func (t *tx) Announce(context.Context) error {
	t.news = true
	return nil
}
