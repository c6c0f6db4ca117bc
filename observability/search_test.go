package observability_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func TestASearchIsCountedTimedAndTraced(t *testing.T) {
	r := newRig(t)
	w := &world{page: catalogue.Page{Events: make([]event.Event, 3)}}
	s := observability.ObserveSearcher(w, r.Recorder)

	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "request")
	page, err := s.Search(ctx, catalogue.Query{Limit: 20})
	parent.End()

	require.NoError(t, err)
	require.Len(t, page.Events, 3)
	r.only("marquee_port_calls_total", map[string]int{"method=search outcome=ok port=searcher": 1})
	r.only("marquee_port_call_duration_seconds", map[string]int{"method=search port=searcher": 1})
	require.Equal(t, "\nrequest (internal)\n  searcher.search (client)", r.tree())
	span := r.span("searcher.search")
	require.Equal(t, map[string]any{
		"db.system.name": "sqlite", "db.operation.name": "search",
		"marquee.outcome": "ok", "marquee.search.limit": 20, "marquee.search.events": 3,
	}, attributes(span))
	require.Equal(t, span.SpanContext.SpanID(), trace.SpanContextFromContext(w.seen).SpanID(), "what is called sees the span")
}

// inMemory is a read model of which nothing but searches is asked.
type inMemory struct {
	ports.ReadModel

	world *world
}

func (m inMemory) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	return m.world.Search(ctx, q)
}

func TestASearchInMemoryIsOneOfNoDatabase(t *testing.T) {
	r := newRig(t)
	s := observability.ObserveReadModel(inMemory{world: &world{page: catalogue.Page{Events: make([]event.Event, 3)}}}, r.Recorder)
	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "request")
	_, err := s.Search(ctx, catalogue.Query{Limit: 20})
	parent.End()
	require.NoError(t, err)
	r.only("marquee_port_calls_total", map[string]int{"method=search outcome=ok port=index": 1})
	require.Equal(t, "\nrequest (internal)\n  index.search (internal)", r.tree())
	require.Equal(t, map[string]any{"marquee.outcome": "ok", "marquee.search.limit": 20, "marquee.search.events": 3}, attributes(r.span("index.search")))
}

func TestASnapshotTellsHowMuchWasRead(t *testing.T) {
	r := newRig(t)
	w := &world{page: catalogue.Page{Events: make([]event.Event, 3), At: catalogue.Version{Number: 7}}}
	s := observability.ObserveSnapshotter(w, r.Recorder)
	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "load")
	taken := 0
	at, err := s.Snapshot(ctx, event.TimeRange{}, func(e *event.Event) error {
		require.Same(t, &w.page.Events[taken], e)
		taken++
		return nil
	})
	parent.End()
	require.NoError(t, err)
	require.Equal(t, w.page.At, at)
	require.Equal(t, 3, taken)
	r.only("marquee_port_calls_total", map[string]int{"method=snapshot outcome=ok port=snapshotter": 1})
	require.Equal(t, map[string]any{
		"db.system.name": "sqlite", "db.operation.name": "snapshot", "marquee.outcome": "ok", "marquee.snapshot.events": 3,
	}, attributes(r.span("snapshotter.snapshot")))

	full := errors.New("full")
	_, err = s.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { return full })
	require.Equal(t, full, err, "the error passes unchanged")
}

func TestAHotCallStartsNoTraceOfItsOwn(t *testing.T) {
	r := newRig(t)
	_, err := observability.ObserveSearcher(&world{}, r.Recorder).Search(t.Context(), catalogue.Query{Limit: 1})
	require.NoError(t, err)
	_, err = observability.ObserveLimiter(&world{}, r.Recorder).Allow(t.Context(), "192.0.2.1", "search")
	require.NoError(t, err)
	require.Empty(t, r.spans.GetSpans())
	require.Len(t, r.values("marquee_port_calls_total"), 2, "it is counted all the same")
}

