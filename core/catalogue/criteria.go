package catalogue

import (
	"slices"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Match is how an event has to lie to a range of time.
type Match string

// The ways to match a range. Both bounds are included.
const (
	Within   Match = "within"   // it starts and ends inside
	Overlaps Match = "overlaps" // it has a moment in common with the range
)

// Criteria are what an event has to be like to be found. The zero value finds every event.
//
// A criterion is a field here, with its line in Matches, in Validate where it can be wrong, and in the condition that
// adapters/internal/criteria makes of it; category and city are the ones to follow.
type Criteria struct {
	Range event.TimeRange
	Match Match // Within unless set
	// Words are folded, and each occurs somewhere in the fold of the title.
	Words []string
	// MinPrice and MaxPrice are bounds that the event's own prices lie between in part. An event without prices never does.
	MinPrice, MaxPrice *event.Price
	// These are exact; empty for any.
	Currency, Provider, Organizer, Category, City string
	// OnSale is whether it can be bought at Now: it is in its feed and online, not sold out, and its sale goes on.
	OnSale *bool
	Now    time.Time // to the minute, set where OnSale is
	// SoldOut is what the provider says, Available whether the event is in its feed.
	SoldOut, Available *bool
}

// The bounds of words.
const (
	MaxWords      = 10
	MaxWordLength = 100 // bytes
)

// WordsOf are the words of a text that somebody searches for, as Criteria have them.
func WordsOf(q string) []string {
	words := strings.Fields(event.Fold(q))
	slices.Sort(words)
	return slices.Compact(words)
}

// Validate reports the first criterion that makes no sense, as fault.Invalid. Fields are named as the API names them.
func (c Criteria) Validate() error {
	switch c.Match {
	case "", Within, Overlaps:
	default:
		return fault.InvalidField("match", "match %q is neither within nor overlaps", c.Match)
	}
	if len(c.Words) > MaxWords {
		return fault.InvalidField("q", "q has %d words; %d at most are searched for", len(c.Words), MaxWords)
	}
	for _, word := range c.Words {
		if len(word) > MaxWordLength {
			return fault.InvalidField("q", "q has a word of %d bytes; one has %d at most", len(word), MaxWordLength)
		}
	}
	if c.MinPrice != nil && c.MaxPrice != nil && *c.MinPrice > *c.MaxPrice {
		return fault.InvalidField("min_price", "min_price %s is more than max_price %s; swap them", *c.MinPrice, *c.MaxPrice)
	}
	return nil
}

// Matches is the rule itself: whether an event meets the criteria.
func (c Criteria) Matches(e *event.Event) bool {
	f := &e.Facts
	inRange := c.Range.Within(f.Start, f.End)
	if c.Match == Overlaps {
		inRange = c.Range.Overlaps(f.Start, f.End)
	}
	return inRange && c.hasWords(f.Title) && c.hasPrice(f.Prices) &&
		is(c.Currency, f.Currency) && is(c.Provider, e.Identity.Provider) && is(c.Organizer, f.Organizer) && is(c.Category, f.Category) && is(c.City, f.City) &&
		(c.OnSale == nil || *c.OnSale == c.onSale(e)) &&
		(c.SoldOut == nil || *c.SoldOut == f.SoldOut) &&
		(c.Available == nil || *c.Available == e.Available)
}

// is reports whether a field has the value that is asked for, if one is.
func is(want, got string) bool { return want == "" || want == got }

func (c Criteria) hasWords(title string) bool {
	if len(c.Words) == 0 {
		return true
	}
	fold := event.Fold(title)
	for _, word := range c.Words {
		if !strings.Contains(fold, word) {
			return false
		}
	}
	return true
}

func (c Criteria) hasPrice(p event.PriceRange) bool {
	if c.MinPrice == nil && c.MaxPrice == nil {
		return true
	}
	return p.Known && (c.MinPrice == nil || p.Max >= *c.MinPrice) && (c.MaxPrice == nil || p.Min <= *c.MaxPrice)
}

func (c Criteria) onSale(e *event.Event) bool {
	f, now := &e.Facts, c.Now.Unix()
	return e.Available && f.SellMode == event.Online && !f.SoldOut &&
		(!f.SaleStart.Known() || f.SaleStart.Unix() <= now) && (!f.SaleEnd.Known() || f.SaleEnd.Unix() >= now)
}
