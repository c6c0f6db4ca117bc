package catalogue

import (
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// Batch is what one chunk of a run brings, all understood or rejected.
type Batch struct {
	Run        RunRef
	Chunk      int         // its number in the run
	Understood []event.ID  // sorted, each once
	Rejections []Rejection // those with a whole identity count as seen
}

// Head is what a store must know of an event to decide whether a listing changes it.
type Head struct {
	Fingerprint event.Fingerprint
	Revision    int64
	Available   bool
	FirstSeen   time.Time
	When        event.TimeRange // it takes place
}

// Standing is the catalogue as a batch meets it, in one snapshot.
type Standing struct {
	// Current is whether no later run of the provider is known.
	Current bool
	// LaterConcluded is whether a later run of the provider is concluded, so that it is known what was in the feed after
	// this one. The current run may be another, still open, which need not look at the feed again when that is not modified.
	LaterConcluded bool
	// Heads has the events of the batch that are known.
	Heads map[event.ID]Head
}

// Write is an event to be stored in place of what was known, and to be logged.
type Write struct {
	Kind        ChangeKind
	Event       event.Event
	Zones       []event.Zone
	Fingerprint event.Fingerprint
	Was         event.TimeRange // as Change.Was
}

// Decide turns the standing into writes, ordered by ID. It is pure and may be called twice.
type Decide func(Standing) []Write

// Outcome is what became of a batch.
type Outcome struct {
	Repeated bool // the chunk had been applied before; nothing was done
	Late     bool // a later run is known, so only unknown events were taken
	Added    int
	Updated  int
	Rejected int
	// Ready is whether the run's conclusion may be tried: every announced chunk is applied.
	Ready bool
	Head  Version // of the change log, after the batch
}

// Census is what a run that was read to its end found out.
type Census struct {
	NotModified bool
	Seen        int // events, rejected ones with an identity included
	Nameless    int // rejected records without an identity
	Available   int // events in the feed before this run
	Leaving     int // of those, not seen now
	Returning   int // seen now, not available before
	// HeldRuns is how many complete runs in a row were held before this one, HeldLeaving how many events
	// were missing in all of them, and Again how many of these are missing now.
	HeldRuns, HeldLeaving, Again int
}

// Verdict is the judgement of a census.
type Verdict struct {
	Withdraw bool   // mark the leaving ones as gone
	Held     bool   // too many at once: keep them and say so
	HeldRuns int    // in a row that agree, this one included; above 1, only what is missing in all of them counts
	Note     string // why not, for people
}

// Conclusion is what became of the attempt to conclude a run.
type Conclusion struct {
	State     RunState
	Ended     bool // by this attempt; it may have been final before
	Census    Census
	Verdict   Verdict
	Withdrawn int
	Returned  int
	Head      Version
}

// Parked is a message that was put aside because of a fault of its own.
type Parked struct {
	ID       string // of the message
	Kind     string
	Run      RunRef // that waits for it, zero where nobody knows
	Reason   string
	Attempts int
	Header   map[string]string
	Bytes    int    // of the body
	Body     []byte // not in a list
	ParkedAt time.Time
}
