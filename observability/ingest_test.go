package observability_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func TestAChunkIsCountedOnce(t *testing.T) {
	r := newRig(t)
	w := &world{outcome: catalogue.Outcome{Added: 3, Updated: 2}}
	i := observability.ObserveIngester(w, r.Recorder)
	b := catalogue.Batch{Run: someRun(), Chunk: 4, Rejections: []catalogue.Rejection{{Reason: catalogue.BadPrice}, {Reason: catalogue.BadPrice}, {Reason: "made up"}}}
	apply := func() {
		_, err := i.Apply(t.Context(), b, nil)
		require.NoError(t, err)
	}
	apply()
	require.Equal(t, map[string]any{
		"db.system.name": "sqlite", "db.operation.name": "apply",
		"marquee.outcome": "ok", "marquee.provider": provider, "marquee.run": int(someRun().Number), "marquee.chunk": 4, "marquee.events.added": 3,
		"marquee.events.updated": 2, "marquee.records.rejected": 3, "marquee.chunk.repeated": false, "marquee.chunk.late": false,
	}, attributes(r.span("ingester.apply")))
	w.outcome = catalogue.Outcome{Repeated: true}
	apply()
	w.outcome = catalogue.Outcome{Late: true, Added: 1}
	apply()
	w.err = fault.New(fault.Unavailable, "away")
	_, err := i.Apply(t.Context(), b, nil)
	require.Equal(t, w.err, err)

	r.only("marquee_chunks_total", map[string]int{
		"outcome=applied provider=city-hall": 1, "outcome=repeated provider=city-hall": 1, "outcome=late provider=city-hall": 1,
	})
	r.only("marquee_events_changed_total", map[string]int{"change=added provider=city-hall": 4, "change=updated provider=city-hall": 2})
	r.only("marquee_records_rejected_total", map[string]int{"provider=city-hall reason=bad_price": 4, "provider=city-hall reason=other": 2})
}

func TestAConclusionIsCountedByTheAttemptThatEndedTheRun(t *testing.T) {
	r := newRig(t)
	w := &world{conclusion: catalogue.Conclusion{State: catalogue.Announced}}
	i := observability.ObserveIngester(w, r.Recorder)
	conclude := func(v catalogue.Verdict) {
		_, err := i.Conclude(t.Context(), someRun(), func(catalogue.Census) catalogue.Verdict { return v })
		require.NoError(t, err)
	}
	conclude(catalogue.Verdict{}) // not yet
	r.only("marquee_runs_total", map[string]int{})

	w.conclusion = catalogue.Conclusion{State: catalogue.Concluded, Ended: true, Withdrawn: 2, Returned: 1}
	w.census = &catalogue.Census{Leaving: 60}
	conclude(catalogue.Verdict{Held: true})
	w.census, w.conclusion.Ended = nil, false
	conclude(catalogue.Verdict{}) // again, when it is final

	r.only("marquee_runs_total", map[string]int{"outcome=concluded provider=city-hall": 1})
	r.only("marquee_events_changed_total", map[string]int{"change=withdrawn provider=city-hall": 2, "change=returned provider=city-hall": 1})
	r.only("marquee_feed_withdrawals_held", map[string]int{"provider=city-hall": 60})
	r.only("marquee_run_duration_seconds", map[string]int{"provider=city-hall": 1})
	r.only("marquee_feed_last_concluded_timestamp_seconds", map[string]int{"provider=city-hall": int(wallClock.Add(-30 * time.Second).Unix())})
}

func TestAnIncompleteRunIsCountedOnce(t *testing.T) {
	r := newRig(t)
	w := &world{conclusion: catalogue.Conclusion{State: catalogue.Incomplete, Ended: true}}
	i := observability.ObserveIngester(w, r.Recorder)
	for range 3 {
		_, err := i.Conclude(t.Context(), someRun(), nil)
		require.NoError(t, err)
		w.conclusion.Ended = false
	}
	r.only("marquee_runs_total", map[string]int{"outcome=incomplete provider=city-hall": 1})
}

func TestRunsThatCannotBeginAreCountedByReason(t *testing.T) {
	r := newRig(t)
	w := &world{}
	g := observability.ObserveRuns(w, r.Recorder)
	for _, w.err = range []error{
		nil,
		&fault.Error{Kind: fault.Conflict, Code: catalogue.CodeStillConsuming},
		&fault.Error{Kind: fault.Conflict, Code: "made_up"},
		fault.New(fault.Unavailable, "away"),
	} {
		_, err := g.Begin(t.Context(), catalogue.Start{Provider: provider})
		require.Equal(t, w.err, err)
	}
	r.only("marquee_runs_begun_total", map[string]int{"provider=city-hall": 1})
	r.only("marquee_runs_refused_total", map[string]int{"provider=city-hall reason=still_consuming": 1, "provider=city-hall reason=other": 1})
}

