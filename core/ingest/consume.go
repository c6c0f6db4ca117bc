package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// A message is faulty itself after as many crashes of its consumers, or as many errors in a row that nobody can
// explain. The latter take more than a minute: what the store failed to name may still pass.
const (
	maxCrashes     = 5
	maxUnexplained = 20
)

// How long to wait before a dependency that is away is tried again: the first wait doubles up to the longest.
const (
	firstWait   = 100 * time.Millisecond
	longestWait = 5 * time.Second
)

// Consumer takes messages from the broker and has them applied.
//
// A message with a fault of its own is parked and acknowledged, so that it stops nobody. While a
// dependency is away nothing is parked and nothing given back: the consumer keeps what it has in
// hand and tries again, which is how intake pauses by itself.
type Consumer struct {
	handler
	intake  ports.Intake
	parking ports.Parking
}

// NewConsumer takes messages from intake, has them applied by applier, and puts faulty ones into parking.
func NewConsumer(intake ports.Intake, applier *Applier, parking ports.Parking, log *slog.Logger) *Consumer {
	return &Consumer{handler: handler{applier, log}, intake: intake, parking: parking}
}

// Run handles up to parallel messages at a time until ctx ends, and then finishes those in hand.
func (c *Consumer) Run(ctx context.Context, parallel int) error {
	return c.intake.Consume(ctx, parallel, func(work context.Context, d ports.Delivery) ports.Verdict {
		var in hand
		for wait := firstWait; ; wait = min(2*wait, longestWait) {
			err := c.attempt(work, d, &in)
			if err == nil {
				c.absolve(work, d, in)
				return ports.Verdict{}
			}
			c.log.WarnContext(work, "a message waits for a dependency", "message", d.ID, "attempt", d.Attempt, "error", err)
			select {
			case <-ctx.Done():
				c.absolve(work, d, in)
				return ports.Verdict{Retry: true}
			case <-work.Done():
				return ports.Verdict{Retry: true}
			case <-time.After(wait):
			}
		}
	})
}

// absolve ends the suspicions against a message that did not take its consumer down.
func (c *Consumer) absolve(ctx context.Context, d ports.Delivery, in hand) {
	if !in.suspected {
		return
	}
	if err := c.parking.Absolve(ctx, d.ID); err != nil {
		c.log.WarnContext(ctx, "a message stays suspected for a day", "message", d.ID, "error", err)
	}
}

// slowAfter is far longer than any transaction takes. Nothing can end what runs for ever inside of this process, but
// somebody can be told.
const slowAfter = time.Minute

// hand is what is remembered of a message while it is in hand.
type hand struct {
	suspected   bool
	unexplained int
	doomed      error // why it is to be parked, whatever else happens
}

// attempt is nil when the message is done or parked; otherwise it has to wait.
func (c *Consumer) attempt(ctx context.Context, d ports.Delivery, in *hand) error {
	if in.doomed == nil {
		if err := c.try(ctx, d, in); err != nil || in.doomed == nil {
			return err
		}
	}
	return c.park(ctx, d, in.doomed)
}

// try is nil when the message is done, or doomed.
func (c *Consumer) try(ctx context.Context, d ports.Delivery, in *hand) error {
	if d.Attempt > 1 && !in.suspected {
		// It came before and was never answered. The store counts that, not the broker, whose count also
		// grows when a consumer is stopped in order.
		crashes, err := c.parking.Suspect(ctx, d.ID)
		if err != nil {
			return err
		}
		in.suspected = true
		if crashes >= maxCrashes {
			in.doomed = fault.New(fault.Invalid, "it was taken %d times and never answered", crashes)
			return nil
		}
	}
	slow := time.AfterFunc(slowAfter, func() {
		c.log.ErrorContext(ctx, "a message does not come to an end; its consumer is lost to the others", "message", d.ID, "attempt", d.Attempt, "after", slowAfter.String())
	})
	_, err := c.handle(ctx, d.Kind, d.Body)
	slow.Stop()
	switch kind := fault.KindOf(err); {
	case err == nil:
		return nil
	case kind == fault.Invalid || kind == fault.NotFound || kind == fault.Gone:
		in.doomed = err
		return nil
	case kind == fault.Internal:
		in.unexplained++
		if _, panicked := errors.AsType[*panicError](err); panicked || in.unexplained >= maxUnexplained {
			in.doomed = err
			return nil
		}
	}
	return err
}

func (c *Consumer) park(ctx context.Context, d ports.Delivery, why error) error {
	attrs := []any{"message", d.ID, "attempt", d.Attempt, "error", why}
	if p, ok := errors.AsType[*panicError](why); ok {
		attrs = append(attrs, "stack", string(p.stack))
	}
	c.log.ErrorContext(ctx, "message parked", attrs...)
	return c.parking.Park(ctx, d, runOf(d.ID, d.Kind, d.Body), why.Error())
}
