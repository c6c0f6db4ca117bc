package ports

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Feed reads a provider's feed.
type Feed interface {
	// Fetch hands the records to each, in the order of the feed, one at a time, and stops at its first error,
	// which it returns unchanged. It returns nil only when the feed was read to its end (or
	// not modified since the validators were given): a feed that was cut, however much of it was
	// handed over before, is an error, fault.Unavailable where the provider is at fault.
	// A record may be kept, but see catalogue.Record for what it shares with others.
	Fetch(ctx context.Context, s catalogue.Source, since catalogue.Validators, each func(catalogue.Record) error) (catalogue.Receipt, error)
}
