package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Replayer gives what was put aside another try, when a person asks for it: after Marquee learned to read it, or after
// what made it fail has passed. It works beside a running process, on the store alone, so that a message that takes its
// consumer down takes down nobody else.
type Replayer struct {
	handler
	parking  ports.Unparking
	rejected ports.Reapplying
}

// NewReplayer takes messages out of parking, has them applied by applier, and brings rejected records in by rejected.
func NewReplayer(applier *Applier, parking ports.Unparking, rejected ports.Reapplying, log *slog.Logger) *Replayer {
	return &Replayer{handler: handler{applier, log}, parking: parking, rejected: rejected}
}

// Message does what a parked message says and takes it out of the parking. When it still cannot be done, the message
// stays parked and the error says why. Every step may be repeated, so an interruption costs nothing.
func (r *Replayer) Message(ctx context.Context, p catalogue.Parked) error {
	if err := r.handle(ctx, p.Kind, p.Body); err != nil {
		return err
	}
	if err := r.parking.Unpark(ctx, p.ID); err != nil {
		return fmt.Errorf("take the message out of the parking: %w", err)
	}
	if run := runOf(p.Kind, p.Body); run != nil {
		r.conclude(ctx, *run) // which its being parked stood in the way of
	}
	return nil
}

// keptInPart are the reasons for which a record was cut before anyone tried to understand it.
var keptInPart = []catalogue.Reason{catalogue.TooLarge, catalogue.TooManyZones, catalogue.TextTooLong, catalogue.Duplicate}

// Rejection brings a rejected record into the catalogue, read with what the source says today. An error of kind
// fault.Invalid says why it still cannot be taken; it then stays as it is.
func (r *Replayer) Rejection(ctx context.Context, s catalogue.Source, rejection catalogue.Rejection) (catalogue.Outcome, error) {
	if slices.Contains(keptInPart, rejection.Reason) {
		return catalogue.Outcome{}, fault.New(fault.Invalid, "%s; only a part of it was kept, so only the feed can bring it again", rejection.Detail)
	}
	record, err := readOriginal(rejection.Original)
	if err != nil {
		return catalogue.Outcome{}, err
	}
	record.Position = rejection.Position
	listing, why := understand(record, terms{provider: s.ID, location: s.Location, timeZone: s.Location.String(), currency: s.Currency})
	if why != nil {
		return catalogue.Outcome{}, &fault.Error{Kind: fault.Invalid, Code: string(why.reason), Message: why.detail}
	}
	id := listing.Identity.ID()
	batch := catalogue.Batch{Run: catalogue.RunRef{Provider: s.ID, Number: rejection.LastRun}, Understood: []event.ID{id}}
	first := catalogue.RunRef{Provider: s.ID, Number: rejection.FirstRun} // it was seen since then
	return r.rejected.Reapply(ctx, batch, func(standing catalogue.Standing) []catalogue.Write {
		return decide(first, batch.Understood, map[event.ID]event.Listing{id: listing}, standing)
	})
}
