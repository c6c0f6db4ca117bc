package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Runs implements ports.RunReader.
func (s *Store) Runs(ctx context.Context, provider string, limit int) ([]catalogue.Run, error) {
	return list(ctx, s, "list runs", scanRun, "SELECT "+runColumns+" FROM runs WHERE $1 = '' OR provider = $1 ORDER BY number DESC, provider LIMIT $2", provider, limit)
}

// Run implements ports.RunReader.
func (s *Store) Run(ctx context.Context, r catalogue.RunRef) (run catalogue.Run, err error) {
	err = s.view(ctx, "read run", func(tx Tx) error {
		var found bool
		if run, found, err = findRun(ctx, tx, r); err == nil && !found {
			return fault.New(fault.NotFound, "there is no run %s", r)
		}
		return err
	})
	return run, err
}

// Held implements ports.RunReader.
func (s *Store) Held(ctx context.Context, provider string, limit int) (held catalogue.Held, err error) {
	err = s.view(ctx, "read what is held", func(tx Tx) error {
		p, found, err := findProvider(ctx, tx, provider)
		if err != nil || !found || p.heldRuns == 0 {
			return err
		}
		held.Run, held.Runs = catalogue.RunRef{Provider: provider, Number: p.fullRead}, p.heldRuns
		all, err := availableOf(ctx, tx, provider)
		if err != nil {
			return err
		}
		held.Total = len(all)
		slices.SortFunc(all, func(a, b placed) int { return cmp.Or(cmp.Compare(a.start, b.start), compareIDs(a.id, b.id)) })
		shown := all[:min(limit, held.Total)]
		held.Events = make([]event.Event, 0, len(shown))
		if err := tx.EachGroup(idsOf(shown), 0, func(in string, args []any) error {
			events, err := collect(ctx, tx, scanEvent, "SELECT "+eventColumnList+" FROM events WHERE id "+in, args...)
			held.Events = append(held.Events, events...)
			return err
		}); err != nil {
			return err
		}
		slices.SortFunc(held.Events, func(a, b event.Event) int {
			return cmp.Or(cmp.Compare(a.Facts.Start.Unix(), b.Facts.Start.Unix()), compareIDs(a.ID, b.ID))
		})
		return nil
	})
	return held, err
}

// placed is an event and when it begins.
type placed struct {
	id    event.ID
	start int64
}

func idsOf(events []placed) []event.ID {
	ids := make([]event.ID, len(events))
	for i, e := range events {
		ids[i] = e.id
	}
	return ids
}

// availableOf are the events whose departures are held and that are in the feed, as far as the catalogue says.
func availableOf(ctx context.Context, tx Tx, provider string) ([]placed, error) {
	held, err := heldBy(ctx, tx, provider)
	if err != nil {
		return nil, err
	}
	var all []placed
	err = tx.EachGroup(held, 0, func(in string, args []any) error {
		events, err := collect(ctx, tx, func(row Row) (p placed, err error) {
			var id []byte
			err = row.Scan(&id, &p.start)
			copy(p.id[:], id)
			return p, err
		}, "SELECT id, start_at FROM events WHERE available AND id "+in, args...)
		all = append(all, events...)
		return err
	})
	return all, err
}

// Accept implements ports.Acceptance.
func (s *Store) Accept(ctx context.Context, r catalogue.RunRef) (out catalogue.Conclusion, err error) {
	err = s.update(ctx, "accept run", func(tx Tx) error {
		out = catalogue.Conclusion{State: catalogue.Concluded}
		if _, err := tx.Lock(ctx, r.Provider, true); err != nil {
			return err
		}
		p, _, err := findProvider(ctx, tx, r.Provider)
		if err != nil {
			return err
		}
		agrees, err := agreeing(ctx, tx, r, p)
		if err != nil {
			return err
		}
		if !agrees {
			return &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNothingHeld, Message: fmt.Sprintf("run %s holds nothing back: it never did, or it was settled since", r)}
		}
		events, err := availableOf(ctx, tx, r.Provider)
		if err != nil {
			return err
		}
		leaving := idsOf(events)
		slices.SortFunc(leaving, compareIDs)
		holding := catalogue.RunRef{Provider: r.Provider, Number: p.fullRead}
		out.Withdrawn = len(leaving)
		out.Verdict = catalogue.Verdict{Withdraw: true, Note: fmt.Sprintf("accepted by hand: %d events left", len(leaving))}
		if _, err := tx.Exec(ctx, "UPDATE providers SET held_runs = 0, held = $1, believed_run = $2, available = available - $3 WHERE id = $4", []byte{}, holding.Number, out.Withdrawn, r.Provider); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE runs SET withdrawn = withdrawn + $1, held = 0, note = $2 WHERE provider = $3 AND number = $4", out.Withdrawn, out.Verdict.Note, r.Provider, holding.Number); err != nil {
			return err
		}
		out.Head, err = move(ctx, tx, holding, p, leaving, nil)
		return err
	})
	return out, err
}

// agreeing reports whether the run is one of those in a row that hold back what the last one does. While anything is
// held, every run that is concluded has read the whole feed.
func agreeing(ctx context.Context, tx Tx, r catalogue.RunRef, p provider) (bool, error) {
	var agrees bool
	err := tx.QueryRow(ctx, `SELECT $2 IN (SELECT number FROM runs WHERE provider = $1 AND state = $3 AND number <= $4 ORDER BY number DESC LIMIT $5)`,
		r.Provider, r.Number, catalogue.Concluded, p.fullRead, p.heldRuns).Scan(&agrees)
	return agrees, err
}

// Reapply implements ports.Reapplying.
func (s *Store) Reapply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (out catalogue.Outcome, err error) {
	err = s.update(ctx, "reapply records", func(tx Tx) error {
		out = catalogue.Outcome{}
		if _, err := tx.Lock(ctx, b.Run.Provider, true); err != nil {
			return err
		}
		p, found, err := findProvider(ctx, tx, b.Run.Provider)
		if err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "there is no provider %s", b.Run.Provider)
		}
		for _, r := range b.Rejections {
			var open bool
			if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM rejections WHERE key = $1 AND NOT resolved)", r.Key[:]).Scan(&open); err != nil {
				return err
			}
			if !open {
				return fault.New(fault.Conflict, "the rejection is not open any more: something newer is known of its event")
			}
		}
		known, err := heads(ctx, tx, b.Understood)
		if err != nil {
			return err
		}
		out.Late = b.Run.Number < p.fullRead
		writes := decide(catalogue.Standing{Current: !out.Late, LaterConcluded: out.Late, Heads: known})
		if err := storeEvents(ctx, tx, b.Run, writes, &out); err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if err := resolveOf(ctx, tx, b.Understood, b.Run, b.Run.Number, now); err != nil {
			return err
		}
		out.Head, err = logWrites(ctx, tx, b.Run, writes)
		return err
	})
	return out, err
}
