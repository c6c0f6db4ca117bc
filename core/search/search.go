// Package search holds the use cases that read. They never wait for a provider
// or a broker.
package search

import (
	"context"
	"fmt"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// CodeTooManyResults is the code, with fault.Invalid, of a search that matches more than one answer may hold.
const CodeTooManyResults = "too_many_results"

// Events finds what is on. It may be used from many goroutines.
type Events struct {
	searcher ports.Searcher
	most     int
}

// NewEvents searches with searcher; an answer holds at most most events.
func NewEvents(searcher ports.Searcher, most int) *Events {
	return &Events{searcher: searcher, most: most}
}

// All returns every event of the range, by start, then ID. Nothing is cut silently: a range with more events
// than an answer may hold is fault.Invalid with CodeTooManyResults and says how many there are.
func (e *Events) All(ctx context.Context, r event.TimeRange) (catalogue.Page, error) {
	page, err := e.searcher.Search(ctx, catalogue.Query{Criteria: catalogue.Criteria{Range: r}, Limit: e.most + 1})
	if err != nil || len(page.Events) <= e.most {
		return page, err
	}
	counted, err := e.searcher.Search(ctx, catalogue.Query{Criteria: catalogue.Criteria{Range: r}, Limit: 1, WantTotal: true})
	if err != nil {
		return catalogue.Page{}, err
	}
	return catalogue.Page{}, &fault.Error{
		Kind: fault.Invalid, Code: CodeTooManyResults,
		Message: fmt.Sprintf("%d events match, more than the %d that one answer may hold; narrow starts_at and ends_at", counted.Total, e.most),
	}
}
