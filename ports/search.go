package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// EventReader knows single events.
type EventReader interface {
	// Event returns everything that is known of an event, with at most history of its changes, the latest ones. An
	// unknown event is fault.NotFound.
	Event(ctx context.Context, id event.ID, history int) (catalogue.Detail, error)
}

// Searcher answers searches.
type Searcher interface {
	// Search returns the events that match, in their order. The page, the total and the version come from one snapshot.
	// A query that does not validate is fault.Invalid. A version of another history, or one that is too long ago to be searched, is
	// fault.Gone.
	Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error)
}
