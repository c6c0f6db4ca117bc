package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
)

// ObserveSnapshotter watches who reads the catalogue, and what takes the events along with it: the call lasts until they are
// taken. It gets a span inside a sampled trace only.
func ObserveSnapshotter(next ports.Snapshotter, rec *Recorder) ports.Snapshotter {
	return &snapshotter{next: next, snapshot: rec.call(callSnapshot)}
}

type snapshotter struct {
	next     ports.Snapshotter
	snapshot *call
}

func (s *snapshotter) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (at catalogue.Version, err error) {
	ctx, seen := s.snapshot.start(ctx, &err)
	defer seen.done(&err)
	events := 0
	at, err = s.next.Snapshot(ctx, starts, func(e *event.Event) error {
		events++
		return each(e)
	})
	if seen.recording() {
		seen.span.SetAttributes(attrSnapshotEvents.Int(events))
	}
	return at, err
}
