package sqlstore

import (
	"context"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Apply implements ports.Ingester.
func (s *Store) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error) {
	var out catalogue.Outcome
	err := s.update(ctx, "apply batch", func(tx Tx) error {
		out = catalogue.Outcome{}
		in, err := enter(ctx, tx, b.Run)
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
		if err := reject(ctx, tx, b); err != nil {
			return err
		}
		out.Rejected = len(b.Rejections)
		if err := storeEvents(ctx, tx, b.Run, writes, &out); err != nil {
			return err
		}
		if in.current {
			if err := noteSeen(ctx, tx, b, &out); err != nil {
				return err
			}
		}
		out.Head, err = logWrites(ctx, tx, b.Run, writes)
		return err
	})
	return out, err
}

// storeEvents writes events and counts them. They are still to be logged.
func storeEvents(ctx context.Context, tx Tx, r catalogue.RunRef, writes []catalogue.Write, out *catalogue.Outcome) error {
	if err := writeEvents(ctx, tx, r, writes); err != nil {
		return err
	}
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
	if out.Added == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "UPDATE providers SET known = known + $1, available = available + $2 WHERE id = $3", out.Added, available, r.Provider)
	return err
}

// ofUnknown leaves out the rejections of events that are known: a late chunk has no news of those.
func ofUnknown(ctx context.Context, tx Tx, rejections []catalogue.Rejection) ([]catalogue.Rejection, error) {
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
func appliedBefore(ctx context.Context, tx Tx, in run, chunk int) (applied bool, err error) {
	if !in.State.Open() {
		return true, nil
	}
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM run_chunks WHERE provider = $1 AND run = $2 AND chunk = $3)", in.Ref.Provider, in.Ref.Number, chunk).Scan(&applied)
	return applied, err
}

// noteSeen keeps what the chunk saw until its run is concluded, and finds out whether it was the last.
func noteSeen(ctx context.Context, tx Tx, b catalogue.Batch, out *catalogue.Outcome) error {
	seen := slices.Clone(b.Understood)
	nameless := 0
	for _, r := range b.Rejections {
		if !r.Whole {
			nameless++
			continue
		}
		seen = append(seen, r.Identity.ID())
	}
	if _, err := tx.Exec(ctx, "INSERT INTO run_chunks (provider, run, chunk, seen, nameless) VALUES ($1, $2, $3, $4, $5)",
		b.Run.Provider, b.Run.Number, b.Chunk, joined(seen), nameless); err != nil {
		return err
	}
	var (
		state   catalogue.RunState
		applied int64
		chunks  *int64
	)
	err := tx.QueryRow(ctx, "UPDATE runs SET applied = applied + 1, added = added + $1 WHERE provider = $2 AND number = $3 RETURNING state, applied, chunks",
		out.Added, b.Run.Provider, b.Run.Number).Scan(&state, &applied, &chunks)
	out.Ready = state == catalogue.Announced && chunks != nil && applied >= *chunks
	return err
}
