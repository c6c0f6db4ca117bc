package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// What a person looks at and decides when something was put aside or held back.

// RunReader tells what became of runs.
type RunReader interface {
	// Runs returns at most limit runs, the latest first; provider may be empty for all.
	Runs(ctx context.Context, provider string, limit int) ([]catalogue.Run, error)
	// Run returns one run. An unknown one, or one that is no longer remembered, is fault.NotFound.
	Run(ctx context.Context, r catalogue.RunRef) (catalogue.Run, error)
	// Held returns what a provider's last full reading held back, with at most limit of the events, by start.
	// It has no run where nothing is held.
	Held(ctx context.Context, provider string, limit int) (catalogue.Held, error)
}

// Acceptance believes a run that was not believed by itself.
type Acceptance interface {
	// Accept withdraws what the run held back and those after it, if any, hold back as well. It is one transaction. A
	// run that holds nothing, never did or was settled since, is fault.Conflict with catalogue.CodeNothingHeld.
	Accept(ctx context.Context, r catalogue.RunRef) (catalogue.Conclusion, error)
}

// Unparking takes messages out of the parking.
type Unparking interface {
	// ParkedMessage returns a message that is parked; another is fault.NotFound.
	ParkedMessage(ctx context.Context, id string) (catalogue.Parked, error)
	// Unpark forgets a message, which no longer keeps its run from being concluded. It does nothing where
	// the message is not parked.
	Unpark(ctx context.Context, id string) error
}

// Reapplying gives records that were rejected another try.
type Reapplying interface {
	// Reapply stores what decide writes, and resolves the rejections of the batch's events, in one transaction. Run is
	// the one that last had the records, Rejections are those that are given another try; Chunk means nothing. The
	// standing is Current where no later run read the whole feed. It takes no part in a run: nothing counts
	// as seen by it. A rejection that is not open any more is fault.Conflict: something newer is known of its event.
	Reapply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error)
}
