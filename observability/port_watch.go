package observability

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/ports"
)

// Watched is what is asked regularly, so that the gauges which the decorators keep are never older than the interval,
// whoever else asks. Each may be nil.
type Watched struct {
	Backlog ports.Backlog
	Feeds   ports.FeedReader
	Parking ports.Parking
	Probes  *Probes
}

// Watch asks at an interval until ctx ends. An answer may take as long as the interval; failures are counted by the
// decorators.
func Watch(ctx context.Context, every time.Duration, w Watched, rec *Recorder) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		w.ask(ctx, every, rec)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w Watched) ask(ctx context.Context, within time.Duration, rec *Recorder) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if w.Backlog != nil {
		_, _ = w.Backlog.Backlog(ctx)
		_, _ = w.Backlog.Oldest(ctx)
	}
	if w.Feeds != nil {
		_, _ = w.Feeds.Feeds(ctx)
	}
	if w.Parking != nil {
		_, _ = w.Parking.CountParked(ctx)
	}
	if w.Probes != nil {
		w.Probes.tell(ctx, rec)
	}
}
