package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// ChangeReader reads the change log.
type ChangeReader interface {
	// Changes returns at most limit entries after a version, in order, and the head of the log. Every
	// number up to the head is final. A version of another history is fault.Gone.
	Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error)
}
