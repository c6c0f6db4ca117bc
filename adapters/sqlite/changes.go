package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"

	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

type logEntry struct {
	kind  catalogue.ChangeKind
	event event.Event
}

// appendChanges logs what a transaction did. It has to be its last statement that matters: the numbers come from
// one row, which in a database with many writers is locked from here until the commit.
func appendChanges(ctx context.Context, tx *sql.Tx, run catalogue.RunRef, entries []logEntry) error {
	if len(entries) == 0 {
		return nil
	}
	last, err := head(ctx, tx)
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO changes (number, tag, kind, provider, run, event_id, state) VALUES (?, ?, ?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	for _, e := range entries {
		last = catalogue.Version{Number: last.Number + 1, Tag: rand.Uint64()} //nolint:gosec // it tells histories apart, it guards nothing
		state, err := eventstate.Encode(e.event)
		if err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, last.Number, int64(last.Tag), e.kind, run.Provider, run.Number, e.event.ID[:], state); err != nil { //nolint:gosec // all 64 bits are kept
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE change_head SET number = ?, tag = ?", last.Number, int64(last.Tag)) //nolint:gosec // as above
	return err
}

func head(ctx context.Context, q querier) (catalogue.Version, error) {
	var v catalogue.Version
	var tag int64
	err := q.QueryRowContext(ctx, "SELECT number, tag FROM change_head").Scan(&v.Number, &tag)
	v.Tag = uint64(tag) //nolint:gosec // all 64 bits are kept
	return v, err
}

// Changes implements ports.ChangeReader.
func (s *Store) Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	var batch catalogue.ChangeBatch
	err := s.view(ctx, "read changes", func(tx *sql.Tx) error {
		if err := sameHistory(ctx, tx, after); err != nil {
			return err
		}
		var err error
		if batch.Head, err = head(ctx, tx); err != nil {
			return err
		}
		batch.Changes, err = collect(ctx, tx, scanChange,
			"SELECT number, tag, kind, run, state FROM changes WHERE number > ? ORDER BY number LIMIT ?", after.Number, limit)
		return err
	})
	return batch, err
}

func sameHistory(ctx context.Context, tx *sql.Tx, after catalogue.Version) error {
	if after == (catalogue.Version{}) {
		return nil
	}
	var tag int64
	err := tx.QueryRowContext(ctx, "SELECT tag FROM changes WHERE number = ?", after.Number).Scan(&tag)
	if errors.Is(err, sql.ErrNoRows) || err == nil && uint64(tag) != after.Tag { //nolint:gosec // all 64 bits are kept
		return fault.New(fault.Gone, "version %s belongs to another history of the catalogue; read from the start", after)
	}
	return err
}

func scanChange(row scanner) (catalogue.Change, error) {
	var (
		c     catalogue.Change
		tag   int64
		state []byte
	)
	if err := row.Scan(&c.Version.Number, &tag, &c.Kind, &c.Run, &state); err != nil {
		return c, err
	}
	c.Version.Tag = uint64(tag) //nolint:gosec // all 64 bits are kept
	c.At = c.Run.Time()
	var err error
	c.Event, err = eventstate.Decode(state)
	return c, err
}
