package observability

import (
	"context"
	"errors"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// ObserveRuns watches how runs begin, and counts those that could not.
func ObserveRuns(next ports.Runs, rec *Recorder) ports.Runs {
	rec.startFromZero(rec.runsBegun)
	rec.startFromZero(rec.runsRefused, labelRefusal.Values...)
	return &runGiver{next: next, rec: rec, begin: rec.call(callBegin)}
}

type runGiver struct {
	next  ports.Runs
	rec   *Recorder
	begin *call
}

var knownRefusals = fixed(labelRefusal.Values...)

func (g *runGiver) Begin(ctx context.Context, s catalogue.Start) (begun catalogue.Begun, err error) {
	ctx, seen := g.begin.start(ctx, &err)
	defer seen.done(&err)
	begun, err = g.next.Begin(ctx, s)
	provider := g.rec.providers.label(s.Provider)
	if err == nil {
		g.rec.runsBegun.WithLabelValues(provider).Inc()
	} else if refused, ok := errors.AsType[*fault.Error](err); ok && refused.Kind == fault.Conflict {
		g.rec.runsRefused.WithLabelValues(provider, knownRefusals.label(refused.Code)).Inc()
	}
	if seen.recording() {
		seen.span.SetAttributes(attrProvider.String(s.Provider), attrRun.Int64(int64(begun.Run.Number)))
	}
	return begun, err
}
