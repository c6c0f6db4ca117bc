package postgres

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// tx is a transaction as the store's rules know it.
type tx struct {
	pgx.Tx
	engine *engine
	now    time.Time // once it was told
	news   bool
}

func (t *tx) Exec(ctx context.Context, query string, args ...any) (affected int64, err error) {
	tag, err := t.Tx.Exec(ctx, query, storable(args)...)
	return tag.RowsAffected(), err
}

func (t *tx) Query(ctx context.Context, query string, args ...any) (sqlstore.Rows, error) {
	return t.Tx.Query(ctx, query, storable(args)...) //nolint:sqlclosecheck // whoever asked closes it
}

func (t *tx) QueryRow(ctx context.Context, query string, args ...any) sqlstore.Row {
	return t.Tx.QueryRow(ctx, query, storable(args)...)
}

// storable replaces what PostgreSQL takes in no text: a zero byte, and bytes that are no UTF-8.
func storable(args []any) []any {
	for i, arg := range args {
		s, ok := arg.(string)
		if !ok {
			switch arg.(type) {
			case nil, []byte, int64, int32, int, bool:
				continue
			}
			v := reflect.ValueOf(arg)
			if v.Kind() == reflect.Pointer && !v.IsNil() {
				v = v.Elem()
			}
			if v.Kind() != reflect.String {
				continue
			}
			s = v.String()
		}
		if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return args
}

// Insert copies the rows. Nobody else adds the same ones meanwhile, see sqlstore.Tx; should it happen, the key says so.
func (t *tx) Insert(ctx context.Context, table sqlstore.Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		storable(row)
	}
	_, err := t.CopyFrom(ctx, pgx.Identifier{table.Name}, table.Columns, pgx.CopyFromRows(rows))
	return err
}

// Rewrite changes all rows with one statement, which takes an array for each column.
func (t *tx) Rewrite(ctx context.Context, table sqlstore.Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	query, err := t.rewriting(ctx, table)
	if err != nil {
		return err
	}
	columns := make([]any, len(table.Columns))
	for i := range columns {
		column := make(pgtype.FlatArray[any], len(rows))
		for j, row := range rows {
			column[j] = storable(row)[i]
		}
		columns[i] = column
	}
	_, err = t.Tx.Exec(ctx, query, columns...)
	return err
}

// rewriting is the statement for a table, which has to name the types of its columns.
func (t *tx) rewriting(ctx context.Context, table sqlstore.Table) (string, error) {
	if query, known := t.engine.rewriting.Load(table.Name); known {
		return query.(string), nil //nolint:forcetypeassert,errcheck // stored below
	}
	names := strings.Join(table.Columns, ", ")
	described, err := t.Conn().PgConn().Prepare(ctx, "", "SELECT "+names+" FROM "+table.Name, nil) // without a name, so that a pooler bears it
	if err != nil {
		return "", err
	}
	var set, arrays []string
	for i, column := range table.Columns {
		kind, known := t.Conn().TypeMap().TypeForOID(described.Fields[i].DataTypeOID)
		if !known {
			return "", fault.New(fault.Internal, "column %s of %s has a type that nobody knows", column, table.Name)
		}
		set = append(set, column+" = new."+column)
		arrays = append(arrays, "$"+strconv.Itoa(i+1)+"::"+kind.Name+"[]")
	}
	query := "UPDATE " + table.Name + " SET " + strings.Join(set[1:], ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS new (" + names + ") WHERE " + table.Name + "." + set[0]
	t.engine.rewriting.Store(table.Name, query)
	return query, nil
}

// maxGroup bounds what one statement reads or changes, and so what of it is in memory.
const maxGroup = 5000

// EachGroup takes the ids of a group in one array.
func (t *tx) EachGroup(ids []event.ID, bound int, work func(in string, args []any) error) error {
	for group := range slices.Chunk(ids, maxGroup) {
		array := make([][]byte, len(group))
		for i := range group {
			array[i] = group[i][:]
		}
		if err := work("= ANY ($"+strconv.Itoa(bound+1)+")", []any{array}); err != nil {
			return err
		}
	}
	return nil
}

// lockSpace keeps the store's advisory locks apart from those of others in the same database.
const lockSpace = 0x4d517565

// Lock is an advisory lock: it is not stored, costs no write and queues fairly. Two providers whose hashes are the
// same wait for each other without need. It brings along what time it was once the lock was had, for which nearly
// everybody would ask next.
func (t *tx) Lock(ctx context.Context, provider string, alone bool) (passed bool, err error) {
	query := "SELECT clock_timestamp() FROM (SELECT pg_advisory_xact_lock_shared($1, hashtext($2)) OFFSET 0) AS locked"
	if alone {
		query = "SELECT clock_timestamp() FROM (SELECT pg_advisory_xact_lock($1, hashtext($2)) OFFSET 0) AS locked"
	}
	var now time.Time
	err = t.QueryRow(ctx, query, lockSpace, provider).Scan(&now)
	if t.now.IsZero() { // a transaction has one
		t.now = now
	}
	return true, err
}

// PassOver has a statement lock its rows and leave out those that others have locked.
func (t *tx) PassOver() string { return " FOR UPDATE SKIP LOCKED" }

func (t *tx) Now(ctx context.Context) (time.Time, error) {
	if t.engine.clock != nil {
		return t.engine.clock(), nil
	}
	var err error
	if t.now.IsZero() {
		err = t.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&t.now)
	}
	return t.now, err
}

// channel is what those who follow the change log listen to.
const channel = "marquee_changes"

func (t *tx) Announce(ctx context.Context) error {
	t.news = true
	_, err := t.Exec(ctx, "SELECT pg_notify('"+channel+"', '')")
	return err
}
