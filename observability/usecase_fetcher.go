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
