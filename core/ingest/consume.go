package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
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
	applier *Applier
	intake  ports.Intake
	parking ports.Parking
	log     *slog.Logger
}

// NewConsumer takes messages from intake, has them applied by applier, and puts faulty ones into parking.
func NewConsumer(intake ports.Intake, applier *Applier, parking ports.Parking, log *slog.Logger) *Consumer {
	return &Consumer{applier: applier, intake: intake, parking: parking, log: log}
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
	err := c.handle(ctx, d)
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

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// handle does what the message says, and turns a panic into an error.
func (c *Consumer) handle(ctx context.Context, d ports.Delivery) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{value: r, stack: debug.Stack()}
		}
	}()
	switch d.Kind {
	case ports.KindChunk:
		return c.apply(ctx, d.Body)
	case ports.KindCompletion:
		return c.complete(ctx, d.Body)
	default:
		return fault.New(fault.Invalid, "nobody knows the kind %q", d.Kind)
	}
}

func (c *Consumer) apply(ctx context.Context, body []byte) error {
	chunk, err := DecodeChunk(body)
	if err != nil {
		return err
	}
	outcome, err := c.applier.Apply(ctx, chunk)
	if err != nil {
		return err
	}
	c.log.DebugContext(ctx, "chunk applied", "provider", chunk.Run.Provider, "run", chunk.Run.Number, "chunk", chunk.Number,
		"added", outcome.Added, "updated", outcome.Updated, "rejected", outcome.Rejected, "late", outcome.Late, "repeated", outcome.Repeated)
	if outcome.Ready {
		c.conclude(ctx, chunk.Run)
	}
	return nil
}

func (c *Consumer) complete(ctx context.Context, body []byte) error {
	completion, err := DecodeCompletion(body)
	if err != nil {
		return err
	}
	if err := c.applier.Complete(ctx, completion); err != nil {
		return err
	}
	c.conclude(ctx, completion.Run)
	return nil
}

// conclude tries; when it does not succeed the sweeper will, so the message is done either way.
func (c *Consumer) conclude(ctx context.Context, r catalogue.RunRef) {
	conclusion, err := c.applier.Conclude(ctx, r)
	logConclusion(ctx, c.log, r, conclusion, err)
}

func logConclusion(ctx context.Context, log *slog.Logger, r catalogue.RunRef, c catalogue.Conclusion, err error) {
	log = log.With("provider", r.Provider, "run", r.Number)
	if c.Verdict.Note != "" {
		log = log.With("note", c.Verdict.Note)
	}
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		log.WarnContext(ctx, "the run will be concluded later", "error", err)
	case !c.Ended:
	case c.Verdict.Held:
		log.WarnContext(ctx, "run ended, departures held", "seen", c.Census.Seen, "leaving", c.Census.Leaving)
	default:
		log.InfoContext(ctx, "run ended", "state", c.State, "seen", c.Census.Seen, "withdrawn", c.Withdrawn, "returned", c.Returned)
	}
}

func (c *Consumer) park(ctx context.Context, d ports.Delivery, why error) error {
	attrs := []any{"message", d.ID, "attempt", d.Attempt, "error", why}
	if p, ok := errors.AsType[*panicError](why); ok {
		attrs = append(attrs, "stack", string(p.stack))
	}
	c.log.ErrorContext(ctx, "message parked", attrs...)
	return c.parking.Park(ctx, d, runOf(d), why.Error())
}

// runOf is the run that a message belongs to, as far as it can still be read: a parked part keeps its run
// from being concluded.
func runOf(d ports.Delivery) *catalogue.RunRef {
	switch d.Kind {
	case ports.KindChunk:
		if c, err := DecodeChunk(d.Body); err == nil {
			return &c.Run
		}
	case ports.KindCompletion:
		if c, err := DecodeCompletion(d.Body); err == nil {
			return &c.Run
		}
	}
	return nil
}
