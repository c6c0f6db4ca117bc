package ports

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Snapshotter hands over the catalogue, or a part of it, as it is in one version.
type Snapshotter interface {
	// Snapshot calls each for every event that starts in the range, in any order, and returns the version that they are of.
	// What each is given is only lent to it; copies of the event may be kept. An error of each ends the snapshot and is returned as it is.
	Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error)
}

// ModelFile keeps a snapshot of the catalogue where a process finds it when it starts anew.
type ModelFile interface {
	// Snapshot hands over what was kept. Without anything that can be read and is of this catalogue, the error is fault.NotFound.
	Snapshotter
	// KeptAt is when what was kept was written; the zero time where that is not known.
	KeptAt() time.Time
	// Keep puts what is handed over in the place of what was kept, as a whole or not at all.
	Keep(ctx context.Context, from Snapshotter) error
}

// ReadModel is a copy of the whole catalogue in memory, which is searched in place of the store. It holds one version at a
// time, and every answer is of one version.
//
// It may be used from many goroutines. Those that search never wait for those that change it, which wait for each other.
type ReadModel interface {
	// Search is fault.Unavailable while nothing is held. A version (Query.AsOf) that is of another history, or further back than
	// the changes that are remembered, is fault.Gone; one that is ahead is fault.Conflict.
	Searcher
	// Snapshot is fault.Unavailable while nothing is held.
	Snapshotter
	// ChangeReader tells the latest changes, the same that the store's log has. A version further back than what is
	// remembered, or of another history, is fault.Gone; while nothing is held it is fault.Unavailable. After the zero version there are no
	// changes, but the head. Await also returns when something else is held than before, or nothing any more.
	ChangeReader

	// Fill holds what from hands over, in the place of what was held, which is searched meanwhile. Where that would
	// take more memory than there may be, nothing is changed, and the error is fault.Conflict with CodeOverBudget.
	Fill(ctx context.Context, from Snapshotter) error
	// Apply makes changes that follow directly on the version that is held, which is fault.Conflict where they do not. When they
	// take more memory than there may be, they are made all the same, and the error is fault.Conflict with CodeOverBudget.
	Apply(ctx context.Context, changes []catalogue.Change) error
	// Drop holds nothing any more.
	Drop()

	// At is the version that is held; false where nothing is.
	At() (catalogue.Version, bool)
	// Size is what it takes.
	Size() ModelSize

	// Parts cuts time into ranges of whole days (UTC), each with about so many starts of events, one day at least. Together they
	// are all of time.
	Parts(most int) []event.TimeRange
	// Damaged reads everything that is held and tells what of it is not what it was when it came. It gives way to others in between.
	Damaged(ctx context.Context) (Damage, error)
	// Reconcile compares what is held of the range with all events of it, as they were in a version that is not ahead of the
	// one held (else fault.Conflict), but for events that changed since. Days whose checksums differ are put right.
	Reconcile(ctx context.Context, starts event.TimeRange, of catalogue.Version, all []event.Event) (Reconciled, error)
}

// CodeOverBudget is the code, with fault.Conflict, of a catalogue that takes more memory than a read model may.
const CodeOverBudget = "over_budget"

// ModelSize is what a read model takes.
type ModelSize struct {
	Events int
	Bytes  int64 // about
	Recent int   // events that changed since all was last brought into one piece
}

// Damage is what is held and is not what it was when it came.
type Damage struct {
	// Days are ranges of whole days, in order and apart from each other, within which each event starts that is not what it was.
	// Reconcile puts them right.
	Days []event.TimeRange
	// Lookups tells that something by which events are found, such as an order, was not what it was. It is being made anew of the
	// events, for which nothing else is needed.
	Lookups bool
}

// Reconciled is what a comparison found.
type Reconciled struct {
	Events    int // that were compared
	Days      int // whose checksums were compared
	WrongDays int
	// Wrong are events that were held and should not be, were not held, or were held otherwise. They have been put right.
	Wrong int
	// Lookups is how often something by which events are found was wrong. It is made anew.
	Lookups int
}