func TestOnlyWhatSomebodyHasToMendIsAnErrorOfTheSpan(t *testing.T) {
	wrong := map[fault.Kind]bool{fault.Unavailable: true, fault.Internal: true}
	for _, kind := range fault.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			r := newRig(t)
			w := &world{}
			if kind != fault.None {
				w.err = fmt.Errorf("rejected: %w", fault.New(kind, "because"))
			}
			_, err := observability.ObserveRejectionReader(w, r.Recorder).Rejected(t.Context(), "", 1)
			require.Equal(t, w.err, err, "the error passes unchanged")

			r.only("marquee_port_calls_total", map[string]int{"method=rejected outcome=" + kind.String() + " port=rejection_reader": 1})
			span := r.span("rejection_reader.rejected")
			require.Equal(t, kind.String(), attributes(span)["marquee.outcome"])
			if wrong[kind] {
				require.Equal(t, codes.Error, span.Status.Code)
				require.Equal(t, kind.String(), attributes(span)["error.type"])
				require.Len(t, span.Events, 1)
			} else {
				require.Equal(t, codes.Unset, span.Status.Code)
				require.Empty(t, span.Events)
			}
		})
	}
}

func TestTheTextOfAnErrorIsBoundedOnASpan(t *testing.T) {
	r := newRig(t)
	w := &world{err: errors.New(strings.Repeat("é", 1<<20))}
	_, err := observability.ObserveRejectionReader(w, r.Recorder).Rejected(t.Context(), "", 1)
	require.Error(t, err)
	span := r.span("rejection_reader.rejected")
	require.Less(t, len(span.Status.Description), 4<<10)
	require.Contains(t, span.Status.Description, "bytes more")
}

func TestACallThatPanicsIsNotCountedAsFine(t *testing.T) {
	r := newRig(t)
	i := observability.ObserveIngester(&world{apply: func() { panic("bug") }}, r.Recorder)
	require.PanicsWithValue(t, "bug", func() { _, _ = i.Apply(t.Context(), catalogue.Batch{}, nil) })
	r.only("marquee_port_calls_total", map[string]int{"method=apply outcome=internal port=ingester": 1})
	require.Equal(t, codes.Error, r.span("ingester.apply").Status.Code)
}

func TestTheLimiterIsCountedByClass(t *testing.T) {
	r := newSampledRig(t, nil)
	w := &world{budget: ports.Budget{Allowed: true}}
	l := observability.ObserveLimiter(w, r.Recorder)
	allow := func(class string) {
		_, err := l.Allow(t.Context(), "192.0.2.1", class)
		require.NoError(t, err)
	}
	allow("search")
	allow("search")
	w.budget.Allowed = false
	allow("search")
	r.only("marquee_limit_decisions_total", map[string]int{"class=search decision=allowed": 2, "class=search decision=refused": 1})

	for i := range 100 {
		allow(fmt.Sprintf("made-up-%d", i))
	}
	classes := r.values("marquee_limit_decisions_total")
	require.Equal(t, 85, classes["class=other decision=refused"])
	require.Len(t, classes, 1+16+1)
}

func TestADecoratedSearchAllocatesNothingWithoutTracing(t *testing.T) {
	for name, sampler := range map[string]sdktrace.Sampler{"off": nil, "on but not sampled": sdktrace.NeverSample()} {
		t.Run(name, func(t *testing.T) {
			r := newSampledRig(t, sampler)
			s := observability.ObserveSearcher(&world{}, r.Recorder)
			l := observability.ObserveLimiter(&world{}, r.Recorder)
			ctx := context.Background()
			require.Zero(t, testing.AllocsPerRun(1000, func() {
				_, _ = s.Search(ctx, catalogue.Query{Limit: 1})
				_, _ = l.Allow(ctx, "192.0.2.1", "search")
			}))
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	observed := func(t *observability.Tracing) ports.Searcher {
		return observability.ObserveSearcher(&world{}, observability.NewRecorder(observability.RecorderOptions{
			Registry: observability.NewRegistry(observability.Build{}), Tracing: t,
		}))
	}
	for name, s := range map[string]ports.Searcher{
		"bare":        &world{},
		"tracing_off": observed(nil),
		"not_sampled": observed(observability.NewTracing(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample())), nil)),
	} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = s.Search(ctx, catalogue.Query{Limit: 1})
			}
		})
	}
}
