package observability

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/ports"
)

// Watch asks at an interval how much is waiting and how the feeds stand, until ctx ends, so that the gauges which
// their decorators keep are never older than that, whoever else asks. Either may be nil. An answer may
// take as long as the interval; failures are counted by the decorators.
func Watch(ctx context.Context, every time.Duration, backlog ports.Backlog, feeds ports.FeedReader) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		ask(ctx, every, backlog, feeds)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func ask(ctx context.Context, within time.Duration, backlog ports.Backlog, feeds ports.FeedReader) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if backlog != nil {
		_, _ = backlog.Backlog(ctx)
	}
	if feeds != nil {
		_, _ = feeds.Feeds(ctx)
	}
}
