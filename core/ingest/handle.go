package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// handler does what a message says, be it fresh from the broker or out of the parking.
type handler struct {
	applier *Applier
	log     *slog.Logger
}

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// handle does what the message says, and turns a panic into an error.
func (h handler) handle(ctx context.Context, kind string, body []byte) (outcome catalogue.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{value: r, stack: debug.Stack()}
		}
	}()
	switch kind {
	case ports.KindChunk:
		return h.apply(ctx, body)
	case ports.KindCompletion:
		return outcome, h.complete(ctx, body)
	default:
		return outcome, fault.New(fault.Invalid, "nobody knows the kind %q", kind)
	}
}

func (h handler) apply(ctx context.Context, body []byte) (catalogue.Outcome, error) {
	chunk, err := DecodeChunk(body)
	if err != nil {
		return catalogue.Outcome{}, err
	}
	outcome, err := h.applier.Apply(ctx, chunk)
	if err != nil {
		return outcome, err
	}
	h.log.DebugContext(ctx, "chunk applied", "provider", chunk.Run.Provider, "run", chunk.Run.Number, "chunk", chunk.Number,
		"added", outcome.Added, "updated", outcome.Updated, "rejected", outcome.Rejected, "late", outcome.Late, "repeated", outcome.Repeated)
	if outcome.Ready {
		h.conclude(ctx, chunk.Run)
	}
	return outcome, nil
}

func (h handler) complete(ctx context.Context, body []byte) error {
	completion, err := DecodeCompletion(body)
	if err != nil {
		return err
	}
	if err := h.applier.Complete(ctx, completion); err != nil {
		return err
	}
	h.conclude(ctx, completion.Run)
	return nil
}

// conclude tries; when it does not succeed the sweeper will, so the message is done either way.
func (h handler) conclude(ctx context.Context, r catalogue.RunRef) {
	conclusion, err := h.applier.Conclude(ctx, r)
	logConclusion(ctx, h.log, r, conclusion, err)
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

// runOf is the run that a message belongs to: a parked part keeps its run from being concluded, and nobody waits
// for it. A message that cannot be read has its run in its ID still.
func runOf(id, kind string, body []byte) *catalogue.RunRef {
	switch kind {
	case ports.KindChunk:
		if c, err := DecodeChunk(body); err == nil {
			return &c.Run
		}
	case ports.KindCompletion:
		if c, err := DecodeCompletion(body); err == nil {
			return &c.Run
		}
	}
	run, _, ok := cutLast(id)
	provider, number, named := cutLast(run)
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || !named || provider == "" || err != nil || n <= 0 {
		return nil
	}
	return &catalogue.RunRef{Provider: provider, Number: catalogue.RunNumber(n)}
}

// cutLast cuts a message's ID, or what is left of it, at its last slash.
func cutLast(id string) (before, after string, found bool) {
	i := strings.LastIndexByte(id, '/')
	if i < 0 {
		return id, "", false
	}
	return id[:i], id[i+1:], true
}
