package catalogue

import (
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// Reason is why a record was not taken, as a stable snake_case word.
type Reason string

// The reasons for a rejection.
const (
	MissingField   Reason = "missing_field"
	BadDate        Reason = "bad_date"     // it does not read as a local date-time
	NoSuchDate     Reason = "no_such_date" // no calendar or clock has it
	EndBeforeStart Reason = "end_before_start"
	BadPrice       Reason = "bad_price"
	BadCapacity    Reason = "bad_capacity"
	BadFlag        Reason = "bad_flag" // neither true nor false
	BadCurrency    Reason = "bad_currency"
	TextTooLong    Reason = "text_too_long"
	TooManyZones   Reason = "too_many_zones"
	TooLarge       Reason = "too_large" // more than a message may carry
	Duplicate      Reason = "duplicate" // the second occurrence of an identity in one run
)

// Reasons are all reasons, for tables that have to be complete.
func Reasons() []Reason {
	return []Reason{
		MissingField, BadDate, NoSuchDate, EndBeforeStart, BadPrice, BadCapacity, BadFlag, BadCurrency,
		TextTooLong, TooManyZones, TooLarge, Duplicate,
	}
}

// MaxOriginal is the most of an original that is kept, in bytes.
const MaxOriginal = 64 << 10

// Rejection is a record that could not be taken, with what a person needs to see why.
type Rejection struct {
	// Key is the same whenever the same record fails in the same way.
	Key      [16]byte
	Provider string
	Identity event.Identity // Base and Event may be empty
	Whole    bool           // the identity is complete, so the event counts as seen
	Position int            // in the feed, when it was last seen
	Reason   Reason
	Detail   string // names the field and what would be right
	Original []byte // the record as JSON, cut at MaxOriginal
	TimeZone string // by which its times were read, an IANA name
	Currency string // of the provider then, where the feed names none

	// What the store adds.
	Count     int64 // runs in which it occurred
	FirstRun  RunNumber
	LastRun   RunNumber
	Resolved  bool // the event has been understood since, or the feed no longer has the record
	UpdatedAt time.Time
}
