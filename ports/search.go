package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Searcher answers searches.
type Searcher interface {
	// Search returns the events that match, ordered by start, then ID. The page comes from one snapshot.
	// A query that does not validate is fault.Invalid.
	Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error)
}
