package jetstream

import (
	"context"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Publish returns nil when the stream has acknowledged each message, which it does once a message is stored
// (and, unless the server syncs by interval, forced to disk). A message whose ID was published within the
// last two minutes is acknowledged and dropped. A batch with a message that cannot be sent is
// refused whole. Headers are bounded to 8 KiB.
//
// Each message is a request of its own, many at a time: unlike the driver's asynchronous publishing this obeys
// ctx at every step and cannot stall on acknowledgements that nobody waits for any more. While each message
// is synced, the disk sets the pace of both.
func (b *Broker) Publish(ctx context.Context, batch ...ports.Message) error {
	if len(batch) == 0 {
		return nil
	}
	messages := make([]*nats.Msg, len(batch))
	for i, m := range batch {
		var err error
		if messages[i], err = encode(b.subject(), m); err != nil {
			return err
		}
	}
	if err := b.Declare(ctx); err != nil {
		return err
	}
	sending, ctx := errgroup.WithContext(ctx)
	sending.SetLimit(cap(b.outbound))
	for _, m := range messages {
		sending.Go(func() error { return b.send(ctx, m) })
	}
	return sending.Wait()
}

func (b *Broker) send(ctx context.Context, m *nats.Msg) error {
	attempted := "publish message " + m.Header.Get(headerID)
	select {
	case b.outbound <- struct{}{}:
		defer func() { <-b.outbound }()
	case <-ctx.Done():
		return fault.Wrap(fault.Unavailable, attempted, ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	_, err := b.js.PublishMsg(ctx, m)
	return b.failed(attempted, err)
}
