package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Conclude implements ports.Ingester.
func (s *Store) Conclude(ctx context.Context, r catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (catalogue.Conclusion, error) {
	var out catalogue.Conclusion
	err := s.update(ctx, "conclude run", func(tx Tx) error {
		out = catalogue.Conclusion{}
		if _, err := tx.Lock(ctx, r.Provider, true); err != nil {
			return err
		}
		found, ok, err := findRun(ctx, tx, r)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.NotFound, "run %s is unknown", r)
		}
		out.State = found.State
		if out.Head, err = head(ctx, tx); err != nil {
			return err
		}
		e, can, err := ending(ctx, tx, r)
		if err != nil || !can {
			return err
		}
		if !e.ReadToEnd {
			return end(ctx, tx, r, catalogue.Incomplete, &out)
		}
		return settle(ctx, tx, e, judge, &out)
	})
	return out, err
}

// ending is what the run's fetcher announced, if the run can be concluded.
func ending(ctx context.Context, tx Tx, r catalogue.RunRef) (c catalogue.Completion, can bool, err error) {
	c.Run = r
	err = tx.QueryRow(ctx, "SELECT r.chunks, r.read_to_end, r.not_modified, r.etag, r.last_modified "+ready+" AND r.provider = $1 AND r.number = $2", r.Provider, r.Number).
		Scan(&c.Chunks, &c.ReadToEnd, &c.NotModified, &c.Validators.ETag, &c.Validators.LastModified)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

// settle judges a run that was read to its end, and brings departures and returns into the catalogue.
func settle(ctx context.Context, tx Tx, e catalogue.Completion, judge func(catalogue.Census) catalogue.Verdict, out *catalogue.Conclusion) error {
	p, _, err := findProvider(ctx, tx, e.Run.Provider)
	if err != nil {
		return err
	}
	var leaving, returning, before []event.ID
	if p.heldRuns > 0 {
		if before, err = heldBy(ctx, tx, e.Run.Provider); err != nil {
			return err
		}
	}
	out.Census = catalogue.Census{NotModified: e.NotModified, HeldRuns: p.heldRuns, HeldLeaving: len(before)}
	if !e.NotModified {
		if leaving, returning, err = survey(ctx, tx, e.Run, &out.Census); err != nil {
			return err
		}
	}
	again := common(leaving, before)
	out.Census.Again = len(again)
	out.Verdict = judge(out.Census)
	if out.Verdict.HeldRuns > 1 {
		leaving = again
	}
	held := leaving
	if !out.Verdict.Withdraw {
		leaving = nil
	}
	out.Withdrawn, out.Returned = len(leaving), len(returning)

	if e.NotModified {
		if e.Validators == (catalogue.Validators{}) {
			e.Validators = p.validators
		}
		_, err = tx.Exec(ctx, "UPDATE providers SET concluded_run = $1, believed_run = $1, etag = $2, last_modified = $3 WHERE id = $4",
			e.Run.Number, e.Validators.ETag, e.Validators.LastModified, e.Run.Provider)
	} else {
		runs := 0
		if out.Verdict.Held {
			runs = out.Verdict.HeldRuns
		} else {
			held = nil
		}
		_, err = tx.Exec(ctx, "UPDATE providers SET concluded_run = $1, full_read = $1, etag = $2, last_modified = $3, held_runs = $4, held = $5, available = available - $6 + $7 WHERE id = $8",
			e.Run.Number, e.Validators.ETag, e.Validators.LastModified, runs, joined(held), out.Withdrawn, out.Returned, e.Run.Provider)
		if err == nil && out.Verdict.Withdraw {
			_, err = tx.Exec(ctx, "UPDATE providers SET believed_run = $1 WHERE id = $2", e.Run.Number, e.Run.Provider)
		}
		if err == nil && !out.Verdict.Held && out.Census.Seen+out.Census.Nameless > 0 {
			err = resolveUnseen(ctx, tx, e.Run)
		}
	}
	if err != nil {
		return err
	}
	if err := end(ctx, tx, e.Run, catalogue.Concluded, out); err != nil {
		return err
	}
	out.Head, err = move(ctx, tx, e.Run, p, leaving, returning)
	return err
}

func end(ctx context.Context, tx Tx, r catalogue.RunRef, state catalogue.RunState, out *catalogue.Conclusion) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	out.State, out.Ended = state, true
	held := 0
	if out.Verdict.Held {
		held = out.Census.Leaving
	}
	if _, err := tx.Exec(ctx, "UPDATE runs SET state = $1, ended_at = $2, withdrawn = $3, returned = $4, held = $5, note = $6 WHERE provider = $7 AND number = $8",
		state, now.UnixMilli(), out.Withdrawn, out.Returned, held, out.Verdict.Note, r.Provider, r.Number); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM run_chunks WHERE provider = $1 AND run <= $2", r.Provider, r.Number)
	return err
}

