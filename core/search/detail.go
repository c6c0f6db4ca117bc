package search

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// CodeNoSuchEvent is the code, with fault.NotFound, of an event that nobody knows.
const CodeNoSuchEvent = "no_such_event"

// MostHistory is how many changes of an event are told, the latest ones. One whose capacity changes with every reading of
// its feed has that many in a morning.
const MostHistory = 500

// Details tells everything of single events. It may be used from many goroutines.
type Details struct{ reader ports.EventReader }

// NewDetails reads with reader.
func NewDetails(reader ports.EventReader) *Details { return &Details{reader: reader} }

// Detail is everything that is known of an event, with what became of it.
type Detail struct {
	catalogue.Detail // with at most MostHistory changes
	// Before is the event before the first change that is told; nil where that is not known.
	Before *event.Event
	// Complete is whether the history begins when the event was added.
	Complete bool
}

// Of returns what is known of the event. An unknown one is fault.NotFound with CodeNoSuchEvent.
func (d *Details) Of(ctx context.Context, id event.ID) (Detail, error) {
	found, err := d.reader.Event(ctx, id, MostHistory+1)
	if fault.Is(err, fault.NotFound) {
		return Detail{}, &fault.Error{Kind: fault.NotFound, Field: "id", Code: CodeNoSuchEvent, Message: "there is no event " + id.String(), Cause: err}
	}
	if err != nil {
		return Detail{}, err
	}
	detail := Detail{Detail: found, Complete: len(found.History) > 0 && found.History[0].Kind == catalogue.Added}
	if len(found.History) > MostHistory {
		detail.Before, detail.Complete = &found.History[0].Event, false
		detail.History = found.History[1:]
	}
	return detail, nil
}
