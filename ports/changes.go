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
	// Await returns the head of the log once it is another than after: there is news, or another history. Whatever
	// process wrote it, that is within half a second of the commit. While there is none it waits until ctx ends,
	// which is fault.Canceled.
	Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error)
}
