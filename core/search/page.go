package search

import (
	"context"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// PageRequest asks for one page of what matches.
type PageRequest struct {
	Criteria catalogue.Criteria
	Order    catalogue.Order
	Size     int // events on a page, at least 1
	Number   int // of the page, from 1; where it begins is counted anew each time
	// Behind is where the page before ended; the page begins there. It takes the place of Number.
	Behind *Mark
}

// Mark is where a page ended. Whoever goes on from mark to mark sees each event that matched when the first page was
// made exactly once, as it was then, whatever is written meanwhile.
type Mark struct {
	Number int // of the page that comes next
	After  catalogue.Position
	AsOf   catalogue.Version // of the first page
	Total  int               // of that version
}

// Page is one page of what matches.
type Page struct {
	catalogue.Page       // with the total
	Number         int   // from 1
	Next           *Mark // nil for the last page, and for one past the end
}

// Page returns one page. One past the end is empty and has the total all the same. Bounds of a price without a currency, where
// what matches has several, are fault.Invalid. A mark whose version is gone is fault.Gone.
func (e *Events) Page(ctx context.Context, r PageRequest) (Page, error) {
	q := catalogue.Query{Criteria: r.Criteria, Order: r.Order, Limit: r.Size}
	number := r.Number
	if r.Behind == nil {
		q.Offset, q.WantTotal = (r.Number-1)*r.Size, true
		q.WantCurrencies = r.Criteria.Currency == "" && (r.Criteria.MinPrice != nil || r.Criteria.MaxPrice != nil)
	} else {
		q.After, q.AsOf, number = &r.Behind.After, r.Behind.AsOf, r.Behind.Number
	}
	found, err := e.searcher.Search(ctx, q)
	switch {
	case r.Behind != nil && fault.Is(err, fault.Gone):
		return Page{}, &fault.Error{
			Kind: fault.Gone, Field: "cursor", Cause: err,
			Message: "the cursor is of a version of the catalogue that cannot be searched any more; begin again with the first page",
		}
	case err != nil:
		return Page{}, err
	case len(found.Currencies) > 1:
		return Page{}, severalCurrencies(found.Currencies)
	case r.Behind != nil:
		found.Total = r.Behind.Total
	}
	page := Page{Page: found, Number: number}
	if n := len(found.Events); n == r.Size && number*r.Size < found.Total {
		page.Next = &Mark{Number: number + 1, After: r.Order.PositionOf(&found.Events[n-1]), AsOf: found.At, Total: found.Total}
	}
	return page, nil
}

// severalCurrencies refuses to compare amounts of different currencies.
func severalCurrencies(some []string) error {
	list := strings.Join(some, ", ")
	if len(some) == catalogue.MostCurrencies {
		list += " and perhaps others"
	}
	return fault.InvalidField("currency", "what matches has prices in several currencies (%s); say in which with currency", list)
}
