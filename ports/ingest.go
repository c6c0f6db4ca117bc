package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Ingester writes what runs bring. Each call is one transaction: it happens whole or not at all.
type Ingester interface {
	// Apply stores a batch: what decide writes, the change log, rejections, and that the chunk was applied.
	// The same chunk may be applied any number of times and counts once. The first batch of a later run
	// supersedes the provider's open one. A run beyond catalogue.MaxAhead is fault.Invalid with
	// catalogue.CodeFromTheFuture and leaves no trace.
	Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error)

	// Complete notes what the run's fetcher published; repeating it changes nothing. It fails like Apply.
	Complete(ctx context.Context, c catalogue.Completion) error

	// Pending lists the open runs of which every announced chunk is applied.
	Pending(ctx context.Context) ([]catalogue.RunRef, error)

	// Conclude makes a run final when it can be: announced, every chunk applied, none parked. A run read to
	// its end is judged, and its departures and returns are logged. Otherwise the state that it has is
	// returned and nothing happens, so it can be tried at any time, by anyone, any number of times. An
	// unknown run is fault.NotFound.
	Conclude(ctx context.Context, r catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (catalogue.Conclusion, error)
}

// Runs gives out runs to fetchers.
type Runs interface {
	// Begin starts a run whose number is greater than that of every other of the provider. It is
	// fault.Conflict with catalogue.CodeNotHolder when the caller's lease is not held by it now, and with
	// catalogue.CodeStillConsuming when the last run is announced, open and within the patience.
	Begin(ctx context.Context, s catalogue.Start) (catalogue.Begun, error)
}

// FeedReader tells how the providers stand.
type FeedReader interface {
	// Feeds returns one entry for each provider ever seen, by id.
	Feeds(ctx context.Context) ([]catalogue.Feed, error)
}

// RejectionReader lists what could not be taken.
type RejectionReader interface {
	// Rejected returns at most limit open rejections, the latest first; provider may be empty for all.
	Rejected(ctx context.Context, provider string, limit int) ([]catalogue.Rejection, error)
}

// Parking keeps messages that are faulty themselves, out of the way of the others.
type Parking interface {
	// Suspect counts that a message is taken again although it was never answered, and returns how often that
	// was so far. What is not suspected again for a day is forgotten.
	Suspect(ctx context.Context, messageID string) (int, error)
	// Absolve forgets the suspicions against a message: it was answered, or given back in order.
	Absolve(ctx context.Context, messageID string) error
	// Park keeps the message; one that is parked already stays as it is.
	Park(ctx context.Context, d Delivery, run *catalogue.RunRef, reason string) error
	// Parked returns at most limit parked messages, the latest first, without their bodies.
	Parked(ctx context.Context, limit int) ([]catalogue.Parked, error)
	// CountParked is how many messages are parked.
	CountParked(ctx context.Context) (int, error)
}
