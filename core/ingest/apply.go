package ingest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Applier brings chunks and completions into the catalogue and concludes runs.
type Applier struct {
	store ports.Ingester
}

// NewApplier applies to store.
func NewApplier(store ports.Ingester) *Applier { return &Applier{store: store} }

// Apply brings one chunk into the catalogue, in one transaction. It may be repeated.
func (a *Applier) Apply(ctx context.Context, c Chunk) (catalogue.Outcome, error) {
	location, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return catalogue.Outcome{}, &fault.Error{Kind: fault.Invalid, Message: "read chunk: its time zone is unknown", Cause: err}
	}
	batch, listings := understandAll(c, terms{provider: c.Run.Provider, location: location, timeZone: c.TimeZone, currency: c.Currency})
	outcome, err := a.store.Apply(ctx, batch, func(s catalogue.Standing) []catalogue.Write {
		return decide(c.Run, batch.Understood, listings, s)
	})
	if err != nil {
		return outcome, fmt.Errorf("apply chunk %d of run %s: %w", c.Number, c.Run, err)
	}
	return outcome, nil
}

// understandAll sorts records into listings and rejections.
func understandAll(c Chunk, t terms) (catalogue.Batch, map[event.ID]event.Listing) {
	batch := catalogue.Batch{Run: c.Run, Chunk: c.Number}
	listings := make(map[event.ID]event.Listing, len(c.Records))
	for _, r := range c.Records {
		listing, why := understand(r, t)
		if why != nil {
			batch.Rejections = append(batch.Rejections, reject(r, t, why))
			continue
		}
		id := listing.Identity.ID()
		listings[id] = listing
		batch.Understood = append(batch.Understood, id)
	}
	slices.SortFunc(batch.Understood, func(a, b event.ID) int { return bytes.Compare(a[:], b[:]) })
	batch.Understood = slices.Compact(batch.Understood)
	return batch, listings
}

// decide is the rule by which listings change the catalogue.
func decide(run catalogue.RunRef, ids []event.ID, listings map[event.ID]event.Listing, s catalogue.Standing) []catalogue.Write {
	writes := make([]catalogue.Write, 0, len(ids))
	for _, id := range ids {
		l := listings[id]
		w := catalogue.Write{Fingerprint: l.Fingerprint(), Zones: l.Zones}
		w.Event = event.Event{ID: id, Identity: l.Identity, Facts: l.Facts}
		known, ok := s.Heads[id]
		switch {
		case !ok && l.Facts.SellMode == event.Online:
			w.Kind = catalogue.Added
			w.Event.FirstSeen = run.Number.Time()
			w.Event.Revision = 1
			w.Was = event.During(l.Facts.Start, l.Facts.End)
			// A late chunk may bring an event that a later run, already concluded, did not see.
			w.Event.Available = s.Current || !s.LaterConcluded
		case ok && s.Current && known.Fingerprint != w.Fingerprint:
			w.Kind = catalogue.Updated
			w.Event.FirstSeen = known.FirstSeen
			w.Event.Revision = known.Revision + 1
			w.Was = known.When
			w.Event.Available = known.Available // whether it came back is known at the run's end
		default:
			continue
		}
		writes = append(writes, w)
	}
	return writes
}

// Complete notes that a run was published to its end.
func (a *Applier) Complete(ctx context.Context, c catalogue.Completion) error {
	if err := a.store.Complete(ctx, c); err != nil {
		return fmt.Errorf("complete run %s: %w", c.Run, err)
	}
	return nil
}
