package catalogue

import (
	"time"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Query is the criteria of a search: what a page has to match, and which part of the matches it shows.
// Matches are ordered by start, then by ID.
type Query struct {
	// Range holds every event that starts at or after From and ends at or before To.
	Range event.TimeRange
	// Limit is the most events that a page may have, at least 1.
	Limit int
	// WantTotal asks for the number of all matches, which costs the store more than the page does.
	WantTotal bool
}

// NewRange makes the range between two optional bounds. A start after the end is fault.Invalid.
func NewRange(startsAt, endsAt *time.Time) (event.TimeRange, error) {
	var r event.TimeRange
	if startsAt != nil && endsAt != nil && startsAt.After(*endsAt) {
		return r, fault.InvalidField("starts_at", "starts_at %s is after ends_at %s; swap them", startsAt.Format(time.RFC3339Nano), endsAt.Format(time.RFC3339Nano))
	}
	if startsAt != nil {
		r.From = event.NotBefore(*startsAt)
	}
	if endsAt != nil {
		r.To = event.NotAfter(*endsAt)
	}
	return r, nil
}

// Validate reports the first criterion that no store could answer, as fault.Invalid.
func (q Query) Validate() error {
	if q.Limit < 1 {
		return fault.InvalidField("limit", "limit %d is below 1", q.Limit)
	}
	return nil
}

// Detail is everything that is known of one event.
type Detail struct {
	Event event.Event
	Zones []event.Zone // in the order of the feed
	// LastSeen is when the run began that last saw it: for an available event, its provider's last concluded run.
	LastSeen time.Time
}

// Page is the answer to a Query. Events, Total and At come from one snapshot of the catalogue.
type Page struct {
	Events []event.Event
	Total  int // all matches, when the query wanted it
	At     Version
}