// survey compares what the run saw with what is in the catalogue.
func survey(ctx context.Context, tx Tx, r catalogue.RunRef, c *catalogue.Census) (leaving, returning []event.ID, err error) {
	type chunk struct {
		seen     []byte
		nameless int
	}
	chunks, err := collect(ctx, tx, func(row Row) (k chunk, err error) {
		err = row.Scan(&k.seen, &k.nameless)
		return k, err
	}, "SELECT seen, nameless FROM run_chunks WHERE provider = $1 AND run = $2", r.Provider, r.Number)
	if err != nil {
		return nil, nil, err
	}
	seen := map[event.ID]struct{}{}
	for _, k := range chunks {
		c.Nameless += k.nameless
		for _, id := range split(k.seen) {
			seen[id] = struct{}{}
		}
	}
	c.Seen = len(seen)
	type known struct {
		id        event.ID
		available bool
	}
	rows, err := tx.Query(ctx, "SELECT id, available FROM events WHERE provider = $1", r.Provider)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id []byte
		var k known
		if err := rows.Scan(&id, &k.available); err != nil {
			return nil, nil, err
		}
		copy(k.id[:], id)
		_, here := seen[k.id]
		switch {
		case k.available && here:
			c.Available++
		case k.available:
			c.Available++
			leaving = append(leaving, k.id)
		case here:
			returning = append(returning, k.id)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, err
	}
	c.Leaving, c.Returning = len(leaving), len(returning)
	var added int
	if err := tx.QueryRow(ctx, "SELECT added FROM runs WHERE provider = $1 AND number = $2", r.Provider, r.Number).Scan(&added); err != nil {
		return nil, nil, err
	}
	c.Available -= added // what the run brought itself was not there before it
	slices.SortFunc(leaving, compareIDs)
	slices.SortFunc(returning, compareIDs)
	return leaving, returning, nil
}

// common are the ids that both sorted lists have.
func common(a, b []event.ID) []event.ID {
	var both []event.ID
	for _, id := range a {
		if _, found := slices.BinarySearchFunc(b, id, compareIDs); found {
			both = append(both, id)
		}
	}
	return both
}

func compareIDs(a, b event.ID) int { return bytes.Compare(a[:], b[:]) }

// joined and split are how a list of ids is kept in a column.
func joined(ids []event.ID) []byte {
	b := make([]byte, 0, len(ids)*len(event.ID{}))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}

func split(column []byte) []event.ID {
	var ids []event.ID
	for id := range slices.Chunk(column, len(event.ID{})) {
		ids = append(ids, event.ID(id))
	}
	return ids
}

// move marks events as gone or as back and logs it, group by group; it has to be the last that a transaction does. Those that
// go were last seen in the provider's last run that is believed: they are missing in those since.
func move(ctx context.Context, tx Tx, r catalogue.RunRef, p provider, leaving, returning []event.ID) (catalogue.Version, error) {
	lastSeen := p.believed
	if lastSeen == 0 {
		lastSeen = r.Number
	}
	goes := func(in string, ids []any) error {
		set := "available = FALSE, last_seen = $" + strconv.Itoa(len(ids)+1)
		return moveGroup(ctx, tx, r, catalogue.Withdrawn, set, in, ids, lastSeen)
	}
	comes := func(in string, ids []any) error {
		return moveGroup(ctx, tx, r, catalogue.Returned, "available = TRUE, last_seen = NULL", in, ids)
	}
	if err := tx.EachGroup(leaving, 0, goes); err != nil {
		return catalogue.Version{}, err
	}
	if err := tx.EachGroup(returning, 0, comes); err != nil {
		return catalogue.Version{}, err
	}
	return head(ctx, tx)
}

// moveGroup changes the events of a group, and logs what became of them.
func moveGroup(ctx context.Context, tx Tx, r catalogue.RunRef, kind catalogue.ChangeKind, set, in string, ids []any, more ...any) error {
	if _, err := tx.Exec(ctx, "UPDATE events SET revision = revision + 1, "+set+" WHERE id "+in, append(slices.Clip(ids), more...)...); err != nil {
		return err
	}
	events, err := collect(ctx, tx, scanEvent, "SELECT "+eventColumnList+" FROM events WHERE id "+in+" ORDER BY id", ids...)
	if err != nil {
		return err
	}
	logged := make([]logEntry, len(events))
	for i := range events {
		e := &events[i]
		logged[i] = logEntry{kind, e, event.During(e.Facts.Start, e.Facts.End)}
	}
	_, err = appendChanges(ctx, tx, r, logged)
	return err
}
