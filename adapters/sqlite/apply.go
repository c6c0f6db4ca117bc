package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Apply implements ports.Ingester.
func (s *Store) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error) {
	var out catalogue.Outcome
	err := s.update(ctx, "apply batch", func(tx *sql.Tx) error {
		out = catalogue.Outcome{}
		in, err := s.enter(ctx, tx, b.Run)
		if err != nil {
			return err
		}
		if out.Late = !in.current; !out.Late {
			if out.Repeated, err = appliedBefore(ctx, tx, in, b.Chunk); err != nil {
				return err
			}
			if out.Repeated {
				out.Ready = in.State == catalogue.Announced && in.Applied >= in.Chunks
				out.Head, err = head(ctx, tx)
				return err
			}
		}
		known, err := heads(ctx, tx, b.Understood)
		if err != nil {
			return err
		}
		writes := decide(catalogue.Standing{Current: in.current, LaterConcluded: in.laterConcluded, Heads: known})
		if out.Late {
			if b.Rejections, err = ofUnknown(ctx, tx, b.Rejections); err != nil {
				return err
			}
		}
		if err := s.reject(ctx, tx, b); err != nil {
			return err
		}
		if err := storeEvents(ctx, tx, b.Run, writes, &out); err != nil {
			return err
		}
		if in.current {
			if err := noteSeen(ctx, tx, b, out.Added); err != nil {
				return err
			}
			out.Ready = in.State == catalogue.Announced && in.Applied+1 >= in.Chunks
		}
		out.Rejected = len(b.Rejections)
		out.Head, err = head(ctx, tx)
		return err
	})
	return out, err
}

// storeEvents writes events with their log, and counts them.
func storeEvents(ctx context.Context, tx *sql.Tx, r catalogue.RunRef, writes []catalogue.Write, out *catalogue.Outcome) error {
	available := 0
	for _, w := range writes {
		if w.Kind != catalogue.Added {
			out.Updated++
			continue
		}
		out.Added++
		if w.Event.Available {
			available++
		}
	}
	if out.Added > 0 {
		if _, err := tx.ExecContext(ctx, "UPDATE providers SET known = known + ?, available = available + ? WHERE id = ?", out.Added, available, r.Provider); err != nil {
			return err
		}
	}
	return writeEvents(ctx, tx, r, writes)
}

// ofUnknown leaves out the rejections of events that are known: a late chunk has no news of those.
func ofUnknown(ctx context.Context, tx *sql.Tx, rejections []catalogue.Rejection) ([]catalogue.Rejection, error) {
	ids := make([]event.ID, len(rejections))
	for i, r := range rejections {
		ids[i] = r.Identity.ID()
	}
	known, err := heads(ctx, tx, ids)
	return slices.DeleteFunc(slices.Clone(rejections), func(r catalogue.Rejection) bool {
		_, ok := known[r.Identity.ID()]
		return ok
	}), err
}

// appliedBefore reports whether the chunk of the current run is known. A final run has all its chunks.
func appliedBefore(ctx context.Context, tx *sql.Tx, in run, chunk int) (bool, error) {
	if !in.State.Open() {
		return true, nil
	}
	var one int
	err := tx.QueryRowContext(ctx, "SELECT 1 FROM run_chunks WHERE provider = ? AND run = ? AND chunk = ?", in.Ref.Provider, in.Ref.Number, chunk).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// noteSeen keeps what the chunk saw until its run is concluded.
func noteSeen(ctx context.Context, tx *sql.Tx, b catalogue.Batch, added int) error {
	seen := slices.Clone(b.Understood)
	nameless := 0
	for _, r := range b.Rejections {
		if !r.Whole {
			nameless++
			continue
		}
		seen = append(seen, r.Identity.ID())
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO run_chunks (provider, run, chunk, seen, nameless) VALUES (?, ?, ?, ?, ?)",
		b.Run.Provider, b.Run.Number, b.Chunk, joined(seen), nameless); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "UPDATE runs SET applied = applied + 1, added = added + ? WHERE provider = ? AND number = ?", added, b.Run.Provider, b.Run.Number)
	return err
}
