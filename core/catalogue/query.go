package catalogue

import (
	"time"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Query is a search: what a page has to match, in which order, and which part of the matches it shows.
type Query struct {
	Criteria
	Order Order
	// Offset is how many of the matches come before the page.
	Offset int
	// After is where the page before ended; the page begins behind it. It takes the place of Offset.
	After *Position
	// AsOf is the version of the catalogue that is searched, the present one unless set. Whoever follows pages from one position
	// to the next in one version sees each match once, whatever is written meanwhile. It goes with After.
	AsOf Version
	// Limit is the most events that a page may have, at least 1.
	Limit int
	// WantCurrencies asks for the currencies of all matches, for who compares prices. It does not go with AsOf.
	WantCurrencies bool
	// WantTotal asks for the number of all matches, which costs the store more than the page does. It does not go with AsOf.
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

// Validate reports what no store could answer, as fault.Invalid.
func (q Query) Validate() error {
	if err := q.Criteria.Validate(); err != nil {
		return err
	}
	if err := q.Order.Validate(); err != nil {
		return err
	}
	switch {
	case q.Limit < 1:
		return fault.InvalidField("limit", "limit %d is below 1", q.Limit)
	case q.Offset < 0:
		return fault.InvalidField("offset", "offset %d is below 0", q.Offset)
	case q.After != nil && q.Offset > 0:
		return fault.InvalidField("offset", "a page begins at an offset or behind a position, not both")
	case q.AsOf != (Version{}) && (q.After == nil || q.WantTotal || q.WantCurrencies):
		return fault.InvalidField("as_of", "a version goes with a position and without a total or currencies")
	}
	return nil
}

// MostCurrencies is how many a page names: enough to tell that there are several.
const MostCurrencies = 3

// Detail is everything that is known of one event, in one snapshot of the catalogue.
type Detail struct {
	Event event.Event
	Zones []event.Zone // in the order of the feed
	// LastSeen is when the run began that last saw it: for an available event, its provider's last concluded run.
	LastSeen time.Time
	// History has the latest of its changes, in order.
	History []Change
	At      Version
}

// Page is the answer to a Query. Events, Total and At come from one snapshot of the catalogue.
type Page struct {
	Events []event.Event
	Total  int // all matches, when the query wanted it
	// Currencies are the first MostCurrencies of those that the matches have, when the query wanted them.
	Currencies []string
	At         Version
	// Quick tells that it took so little to find it that to find it again is as good as to keep it.
	Quick bool
	// Release, where there is one, takes the room of Events back. Only who knows that nobody else has the page may call it, once, and
	// does not read the events any more. Nobody has to.
	Release func()
}