func TestAFeedIsCountedHoweverItEnds(t *testing.T) {
	r := newRig(t)
	w := &world{records: []catalogue.Record{{}, {Damaged: true}}, receipt: catalogue.Receipt{Bytes: 100}}
	f := observability.ObserveFeed(w, r.Recorder)
	source := catalogue.Source{ID: provider}
	keep := func(catalogue.Record) error { return nil }

	_, err := f.Fetch(t.Context(), source, catalogue.Validators{}, keep)
	require.NoError(t, err)
	stop := errors.New("enough")
	_, err = f.Fetch(t.Context(), source, catalogue.Validators{}, func(catalogue.Record) error { return stop })
	require.Equal(t, stop, err, "the error of who reads passes unchanged")
	w.records, w.receipt = nil, catalogue.Receipt{NotModified: true}
	_, err = f.Fetch(t.Context(), source, catalogue.Validators{}, keep)
	require.NoError(t, err)

	r.only("marquee_fetches_total", map[string]int{
		"outcome=ok provider=city-hall": 1, "outcome=internal provider=city-hall": 1, "outcome=not_modified provider=city-hall": 1,
	})
	r.only("marquee_feed_records_total", map[string]int{"provider=city-hall": 3})
	r.only("marquee_feed_records_damaged_total", map[string]int{"provider=city-hall": 1})
	r.only("marquee_feed_bytes_total", map[string]int{"provider=city-hall": 100})
}

func TestAProviderThatIsNotConfiguredHasNoLabelOfItsOwn(t *testing.T) {
	r := newRig(t)
	i := observability.ObserveIngester(&world{}, r.Recorder)
	_, err := i.Apply(t.Context(), catalogue.Batch{Run: catalogue.RunRef{Provider: "of the past"}}, nil)
	require.NoError(t, err)
	l := observability.ObserveLeases(&world{held: true}, r.Recorder)
	for _, name := range []string{catalogue.LeaseName(provider), "made up"} {
		_, _, err = l.Acquire(t.Context(), name, "me", time.Second)
		require.NoError(t, err)
	}
	_, err = observability.ObserveFeedReader(&world{feeds: []catalogue.Feed{{Provider: "of the past", Known: 9}, {Provider: provider, Known: 5, Rejected: 1}}}, r.Recorder).Feeds(t.Context())
	require.NoError(t, err)

	r.only("marquee_chunks_total", map[string]int{"outcome=applied provider=other": 1})
	r.only("marquee_lease_held", map[string]int{"lease=fetch:city-hall": 1, "lease=other": 1})
	r.only("marquee_feed_events", map[string]int{"provider=city-hall state=known": 5})
	r.only("marquee_feed_rejections_open", map[string]int{"provider=city-hall": 1})
	require.NoError(t, l.Release(t.Context(), catalogue.LeaseName(provider), "me"))
	r.only("marquee_lease_held", map[string]int{"lease=other": 1})
}

// One trace from the reading of a feed through the broker to the store.
func TestOneTraceFromFeedToStore(t *testing.T) {
	r := newRig(t)
	w := &world{records: []catalogue.Record{someRecord("1")}, outcome: catalogue.Outcome{Added: 1, Ready: true}, conclusion: catalogue.Conclusion{State: catalogue.Announced}}
	ingester := observability.ObserveIngester(w, r.Recorder)
	fetch := observability.ObserveFetcher(ingest.NewFetcher(observability.ObserveFeed(w, r.Recorder), observability.ObservePublisher(w, r.Recorder)), r.Recorder)
	consumer := ingest.NewConsumer(observability.ObserveIntake(w, r.Recorder), ingest.NewApplier(ingester), observability.ObserveParking(w, r.Recorder), slogDiscard())

	_, err := fetch.Fetch(t.Context(), catalogue.Source{ID: provider, Location: time.UTC}, catalogue.Begun{Run: someRun()})
	require.NoError(t, err)
	require.Len(t, w.queue, 2)
	require.NoError(t, consumer.Run(t.Context(), 1))

	require.Equal(t, `
fetch run (internal)
  feed.fetch (internal)
  publisher.publish (producer)
    process chunk (consumer)
      ingester.apply (client)
      ingester.conclude (client)
  publisher.publish (producer)
    process completion (consumer)
      ingester.complete (client)
      ingester.conclude (client)`, r.tree())

	process := r.span("process chunk")
	require.Equal(t, map[string]any{
		"messaging.system": "nats", "messaging.operation.name": "process", "messaging.operation.type": "process",
		"messaging.destination.name": "marquee.messages", "messaging.message.id": someRun().String() + "/0", "messaging.message.body.size": attributes(process)["messaging.message.body.size"],
		"marquee.message.kind": "chunk", "marquee.delivery.attempt": 1, "marquee.delivery.outcome": "acked",
	}, attributes(process))
	require.True(t, process.Parent.IsRemote())
	require.Len(t, process.Links, 1)
	require.Equal(t, process.Parent.SpanID(), process.Links[0].SpanContext.SpanID())
	r.only("marquee_deliveries_total", map[string]int{"kind=chunk outcome=acked": 1, "kind=completion outcome=acked": 1})
	r.only("marquee_messages_published_total", map[string]int{"kind=chunk": 1, "kind=completion": 1})
}

