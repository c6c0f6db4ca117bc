package ingest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

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
// stays parked and the error says why. Every step may be repeated, so an interruption costs nothing. The outcome is
// that of a chunk.
func (r *Replayer) Message(ctx context.Context, p catalogue.Parked) (catalogue.Outcome, error) {
	outcome, err := r.handle(ctx, p.Kind, p.Body)
	if err != nil {
		return outcome, err
	}
	if err := r.parking.Unpark(ctx, p.ID); err != nil {
		return outcome, fmt.Errorf("take the message out of the parking: %w", err)
	}
	if run := runOf(p.ID, p.Kind, p.Body); run != nil {
		r.conclude(ctx, *run) // which its being parked stood in the way of
	}
	return outcome, nil
}

// keptInPart are the reasons for which a record was cut before anyone tried to understand it.
var keptInPart = []catalogue.Reason{catalogue.TooLarge, catalogue.TooManyZones, catalogue.TextTooLong, catalogue.Duplicate}

// ReadBy says by what a record is read again. What is zero is as it was when the record was rejected.
type ReadBy struct {
	Location *time.Location
	Currency string
}

// Rejection brings a rejected record into the catalogue. An error of kind fault.Invalid says why it still cannot be
// taken, one of kind fault.Conflict that something newer is known of its event; it then stays as it is.
func (r *Replayer) Rejection(ctx context.Context, rejection catalogue.Rejection, by ReadBy) (catalogue.Outcome, error) {
	if slices.Contains(keptInPart, rejection.Reason) {
		return catalogue.Outcome{}, fault.New(fault.Invalid, "%s; only a part of it was kept, so only the feed can bring it again", rejection.Detail)
	}
	record, err := readOriginal(rejection.Original)
	if err != nil {
		return catalogue.Outcome{}, err
	}
	record.Position = rejection.Position
	location := by.Location
	if location == nil {
		if location, err = time.LoadLocation(rejection.TimeZone); err != nil {
			return catalogue.Outcome{}, &fault.Error{Kind: fault.Invalid, Message: "its time zone is unknown", Cause: err}
		}
	}
	listing, why := understand(record, terms{
		provider: rejection.Provider, location: location, timeZone: location.String(), currency: cmp.Or(by.Currency, rejection.Currency),
	})
	if why != nil {
		return catalogue.Outcome{}, &fault.Error{Kind: fault.Invalid, Code: string(why.reason), Message: why.detail}
	}
	id := listing.Identity.ID()
	batch := catalogue.Batch{
		Run: catalogue.RunRef{Provider: rejection.Provider, Number: rejection.LastRun}, Understood: []event.ID{id}, Rejections: []catalogue.Rejection{rejection},
	}
	first := catalogue.RunRef{Provider: rejection.Provider, Number: rejection.FirstRun} // it was seen since then
	return r.rejected.Reapply(ctx, batch, func(standing catalogue.Standing) []catalogue.Write {
		return decide(first, batch.Understood, map[event.ID]event.Listing{id: listing}, standing)
	})
}
