package observability

import (
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
)

// Fetcher is the use case that reads a feed and publishes it.
type Fetcher interface {
	// Fetch reads the source's feed as the given run.
	Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error)
}

// ObserveFetcher gives each reading of a feed a span around everything that belongs to it, so that the
// request to the provider, the messages, and what consumers do with them, are one trace.
//
// The run has begun by then. That is a trace of its own, as many attempts to begin may come to nothing, and so is a conclusion
// that the sweeper tries: it finds runs in the store, which knows of no trace. All three have the number of the run.
func ObserveFetcher(next Fetcher, rec *Recorder) Fetcher {
	return &fetcher{next: next, rec: rec}
}

type fetcher struct {
	next Fetcher
	rec  *Recorder
}

func (f *fetcher) Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error) {
	if f.rec.tracer == nil {
		return f.next.Fetch(ctx, s, run)
	}
	ctx, span := f.rec.tracer.Start(ctx, spanRun, trace.WithAttributes(attrProvider.String(s.ID), attrRun.Int64(int64(run.Run.Number))))
	defer span.End()
	fetched, err := f.next.Fetch(ctx, s, run)
	kind := kindOf(err)
	span.SetAttributes(attrOutcome.String(kind.String()))
	markError(span, kind, err)
	return fetched, err
}
