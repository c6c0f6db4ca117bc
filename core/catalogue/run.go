package catalogue

import (
	"fmt"
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// RunNumber orders the readings of one provider's feed: milliseconds since the Unix epoch when the run
// began, or one more than the provider's last run where the clock has not moved on.
type RunNumber int64

// RunAt is the number of a run that begins at t.
func RunAt(t time.Time) RunNumber { return RunNumber(t.UnixMilli()) }

// Time is when the run began, UTC.
func (n RunNumber) Time() time.Time { return time.UnixMilli(int64(n)).UTC() }

// RunRef names a run: one reading of one provider's feed.
type RunRef struct {
	Provider string
	Number   RunNumber
}

// String is for logs and errors.
func (r RunRef) String() string { return fmt.Sprintf("%s/%d", r.Provider, r.Number) }

// MaxAhead is how far a run may be ahead of the store's clock. One beyond it is refused, so that a
// fetcher with a wrong clock cannot freeze a catalogue.
const MaxAhead = 5 * time.Minute

// RunState is how far a run has come.
type RunState string

// The states of a run. The first two are open, the others final.
const (
	Reading    RunState = "reading"    // chunks are arriving
	Announced  RunState = "announced"  // the number of chunks is known, some are missing
	Concluded  RunState = "concluded"  // read to the end and applied
	Incomplete RunState = "incomplete" // all that was read is applied, but the feed was not read to its end
	Superseded RunState = "superseded" // a later run began first
)

// Open reports whether the run may still change.
func (s RunState) Open() bool { return s == Reading || s == Announced }

// Start is a fetcher's wish to begin a run.
type Start struct {
	Provider string
	Holder   string        // of the lease that makes it the provider's fetcher
	Interval time.Duration // between two runs, for those who judge how late one is
	// Announced is the last run whose completion this fetcher has published, zero for none. Another run
	// that is still open lost its fetcher, and is superseded.
	Announced RunNumber
	// AnnouncedFor is how long ago that was, by the fetcher's own reckoning.
	AnnouncedFor time.Duration
	// Patience is how long an announced run may go on being consumed before it is superseded.
	Patience time.Duration
}

// LeaseName is the name of the lease that makes a process the fetcher of the provider.
func LeaseName(provider string) string { return "fetch:" + provider }

// Codes of the two ways in which a run cannot begin, both fault.Conflict.
const (
	CodeNotHolder      = "not_the_lease_holder"
	CodeStillConsuming = "still_consuming"
)

// CodeFromTheFuture is the code, with fault.Invalid, of a run beyond MaxAhead.
const CodeFromTheFuture = "run_from_the_future"

// Begun is a run that may be read.
type Begun struct {
	Run RunRef
	// Last is what the provider gave with its last run, set only when that one was concluded.
	Last Validators
}

// Completion ends a run: the fetcher tells what it has published.
type Completion struct {
	Run         RunRef
	Chunks      int    // published, numbered from 0
	ReadToEnd   bool   // the feed was complete
	NotModified bool   // the provider said that nothing changed since its last concluded run
	Failure     string // why it was not read to its end, for people
	Validators  Validators
}

// Run is what the store knows of a run.
type Run struct {
	Ref         RunRef
	State       RunState
	Chunks      int // announced; -1 while unknown
	Applied     int // chunks
	Added       int // events that nobody knew before
	Parked      int // messages of it that are put aside; while there are any, it is not concluded
	Failure     string
	BegunAt     time.Time
	AnnouncedAt time.Time // zero while it is not, as far as the store knows
	EndedAt     time.Time // zero while open
	Withdrawn   int
	Returned    int
	Held        int // withdrawals that wait
	Note        string
}

// Feed is how a provider stands.
type Feed struct {
	Provider string
	Current  Run
	// LastConcluded is when the last run began that was concluded, zero for none. It is when the
	// provider's available events were last seen.
	LastConcluded time.Time
	// LastBelieved is when the last of these began that could tell what left the feed. An earlier time than
	// LastConcluded says that the last reading is doubted, and the run's note says why.
	LastBelieved time.Time
	Interval     time.Duration // between two runs, as the last fetcher had it; zero when there was none
	Available    int           // events in the feed
	Known        int           // events ever seen
	Rejected     int           // open rejections
}

// Held are the events that a run would have withdrawn, had they not been too many to believe it.
type Held struct {
	Run    RunRef // zero for none
	Runs   int    // complete runs in a row that agree
	Total  int    // events that are missing in all of them, and still available
	Events []event.Event
}

// CodeNothingHeld is the code, with fault.Conflict, of an acceptance that comes too late or is not needed.
const CodeNothingHeld = "nothing_held"
