package catalogue

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// SortBy is what pages are ordered by.
type SortBy string

// The orders. ByTitle is by the bytes of the title's fold.
const (
	ByStart    SortBy = "starts_at"
	ByEnd      SortBy = "ends_at"
	ByTitle    SortBy = "title"
	ByMinPrice SortBy = "min_price"
	ByMaxPrice SortBy = "max_price"
)

// Sorts are all orders, for tables that have to be complete.
func Sorts() []SortBy { return []SortBy{ByStart, ByEnd, ByTitle, ByMinPrice, ByMaxPrice} }

// Order is a total order of events: by what it says, then by ID, both in the same direction. Events that have
// nothing to be ordered by, no prices, come last in both.
type Order struct {
	By   SortBy // ByStart unless set
	Desc bool
}

// Validate reports an unknown order as fault.Invalid.
func (o Order) Validate() error {
	switch o.By {
	case "", ByStart, ByEnd, ByTitle, ByMinPrice, ByMaxPrice:
		return nil
	}
	return fault.InvalidField("sortBy", "sortBy %q is none of starts_at, ends_at, title, min_price and max_price", o.By)
}

// Position is where an event stands in an order.
type Position struct {
	None   bool   // it has nothing to be ordered by
	Number int64  // what it is ordered by, but for ByTitle
	Text   string // for ByTitle
	ID     event.ID
}

// PositionOf is where an event stands.
func (o Order) PositionOf(e *event.Event) Position {
	p := Position{ID: e.ID}
	switch f := &e.Facts; o.By {
	case ByEnd:
		p.Number = f.End.Unix()
	case ByTitle:
		p.Text = event.Fold(f.Title)
	case ByMinPrice:
		p.Number, p.None = int64(f.Prices.Min), !f.Prices.Known
	case ByMaxPrice:
		p.Number, p.None = int64(f.Prices.Max), !f.Prices.Known
	default:
		p.Number = f.Start.Unix()
	}
	if p.None {
		p.Number = 0
	}
	return p
}

// Compare tells which of two positions comes first: negative for a.
func (o Order) Compare(a, b Position) int {
	if a.None != b.None {
		if a.None {
			return 1
		}
		return -1
	}
	c := cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(a.Text, b.Text), bytes.Compare(a.ID[:], b.ID[:]))
	if o.Desc {
		return -c
	}
	return c
}
