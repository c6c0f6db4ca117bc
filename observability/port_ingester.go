package observability

import (
	"context"
	"errors"
	"sync"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// ObserveIngester watches what runs bring into the catalogue: chunks, events that changed, records that were
// rejected, and how runs end.
//
// A conclusion may be tried any number of times; a run is counted by the attempt that ended it. One that was superseded
// ended elsewhere, so it is counted once by each process that meets it while it is the provider's latest.
func ObserveIngester(next ports.Ingester, rec *Recorder) ports.Ingester {
	rec.startFromZero(rec.chunks, labelChunk.Values...)
	rec.startFromZero(rec.eventsChanged, labelChange.Values...)
	rec.startFromZero(rec.rejections, labelReason.Values...)
	rec.startFromZero(rec.skipped)
	rec.runsRefused.WithLabelValues(other, catalogue.CodeFromTheFuture) // of whoever it is that publishes for nobody's provider
	rec.startFromZero(rec.runs, labelRun.Values...)
	return &ingester{
		next: next, rec: rec, ended: map[string]catalogue.RunNumber{},
		apply: rec.call(callApply), complete: rec.call(callComplete), pending: rec.call(callPending), conclude: rec.call(callConclude),
	}
}

type ingester struct {
	next                               ports.Ingester
	rec                                *Recorder
	apply, complete, pending, conclude *call

	mu    sync.Mutex
	ended map[string]catalogue.RunNumber // the last run counted, by label of its provider, so it is bounded
}

func (i *ingester) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (outcome catalogue.Outcome, err error) {
	ctx, seen := i.apply.start(ctx, &err)
	defer seen.done(&err)
	outcome, err = i.next.Apply(ctx, b, decide)
	if err == nil {
		i.countChunk(b, outcome)
	} else if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == catalogue.CodeFromTheFuture {
		i.rec.runsRefused.WithLabelValues(i.rec.providers.label(b.Run.Provider), f.Code).Inc()
	}
	if seen.recording() {
		seen.span.SetAttributes(
			attrProvider.String(b.Run.Provider), attrRun.Int64(int64(b.Run.Number)), attrChunk.Int(b.Chunk),
			attrAdded.Int(outcome.Added), attrUpdated.Int(outcome.Updated), attrRejected.Int(len(b.Rejections)),
			attrRepeated.Bool(outcome.Repeated), attrLate.Bool(outcome.Late),
		)
	}
	return outcome, err
}

func (i *ingester) countChunk(b catalogue.Batch, o catalogue.Outcome) {
	provider := i.rec.providers.label(b.Run.Provider)
	if o.Repeated {
		i.rec.chunks.WithLabelValues(provider, chunkRepeated).Inc()
		return // it was counted when it was applied
	}
	if o.Late {
		i.rec.chunks.WithLabelValues(provider, chunkLate).Inc()
		i.rec.skipped.WithLabelValues(provider).Add(float64(max(len(b.Understood)-o.Added, 0)))
	} else {
		i.rec.chunks.WithLabelValues(provider, chunkApplied).Inc()
	}
	i.countEvents(provider, changeAdded, o.Added)
	i.countEvents(provider, changeUpdated, o.Updated)
	for _, r := range b.Rejections {
		i.rec.rejections.WithLabelValues(provider, knownReasons.label(string(r.Reason))).Inc()
	}
}

var knownReasons = fixed(reasonNames()...)

func (i *ingester) countEvents(provider, change string, n int) {
	if n > 0 {
		i.rec.eventsChanged.WithLabelValues(provider, change).Add(float64(n))
	}
}

func (i *ingester) Complete(ctx context.Context, c catalogue.Completion) (err error) {
	ctx, seen := i.complete.start(ctx, &err)
	defer seen.done(&err)
	if seen.recording() {
		seen.span.SetAttributes(attrProvider.String(c.Run.Provider), attrRun.Int64(int64(c.Run.Number)))
	}
	return i.next.Complete(ctx, c)
}

func (i *ingester) Pending(ctx context.Context) (runs []catalogue.RunRef, err error) {
	ctx, seen := i.pending.start(ctx, &err)
	defer seen.done(&err)
	return i.next.Pending(ctx)
}

func (i *ingester) Conclude(ctx context.Context, r catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (c catalogue.Conclusion, err error) {
	ctx, seen := i.conclude.start(ctx, &err)
	defer seen.done(&err)
	c, err = i.next.Conclude(ctx, r, judge)
	if err == nil {
		i.countRun(r, c)
	}
	if seen.recording() {
		seen.span.SetAttributes(
			attrProvider.String(r.Provider), attrRun.Int64(int64(r.Number)), attrRunState.String(string(c.State)),
			attrWithdrawn.Int(c.Withdrawn), attrReturned.Int(c.Returned),
		)
	}
	return c, err
}

func (i *ingester) countRun(r catalogue.RunRef, c catalogue.Conclusion) {
	provider := i.rec.providers.label(r.Provider)
	if c.Ended || c.State == catalogue.Superseded && i.isNews(provider, r.Number) {
		i.rec.runs.WithLabelValues(provider, string(c.State)).Inc()
	}
	if !c.Ended || c.State != catalogue.Concluded {
		return
	}
	i.rec.runDuration.WithLabelValues(provider).Observe(i.rec.clock().Sub(r.Number.Time()).Seconds())
	i.rec.lastConcluded.WithLabelValues(provider).Set(seconds(r.Number.Time()))
	i.countEvents(provider, changeWithdrawn, c.Withdrawn)
	i.countEvents(provider, changeReturned, c.Returned)
	held := 0
	if c.Verdict.Held {
		held = c.Census.Leaving
	}
	i.rec.heldEvents.WithLabelValues(provider).Set(float64(held))
}

// isNews is whether no run as late as this one was counted.
func (i *ingester) isNews(provider string, run catalogue.RunNumber) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if run <= i.ended[provider] {
		return false
	}
	i.ended[provider] = run
	return true
}
