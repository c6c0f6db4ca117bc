package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// logEntry is what the log says of an event.
type logEntry struct {
	kind  catalogue.ChangeKind
	event *event.Event
	was   event.TimeRange
}

func logWrites(ctx context.Context, tx Tx, run catalogue.RunRef, writes []catalogue.Write) (catalogue.Version, error) {
	entries := make([]logEntry, len(writes))
	for i := range writes {
		w := &writes[i]
		entries[i] = logEntry{w.Kind, &w.Event, w.Was}
	}
	return appendChanges(ctx, tx, run, entries)
}

var changesTable = Table{Name: "changes", Columns: []string{"number", "tag", "kind", "provider", "run", "event_id", "state", "was_start", "was_end"}}

// appendChanges logs what a transaction did, and returns the head of the log afterwards. It has to be the last that
// a transaction does: the numbers come from one row, which in a database with many writers is locked from here
// until the commit.
func appendChanges(ctx context.Context, tx Tx, run catalogue.RunRef, entries []logEntry) (catalogue.Version, error) {
	if len(entries) == 0 {
		return head(ctx, tx)
	}
	rows := make([][]any, len(entries))
	var tag int64
	for i, e := range entries {
		tag = int64(rand.Uint64()) //nolint:gosec // it tells histories apart, it guards nothing; all 64 bits are kept
		rows[i] = []any{int64(0), tag, string(e.kind), run.Provider, int64(run.Number), e.event.ID[:], eventstate.Encode(*e.event), nil, nil}
		if e.was != event.During(e.event.Facts.Start, e.event.Facts.End) {
			rows[i][7], rows[i][8] = wasAt(e.was.From), wasAt(e.was.To)
		}
	}
	head, err := scanVersion(tx.QueryRow(ctx, "UPDATE change_head SET number = number + $1, tag = $2 RETURNING number, tag", len(rows), tag))
	if err != nil {
		return head, err
	}
	first := head.Number - int64(len(rows)) + 1
	for i := range rows {
		rows[i][0] = first + int64(i)
	}
	if err := tx.Insert(ctx, changesTable, rows); err != nil {
		return head, err
	}
	return head, tx.Announce(ctx)
}

func wasAt(b event.Bound) any {
	unix, known := b.Unix()
	return orNull(unix, known)
}

// Changes implements ports.ChangeReader.
func (s *Store) Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	var batch catalogue.ChangeBatch
	err := s.watch(ctx, "read changes", func(tx Tx) error {
		if err := sameHistory(ctx, tx, after); err != nil {
			return err
		}
		var err error
		if batch.Head, err = head(ctx, tx); err != nil {
			return err
		}
		batch.Changes, err = collect(ctx, tx, scanChange,
			"SELECT "+changeColumnList+" FROM changes WHERE number > $1 ORDER BY number LIMIT $2", after.Number, limit)
		return err
	})
	return batch, err
}

func sameHistory(ctx context.Context, tx Tx, after catalogue.Version) error {
	if after == (catalogue.Version{}) {
		return nil
	}
	found, err := scanVersion(tx.QueryRow(ctx, "SELECT number, tag FROM changes WHERE number = $1", after.Number))
	if errors.Is(err, sql.ErrNoRows) || err == nil && found != after {
		return fault.New(fault.Gone, "version %s belongs to another history of the catalogue; read from the start", after)
	}
	return err
}

func scanVersion(row Row) (catalogue.Version, error) {
	var number, tag int64
	err := row.Scan(&number, &tag)
	return catalogue.Version{Number: number, Tag: uint64(tag)}, err //nolint:gosec // all 64 bits are kept
}

// changeColumnList is what scanChange reads.
const changeColumnList = "number, tag, kind, run, state, was_start, was_end"

func scanChange(row Row) (catalogue.Change, error) {
	var (
		c                catalogue.Change
		tag              int64
		state            []byte
		wasStart, wasEnd *int64
	)
	if err := row.Scan(&c.Version.Number, &tag, &c.Kind, &c.Run, &state, &wasStart, &wasEnd); err != nil {
		return c, err
	}
	c.Version.Tag = uint64(tag) //nolint:gosec // all 64 bits are kept
	c.At = c.Run.Time()
	var err error
	if c.Event, err = eventstate.Decode(state); err != nil {
		return c, err
	}
	c.Was = event.During(c.Event.Facts.Start, c.Event.Facts.End)
	if wasStart != nil && wasEnd != nil {
		c.Was = event.During(event.MomentAt(*wasStart, 0), event.MomentAt(*wasEnd, 0))
	}
	return c, nil
}

// lookEvery is how often the head of the log is looked at by those who await it, in case that nobody tells them.
const lookEvery = 250 * time.Millisecond

// Await implements ports.ChangeReader.
func (s *Store) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		rung := s.db.Bell().rung() // before the look, so that no news falls in between
		var at catalogue.Version
		err := s.watch(ctx, "await changes", func(tx Tx) (err error) {
			at, err = head(ctx, tx)
			return err
		})
		if err != nil || at != after {
			return at, err
		}
		select {
		case <-ctx.Done():
			return at, &fault.Error{Kind: fault.Canceled, Message: "await changes", Cause: ctx.Err()}
		case <-rung:
		case <-look.C:
		}
	}
}
