package catalogue

import (
	"fmt"
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// Version is a position in the change log: the number of an entry and the random tag that was written
// with it. The zero value is the position before the first entry.
//
// Numbers follow the order of commits without gaps, so everything up to a version is final. The tag tells
// histories apart: where a store has another tag at the number, or does not reach it, the version belongs to
// another history (a backup was restored, a replica that lagged was promoted).
type Version struct {
	Number int64
	Tag    uint64
}

// String is for logs and traces.
func (v Version) String() string { return fmt.Sprintf("%d-%016x", v.Number, v.Tag) }

// ChangeKind says what happened to an event. It is a hint: the event of the entry is complete, so
// replaying entries as upserts rebuilds the catalogue without looking at kinds.
type ChangeKind string

// The kinds of change.
const (
	Added     ChangeKind = "added"
	Updated   ChangeKind = "updated"
	Withdrawn ChangeKind = "withdrawn" // left the provider's feed
	Returned  ChangeKind = "returned"  // came back to it
)

// Change is an entry of the change log.
type Change struct {
	Version Version
	Kind    ChangeKind
	Run     RunNumber
	At      time.Time   // start of the run, UTC
	Event   event.Event // the state after the change
	// Was is when the event took place before the change; of one that was added, when it takes place.
	Was event.TimeRange
}

// ChangeBatch is a part of the log in order. Every number up to Head is final.
type ChangeBatch struct {
	Changes []Change
	Head    Version
}
