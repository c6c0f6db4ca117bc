package observability

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/ports"
)

// ObserveBacklog keeps the gauge of what is waiting as it was last told. Watch asks regularly.
func ObserveBacklog(next ports.Backlog, rec *Recorder) ports.Backlog {
	return &backlogReader{
		next: next, backlog: rec.call(callBacklog), oldest: rec.call(callOldest),
		waiting: rec.backlog.WithLabelValues(), age: rec.backlogAge.WithLabelValues(), clock: rec.clock,
	}
}

type backlogReader struct {
	next            ports.Backlog
	backlog, oldest *call
	waiting, age    prometheus.Gauge
	clock           func() time.Time
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

func (b *backlogReader) Oldest(ctx context.Context) (published time.Time, err error) {
	ctx, seen := b.oldest.start(ctx, &err)
	defer seen.done(&err)
	published, err = b.next.Oldest(ctx)
	switch {
	case err != nil:
	case published.IsZero():
		b.age.Set(0)
	default:
		b.age.Set(max(b.clock().Sub(published).Seconds(), 0))
	}
	return published, err
}