func TestAMessageIsNotChangedForItsCaller(t *testing.T) {
	r := newRig(t)
	w := &world{}
	header := map[string]string{"of": "the caller"}
	batch := []ports.Message{{Kind: ports.KindChunk, Header: header}, {Kind: "made up"}}
	require.NoError(t, observability.ObservePublisher(w, r.Recorder).Publish(t.Context(), batch...))

	require.Equal(t, map[string]string{"of": "the caller"}, header)
	require.Nil(t, batch[1].Header)
	sent := maps.Clone(w.queue[0].Header)
	require.Contains(t, sent["traceparent"], r.span("publisher.publish").SpanContext.TraceID().String())
	delete(sent, "traceparent")
	require.Equal(t, header, sent)
	require.NotEmpty(t, w.queue[1].Header["traceparent"])
	r.only("marquee_messages_published_total", map[string]int{"kind=chunk": 1, "kind=other": 1})
}

func TestWithoutATraceMessagesGoAsTheyAre(t *testing.T) {
	r := newSampledRig(t, nil)
	w := &world{}
	require.NoError(t, observability.ObservePublisher(w, r.Recorder).Publish(t.Context(), ports.Message{Kind: ports.KindChunk}))
	require.Nil(t, w.queue[0].Header)
}

func TestDeliveries(t *testing.T) {
	r := newRig(t)
	w := &world{queue: []ports.Delivery{
		{Message: ports.Message{Kind: ports.KindChunk}, Attempt: 2, Published: wallClock.Add(-3 * time.Second)},
		{Message: ports.Message{Kind: ports.KindChunk}, Attempt: 1, Published: wallClock.Add(time.Hour)}, // another machine's clock
	}}
	require.NoError(t, observability.ObserveIntake(w, r.Recorder).Consume(t.Context(), 1, func(context.Context, ports.Delivery) ports.Verdict {
		r.only("marquee_deliveries_in_flight", map[string]int{"": 1})
		return ports.Verdict{Retry: true}
	}))
	r.only("marquee_deliveries_total", map[string]int{"kind=chunk outcome=retried": 2})
	r.only("marquee_redeliveries_total", map[string]int{"kind=chunk": 1})
	r.only("marquee_delivery_wait_seconds", map[string]int{"kind=chunk": 2})
	r.only("marquee_deliveries_in_flight", map[string]int{})

	w.queue = []ports.Delivery{{Message: ports.Message{Kind: "made up"}}}
	require.Panics(t, func() {
		_ = observability.ObserveIntake(w, r.Recorder).Consume(t.Context(), 1, func(context.Context, ports.Delivery) ports.Verdict { panic("bug") })
	})
	require.Equal(t, 1, r.values("marquee_deliveries_total")["kind=other outcome=panicked"])
}

// The label goes by the words of core/ingest, so it is core/ingest that has to say them.
func TestParkedMessagesAreCountedByWhatWasWrong(t *testing.T) {
	completion, err := json.Marshal(catalogue.Completion{Run: someRun(), Chunks: 1})
	require.NoError(t, err)
	chunk := ingest.EncodeChunk(ingest.Chunk{Run: someRun(), TimeZone: "UTC"})
	for want, test := range map[string]struct {
		world    world
		delivery ports.Delivery
	}{
		"kind=chunk reason=unreadable":      {delivery: ports.Delivery{Message: ports.Message{Kind: ports.KindChunk, Body: []byte("no")}, Attempt: 1}},
		"kind=completion reason=unreadable": {delivery: ports.Delivery{Message: ports.Message{Kind: ports.KindCompletion, Body: []byte("no")}, Attempt: 1}},
		"kind=other reason=unreadable":      {delivery: ports.Delivery{Message: ports.Message{Kind: "made up"}, Attempt: 1}},
		"kind=completion reason=crashes":    {world: world{suspected: 6}, delivery: ports.Delivery{Message: ports.Message{Kind: ports.KindCompletion, Body: completion}, Attempt: 7}},
		"kind=chunk reason=panic":           {world: world{apply: func() { panic("bug") }}, delivery: ports.Delivery{Message: ports.Message{Kind: ports.KindChunk, Body: chunk}, Attempt: 1}},
	} {
		t.Run(want, func(t *testing.T) {
			r := newRig(t)
			w := &test.world
			w.queue = []ports.Delivery{test.delivery}
			consumer := ingest.NewConsumer(w, ingest.NewApplier(w), observability.ObserveParking(w, r.Recorder), slogDiscard())
			require.NoError(t, consumer.Run(t.Context(), 1))
			require.Equal(t, map[string]int{want: 1}, r.values("marquee_messages_parked_total"), "parked for %q", w.parked)
		})
	}
}

