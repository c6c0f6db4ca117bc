package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

const (
	pullExpiry    = 10 * time.Second       // how long one request for a message stands
	pullHeartbeat = 2 * time.Second        // the server's sign that the request still stands; missed twice, the consumer is looked for
	resumeAfter   = time.Second            // after something unexpected
	drainPatience = 500 * time.Millisecond // for messages that were on their way when consuming ended
	flushPatience = 5 * time.Second        // for the last verdicts to reach the server
)

// Consume is described by the port. Some particulars:
//
// Each handler asks for a message only when it is free. A message that waits in a buffer would be leased, and
// counted as attempted, with nobody at work on it, while another process may be idle.
//
// Verdicts are sent without waiting for an answer: one that is lost has its message delivered again, which
// consumers have to take anyway, so that an answer would buy nothing for its round trip.
//
// A closed connection, and nothing else, is an error: fault.Unavailable. A panic in handle is not recovered.
func (b *Broker) Consume(ctx context.Context, parallel int, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	if parallel < 1 {
		return fault.InvalidField("parallel", "is %d, at least one handler is needed", parallel)
	}
	var workers errgroup.Group
	for range parallel {
		workers.Go(func() error { return b.work(ctx, handle) })
	}
	err := workers.Wait()

	flushing, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushPatience)
	defer cancel()
	if flushErr := b.conn.FlushWithContext(flushing); flushErr != nil && err == nil {
		b.options.Logger.WarnContext(ctx, "the last verdicts may be lost, their messages come again", "error", flushErr)
	}
	return err
}

// work handles one delivery after the other until ctx ends or the connection is closed.
func (b *Broker) work(ctx context.Context, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	for ctx.Err() == nil {
		err := b.receive(ctx, handle)
		switch {
		case ctx.Err() != nil:
		case b.conn.IsClosed():
			return fault.Wrap(fault.Unavailable, "consume", nats.ErrConnectionClosed)
		default:
			err = b.failed("consume", err) // what is missing is declared by the next attempt
			b.options.Logger.WarnContext(ctx, "consuming is interrupted and will resume", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(resumeAfter):
			}
		}
	}
	return nil
}

func (b *Broker) receive(ctx context.Context, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	if err := b.Declare(ctx); err != nil {
		return err
	}
	consumer, err := b.js.Consumer(ctx, b.options.Stream, b.consumerName())
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(
		jetstream.PullMaxMessages(1),
		jetstream.PullExpiry(pullExpiry),
		jetstream.PullHeartbeat(pullHeartbeat),
	)
	if err != nil {
		return err
	}
	defer giveBack(messages)
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if ctx.Err() != nil { // both were so; the end goes first
			return msg.Nak()
		}
		b.deliver(ctx, msg, handle)
	}
}

// giveBack ends a request for messages. One that was on its way goes to another consumer at once, not after its lease.
func giveBack(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(drainPatience))
		if err != nil {
			return
		}
		_ = msg.Nak() // if it is lost, the lease ends
	}
}

func (b *Broker) deliver(ctx context.Context, msg jetstream.Msg, handle func(context.Context, ports.Delivery) ports.Verdict) {
	release := b.keepLeased(msg)
	verdict := handle(context.WithoutCancel(ctx), decode(msg))
	release()
	if err := settle(msg, verdict); err != nil {
		b.options.Logger.WarnContext(ctx, "a verdict is lost, its message comes again", "error", err)
	}
}

func settle(msg jetstream.Msg, v ports.Verdict) error {
	switch {
	case !v.Retry:
		return msg.Ack()
	case v.After > 0:
		return msg.NakWithDelay(v.After)
	default:
		return msg.Nak()
	}
}

// keepLeased renews the lease until release is called, which waits for the last renewal.
func (b *Broker) keepLeased(msg jetstream.Msg) (release func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		renew := time.NewTicker(b.options.Lease / 3)
		defer renew.Stop()
		for {
			select {
			case <-done:
				return
			case <-renew.C:
				if err := msg.InProgress(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
					b.options.Logger.Warn("a lease is not renewed", "error", err)
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
