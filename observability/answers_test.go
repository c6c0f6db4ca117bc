package observability_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func TestLooksForAnswersAreCountedByLayer(t *testing.T) {
	r := newRig(t)
	w := &world{}
	memory, redis := observability.ObserveAnswerCache(w, observability.LayerMemory, r.Recorder), observability.ObserveAnswerCache(w, observability.LayerRedis, r.Recorder)
	look := func(c ports.AnswerCache) { _, _, _ = c.Get(t.Context(), ports.AnswerKey{}) }
	look(memory)
	look(redis)
	w.kept = true
	look(memory)
	w.err = fault.New(fault.Unavailable, "away")
	look(redis)
	_ = redis.Put(t.Context(), ports.AnswerKey{}, ports.Answer{}, time.Minute)
	r.only("marquee_answer_cache_lookups_total", map[string]int{
		"layer=memory outcome=miss": 1, "layer=memory outcome=hit": 1, "layer=redis outcome=miss": 1, "layer=redis outcome=error": 1,
	})
	r.only("marquee_port_calls_total", map[string]int{
		"method=get outcome=ok port=answer_cache": 3, "method=get outcome=unavailable port=answer_cache": 1, "method=put outcome=unavailable port=answer_cache": 1,
	})
	require.Empty(t, r.spans.GetSpans(), "no trace begins here")

	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "request")
	_, _, _ = memory.Get(ctx, ports.AnswerKey{})
	_ = redis.Put(ctx, ports.AnswerKey{}, ports.Answer{}, time.Minute)
	parent.End()
	require.Equal(t, map[string]any{
		"marquee.outcome": "unavailable", "error.type": "unavailable", "marquee.cache.layer": "memory", "marquee.cache.hit": true,
	}, attributes(r.span("answer_cache.get")))
	require.Equal(t, trace.SpanKindInternal, r.span("answer_cache.get").SpanKind, "it stays in the process")
	far := r.span("answer_cache.put")
	require.Equal(t, trace.SpanKindClient, far.SpanKind)
	require.Equal(t, "redis", attributes(far)["db.system.name"])
	require.Equal(t, "put", attributes(far)["db.operation.name"])
}

func TestAnswersAreCountedByHowTheyCameAbout(t *testing.T) {
	r := newRig(t)
	w := &world{}
	a := observability.ObserveAnswers(w, r.Recorder)
	for _, w.served = range []search.Served{
		{Source: search.Near}, {Source: search.Near}, {Source: search.Far}, {Source: search.Loaded}, {Source: search.Joined},
		{Source: search.Near, Stale: true}, {Source: search.Joined, Stale: true},
	} {
		served, err := a.Answer(t.Context(), ports.AnswerKey{}, event.TimeRange{}, nil)
		require.NoError(t, err)
		require.Equal(t, w.served, served)
	}
	w.err = fault.New(fault.Unavailable, "away")
	_, err := a.Answer(t.Context(), ports.AnswerKey{}, event.TimeRange{}, nil)
	require.Equal(t, w.err, err)
	r.only("marquee_answers_total", map[string]int{"served=memory": 2, "served=redis": 1, "served=loaded": 1, "served=joined": 1, "served=stale": 2})
}

func TestTheWaitForChangesIsCountedAndNotTimed(t *testing.T) {
	r := newRig(t)
	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "request")
	head, err := observability.ObserveChangeReader(&world{batch: catalogue.ChangeBatch{Head: catalogue.Version{Number: 7}}}, r.Recorder).Await(ctx, catalogue.Version{})
	parent.End()
	require.NoError(t, err)
	require.EqualValues(t, 7, head.Number)
	r.only("marquee_port_calls_total", map[string]int{"method=await outcome=ok port=change_reader": 1})
	r.only("marquee_port_call_duration_seconds", map[string]int{})
	require.Len(t, r.spans.GetSpans(), 1)
}

func TestHowAnswersAreKept(t *testing.T) {
	r := newRig(t)
	log, err := observability.NewLogger(r.lines, slog.LevelDebug, observability.FormatJSON)
	require.NoError(t, err)
	k := observability.NewAnswerKeeping(r.Recorder, log)
	away, ctx := fault.New(fault.Unavailable, "away"), context.Background()

	k.Followed(ctx, search.Follow{Behind: 5})
	r.only("marquee_answer_changes_behind", map[string]int{"": 5})
	r.only("marquee_answer_changes_followed", map[string]int{"": 1})
	require.Empty(t, r.lines.String())
	for range 10 {
		k.Followed(ctx, search.Follow{Err: away})
	}
	r.only("marquee_answer_changes_followed", map[string]int{})
	require.Equal(t, 1, strings.Count(r.lines.String(), "cannot be followed"), "an outage is told once")
	k.Followed(ctx, search.Follow{Err: fault.New(fault.Gone, "another history")})
	require.Contains(t, r.lines.String(), "another history")
	k.Followed(ctx, search.Follow{})
	require.Contains(t, r.lines.String(), "followed again")

	k.Broke(ctx, true, away)
	r.only("marquee_answer_cache_breaker_open", map[string]int{"": 1})
	k.Broke(ctx, false, nil)
	r.only("marquee_answer_cache_breaker_open", map[string]int{})
	k.Dropped()
	r.only("marquee_answer_cache_writes_dropped_total", map[string]int{"": 1})
}
