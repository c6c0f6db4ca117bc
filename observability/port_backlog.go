package observability

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/ports"
)

// ObserveBacklog keeps the gauge of what is waiting as it was last told. Watch asks regularly.
func ObserveBacklog(next ports.Backlog, rec *Recorder) ports.Backlog {
	return &backlogReader{next: next, backlog: rec.call(callBacklog), waiting: rec.backlog.WithLabelValues()}
}

type backlogReader struct {
	next    ports.Backlog
	backlog *call
	waiting prometheus.Gauge
}

func (b *backlogReader) Backlog(ctx context.Context) (n int64, err error) {
	ctx, seen := b.backlog.start(ctx, &err)
	defer seen.done(&err)
	n, err = b.next.Backlog(ctx)
	if err == nil {
		b.waiting.Set(float64(n))
	}
	return n, err
}
