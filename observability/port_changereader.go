package observability

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveChangeReader watches who follows the change log: how much is read, and where the log ends.
func ObserveChangeReader(next ports.ChangeReader, rec *Recorder) ports.ChangeReader {
	return &changeReader{
		next: next, changes: rec.call(callChanges), await: rec.call(callAwait),
		read: rec.changesRead.WithLabelValues(), head: rec.changeHead.WithLabelValues(),
	}
}

type changeReader struct {
	next           ports.ChangeReader
	changes, await *call
	read           prometheus.Counter
	head           prometheus.Gauge
}

func (c *changeReader) Changes(ctx context.Context, after catalogue.Version, limit int) (batch catalogue.ChangeBatch, err error) {
	ctx, seen := c.changes.start(ctx, &err)
	defer seen.done(&err)
	batch, err = c.next.Changes(ctx, after, limit)
	if err == nil {
		c.read.Add(float64(len(batch.Changes)))
		c.head.Set(float64(batch.Head.Number))
	}
	return batch, err
}

func (c *changeReader) Await(ctx context.Context, after catalogue.Version) (head catalogue.Version, err error) {
	ctx, seen := c.await.start(ctx, &err)
	defer seen.done(&err)
	return c.next.Await(ctx, after)
}