func TestWatchKeepsGaugesFresh(t *testing.T) {
	r := newRig(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w := &world{waiting: 12, oldest: wallClock.Add(-90 * time.Second), parked: []string{"a", "b"}, feeds: []catalogue.Feed{{Provider: provider, Available: 3}}}
	probes := observability.NewProbes()
	probes.Add("store", 0, func(context.Context) error { return nil })
	probes.Add("broker", 0, func(context.Context) error { return errors.New("away") })
	done := make(chan struct{})
	go func() {
		defer close(done)
		observability.Watch(ctx, 10*time.Millisecond, observability.Watched{
			Backlog: observability.ObserveBacklog(w, r.Recorder), Feeds: observability.ObserveFeedReader(w, r.Recorder),
			Parking: observability.ObserveParking(w, r.Recorder), Probes: probes,
		}, r.Recorder)
	}()
	require.Eventually(t, func() bool { return len(r.values("marquee_dependency_up")) == 1 }, time.Minute, time.Millisecond, "the checks are told last")
	stop()
	<-done
	r.only("marquee_backlog_messages", map[string]int{"": 12})
	r.only("marquee_backlog_oldest_seconds", map[string]int{"": 90})
	r.only("marquee_feed_events", map[string]int{"provider=city-hall state=available": 3})
	r.only("marquee_messages_parked", map[string]int{"": 2})
	r.only("marquee_dependency_up", map[string]int{"dependency=store": 1}) // and the broker is 0
}

func TestAProviderThatFailsIsToldFromOneThatIsNotAsked(t *testing.T) {
	r := newRig(t)
	w := &world{}
	feed := observability.ObserveFeed(w, r.Recorder)
	read := func(err error) {
		w.err = err
		_, _ = feed.Fetch(t.Context(), catalogue.Source{ID: provider}, catalogue.Validators{}, func(catalogue.Record) error { return nil })
	}
	now := map[string]int{"provider=" + provider: int(wallClock.Unix())}
	read(fault.New(fault.Canceled, "stopping"))
	r.only("marquee_feed_last_failed_timestamp_seconds", map[string]int{})
	r.only("marquee_feed_last_answered_timestamp_seconds", map[string]int{})
	read(fault.New(fault.Unavailable, "503"))
	r.only("marquee_feed_last_failed_timestamp_seconds", now)
	r.only("marquee_feed_last_answered_timestamp_seconds", map[string]int{})
	read(nil)
	r.only("marquee_feed_last_failed_timestamp_seconds", now)
	r.only("marquee_feed_last_answered_timestamp_seconds", now)
}

// A broker that is away while a feed is read ends the reading, and is not the provider's failure.
func TestABrokerThatIsAwayIsNotTheProvidersFailure(t *testing.T) {
	r := newRig(t)
	w := &world{records: []catalogue.Record{someRecord("1")}}
	away := fault.New(fault.Unavailable, "the broker is away")
	_, err := observability.ObserveFeed(w, r.Recorder).Fetch(t.Context(), catalogue.Source{ID: provider}, catalogue.Validators{}, func(catalogue.Record) error { return away })
	require.ErrorIs(t, err, away)
	r.only("marquee_feed_last_failed_timestamp_seconds", map[string]int{})
}

func TestEventsOfALateChunkAreSkipped(t *testing.T) {
	r := newRig(t)
	w := &world{outcome: catalogue.Outcome{Late: true, Added: 1}}
	_, err := observability.ObserveIngester(w, r.Recorder).Apply(t.Context(), catalogue.Batch{Run: someRun(), Understood: make([]event.ID, 5)}, nil)
	require.NoError(t, err)
	r.only("marquee_events_skipped_as_old_total", map[string]int{"provider=" + provider: 4})
}

func TestARunFromTheFutureIsRefused(t *testing.T) {
	r := newRig(t)
	w := &world{err: &fault.Error{Kind: fault.Invalid, Code: catalogue.CodeFromTheFuture}}
	_, err := observability.ObserveIngester(w, r.Recorder).Apply(t.Context(), catalogue.Batch{Run: someRun()}, nil)
	require.Error(t, err)
	r.only("marquee_runs_refused_total", map[string]int{"provider=" + provider + " reason=" + catalogue.CodeFromTheFuture: 1})
}
