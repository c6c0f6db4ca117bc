package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
)

// ObserveEventReader watches who asks for single events.
func ObserveEventReader(next ports.EventReader, rec *Recorder) ports.EventReader {
	return &eventReader{next: next, event: rec.call(callEvent)}
}

type eventReader struct {
	next  ports.EventReader
	event *call
}

func (r *eventReader) Event(ctx context.Context, id event.ID, history int) (detail catalogue.Detail, err error) {
	ctx, seen := r.event.start(ctx, &err)
	defer seen.done(&err)
	return r.next.Event(ctx, id, history)
}
