package porttest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Ingester is what every ports.Ingester promises.
func Ingester(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	// Each case has a provider of its own, so they share a store.
	for name, test := range map[string]func(t *testing.T, s shop, c *clock){
		"what is new is added, what is the same costs nothing": unchanged,
		"the same chunk twice counts once":                     sameChunkTwice,
		"the same identity under two bases is two events":      sharedEventID,
		"an event that turns offline stays":                    turnsOffline,
		"an event that was never online is not in":             neverOnline,
		"an older run only adds what nobody knows":             olderRun,
		"departures and returns are known at the end":          departures,
		"nothing leaves while a chunk is missing":              missingChunk,
		"a feed that was cut withdraws nothing":                cutFeed,
		"a feed that did not change is a look at it":           notModified,
		"an empty feed withdraws nothing":                      emptyFeed,
		"a nameless record stops withdrawals":                  namelessRecord,
		"a rejected record with an identity counts as seen":    rejectedCountsAsSeen,
		"too many departures at once are held":                 heldDepartures,
		"a run from the future leaves no trace":                fromTheFuture,
		"an unknown run cannot be concluded":                   unknownRun,
		"a parked part keeps its run open":                     parkedPart,
		"a failed batch leaves no trace":                       failedBatch,
		"twenty consumers, one winner per chunk":               manyConsumers,
	} {
		t.Run(name, func(t *testing.T) { test(t, newShop(t, store, t.Name()), c) })
	}
}

func unchanged(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	before := len(s.changes())
	later := c.Now().Add(time.Minute)
	out := s.apply(s.run(later), 0, record("a"), record("b", titled("Another title")))
	assert.Equal(t, 1, out.Updated)
	assert.Zero(t, out.Added)
	changes := s.changes()[before:]
	require.Len(t, changes, 1)
	assert.Equal(t, catalogue.Updated, changes[0].Kind)
	assert.Equal(t, "Another title", changes[0].Event.Facts.Title)
	assert.EqualValues(t, 2, changes[0].Event.Revision)
	assert.Equal(t, catalogue.RunAt(later), changes[0].Run)
	assert.Equal(t, changes[0].Event, s.events()[s.id("b", "b")], "the log has the state after the change")
	assert.Equal(t, c.Now(), changes[0].Event.FirstSeen)
}

func sameChunkTwice(t *testing.T, s shop, c *clock) {
	run := s.run(c.Now())
	s.apply(run, 0, record("a"))
	out := s.apply(run, 0, record("a"))
	assert.True(t, out.Repeated)
	s.complete(run, 2)
	assert.Equal(t, catalogue.Announced, s.conclude(run).State, "a chunk is still missing")
	s.apply(run, 1, record("b"))
	concluded := s.conclude(run)
	assert.Equal(t, catalogue.Concluded, concluded.State)
	assert.True(t, concluded.Ended)
	again := s.apply(run, 1, record("b"))
	assert.True(t, again.Repeated)
	concluded = s.conclude(run)
	assert.Equal(t, catalogue.Concluded, concluded.State)
	assert.False(t, concluded.Ended, "it was final before")
	assert.Len(t, s.changes(), 2)
}

func sharedEventID(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("1642", ofBase("322"), titled("One")), record("1642", ofBase("1591"), titled("Other")))
	events := s.events()
	require.Len(t, events, 2)
	assert.Equal(t, "One", events[s.id("322", "1642")].Facts.Title)
	assert.Equal(t, "Other", events[s.id("1591", "1642")].Facts.Title)
}

func turnsOffline(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"))
	s.whole(c.Now().Add(time.Minute), record("a", mode("offline"), titled("Renamed")))
	e := s.events()[s.id("a", "a")]
	assert.Equal(t, "offline", e.Facts.SellMode)
	assert.Equal(t, "Renamed", e.Facts.Title)
	assert.True(t, e.Available, "it is still in the feed")
}

func neverOnline(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a", mode("offline")), record("b"))
	assert.Len(t, s.events(), 1)
	s.whole(c.Now().Add(time.Minute), record("a"), record("b"))
	assert.Len(t, s.events(), 2, "it was seen online now")
}

func olderRun(t *testing.T, s shop, c *clock) {
	older, newer := s.run(c.Now()), s.run(c.Now().Add(time.Minute))
	s.apply(newer, 0, record("a", titled("New")))
	out := s.apply(older, 0, record("a", titled("Old")), record("only-old"))
	assert.True(t, out.Late)
	assert.Equal(t, 1, out.Added)
	events := s.events()
	assert.Equal(t, "New", events[s.id("a", "a")].Facts.Title)
	require.Contains(t, events, s.id("only-old", "only-old"), "what was seen once is not lost")
	s.complete(older, 1)
	assert.Equal(t, catalogue.Superseded, s.conclude(older).State)
	s.complete(newer, 1)
	assert.Equal(t, 1, s.conclude(newer).Withdrawn)
	assert.False(t, s.events()[s.id("only-old", "only-old")].Available)
	s.apply(older, 1, record("later-still"))
	assert.False(t, s.events()[s.id("later-still", "later-still")].Available, "a concluded run did not see it")

	unmodified := s.run(c.Now().Add(2 * time.Minute))
	s.apply(unmodified, 0)
	s.apply(older, 2, record("last"))
	s.completeWith(catalogue.Completion{Run: unmodified, Chunks: 1, ReadToEnd: true, NotModified: true})
	require.Equal(t, catalogue.Concluded, s.conclude(unmodified).State)
	assert.False(t, s.events()[s.id("last", "last")].Available, "nor did it before a run that had nothing to look at")
}

func departures(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	second := s.whole(c.Now().Add(time.Minute), record("a"))
	assert.Equal(t, 1, second.Withdrawn)
	assert.False(t, s.events()[s.id("b", "b")].Available)
	assert.Equal(t, 1, s.feed().Available)
	assert.Equal(t, 2, s.feed().Known)
	assert.Equal(t, c.Now().Add(time.Minute), s.feed().LastConcluded)

	third := s.run(c.Now().Add(2 * time.Minute))
	s.apply(third, 0, record("a"), record("b", titled("Back")))
	assert.False(t, s.events()[s.id("b", "b")].Available, "before the end nobody knows")
	s.complete(third, 1)
	assert.Equal(t, 1, s.conclude(third).Returned)
	assert.True(t, s.events()[s.id("b", "b")].Available)
	assert.Equal(t, 2, s.feed().Available)

	var kinds []catalogue.ChangeKind
	for i, change := range s.changes() {
		if change.Event.ID == s.id("b", "b") {
			kinds = append(kinds, change.Kind)
			assert.EqualValues(t, len(kinds), change.Event.Revision, "change %d", i)
		}
	}
	assert.Equal(t, []catalogue.ChangeKind{catalogue.Added, catalogue.Withdrawn, catalogue.Updated, catalogue.Returned}, kinds)
}

func missingChunk(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	run := s.run(c.Now().Add(time.Minute))
	s.complete(run, 2)
	assert.Equal(t, catalogue.Announced, s.conclude(run).State)
	out := s.apply(run, 1, record("a"))
	assert.False(t, out.Ready)
	assert.Equal(t, catalogue.Announced, s.conclude(run).State)
	assert.NotContains(t, s.pending(), run)
	out = s.apply(run, 0, record("b"))
	assert.True(t, out.Ready)
	assert.Contains(t, s.pending(), run)
	assert.Equal(t, catalogue.Concluded, s.conclude(run).State)
	assert.NotContains(t, s.pending(), run)
	assert.True(t, s.events()[s.id("b", "b")].Available)
}

func cutFeed(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	run := s.run(c.Now().Add(time.Minute))
	s.apply(run, 0, record("a", titled("Read before the cut")))
	s.completeWith(catalogue.Completion{Run: run, Chunks: 1, Failure: "the feed was cut"})
	assert.Equal(t, catalogue.Incomplete, s.conclude(run).State)
	assert.True(t, s.events()[s.id("b", "b")].Available)
	assert.Equal(t, "Read before the cut", s.events()[s.id("a", "a")].Facts.Title)
	f := s.feed()
	assert.Equal(t, "the feed was cut", f.Current.Failure)
	assert.Equal(t, c.Now(), f.LastConcluded)
}

func notModified(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"))
	run := s.run(c.Now().Add(time.Minute))
	s.completeWith(catalogue.Completion{Run: run, ReadToEnd: true, NotModified: true})
	assert.Equal(t, catalogue.Concluded, s.conclude(run).State)
	assert.True(t, s.events()[s.id("a", "a")].Available)
	assert.Equal(t, run.Number.Time(), s.feed().LastConcluded)
}

func emptyFeed(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"))
	run := s.run(c.Now().Add(time.Minute))
	s.complete(run, 0)
	conclusion := s.conclude(run)
	assert.Equal(t, catalogue.Concluded, conclusion.State)
	assert.Zero(t, conclusion.Withdrawn)
	assert.NotEmpty(t, conclusion.Verdict.Note)
	assert.True(t, s.events()[s.id("a", "a")].Available)
}

func nameless(r *catalogue.Record) { r.Event = set(r.Event, catalogue.EventID, "") }

func impossible(r *catalogue.Record) {
	r.Event = set(r.Event, catalogue.EventStart, "2021-09-31T20:00:00")
}

func namelessRecord(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	conclusion := s.whole(c.Now().Add(time.Minute), record("a"), record("b", nameless))
	assert.Equal(t, 1, conclusion.Census.Nameless)
	assert.Zero(t, conclusion.Withdrawn)
	assert.True(t, s.events()[s.id("b", "b")].Available)
}

func rejectedCountsAsSeen(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	conclusion := s.whole(c.Now().Add(time.Minute), record("a"), record("b", impossible))
	assert.Zero(t, conclusion.Withdrawn)
	e := s.events()[s.id("b", "b")]
	assert.True(t, e.Available)
	assert.Equal(t, "2027-06-01T20:00:00Z", e.Facts.Start.String(), "the last values that were right")
}

func heldDepartures(t *testing.T, s shop, c *clock) {
	all := recordsOf("e", 100)
	at := c.Now().Add(-time.Hour)
	next := func() time.Time { at = at.Add(time.Minute); return at }
	s.whole(next(), all...)
	for i := 1; i <= 2; i++ {
		conclusion := s.whole(next(), all[:40]...)
		assert.True(t, conclusion.Verdict.Held)
		assert.Equal(t, i, conclusion.Verdict.HeldRuns)
		assert.Zero(t, conclusion.Withdrawn)
	}
	assert.Equal(t, 100, s.feed().Available)
	assert.Equal(t, 60, s.feed().Current.Held)
	assert.Equal(t, 60, s.whole(next(), all[:40]...).Withdrawn, "three agreeing runs are believed")
	assert.Equal(t, 40, s.feed().Available)

	s.whole(next(), all...)
	assert.True(t, s.whole(next(), all[:40]...).Verdict.Held)
	s.whole(next(), all...)
	assert.Equal(t, 1, s.whole(next(), all[:40]...).Verdict.HeldRuns, "a whole feed in between starts the count again")

	s.whole(next(), all...)
	s.whole(next(), all[60:]...)
	s.whole(next(), all[60:]...)
	agreed := s.whole(next(), append(append([]catalogue.Record(nil), all[:3]...), all[63:]...)...)
	assert.Equal(t, 57, agreed.Withdrawn, "only what all three missed")
	assert.True(t, s.events()[s.id("e-0000", "e-0000")].Available)
	assert.True(t, s.events()[s.id("e-0062", "e-0062")].Available, "it was missing just once")
	assert.False(t, s.events()[s.id("e-0059", "e-0059")].Available)

	s.whole(next(), all...)
	for i := range 3 {
		others := s.whole(next(), append(append([]catalogue.Record(nil), all[:15*i]...), all[15*i+55:]...)...)
		assert.True(t, others.Verdict.Held, "55 are missing, but not the same: run %d", i)
	}

	s.whole(next(), all...)
	swapped := s.whole(next(), append(recordsOf("other", 200), all[:40]...)...)
	assert.True(t, swapped.Verdict.Held, "what the run brings does not outweigh what it lacks")
	assert.Equal(t, 100, swapped.Census.Available)
	assert.Equal(t, 60, swapped.Census.Leaving)
}

func fromTheFuture(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"))
	ahead := s.run(c.Now().Add(catalogue.MaxAhead + time.Second))
	_, err := s.applier.Apply(t.Context(), s.chunk(ahead, 0, record("a", titled("From the future"))))
	assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
	err = s.applier.Complete(t.Context(), catalogue.Completion{Run: ahead, ReadToEnd: true})
	assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
	assert.Equal(t, "Event a", s.events()[s.id("a", "a")].Facts.Title)
	assert.Equal(t, catalogue.RunAt(c.Now()), s.feed().Current.Ref.Number)
	s.whole(c.Now().Add(catalogue.MaxAhead), record("a", titled("Just in time")))
	assert.Equal(t, "Just in time", s.events()[s.id("a", "a")].Facts.Title)
}

func unknownRun(t *testing.T, s shop, c *clock) {
	_, err := s.applier.Conclude(t.Context(), s.run(c.Now()))
	assert.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
}

func parkedPart(t *testing.T, s shop, c *clock) {
	s.whole(c.Now(), record("a"), record("b"))
	run := s.run(c.Now().Add(time.Minute))
	s.apply(run, 0, record("a"))
	require.NoError(t, s.store.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: run.String() + "/x", Kind: ports.KindChunk}, Attempt: 1}, &run, "it panics"))
	s.complete(run, 1)
	assert.Equal(t, catalogue.Announced, s.conclude(run).State)
	assert.NotContains(t, s.pending(), run)
	assert.True(t, s.events()[s.id("b", "b")].Available)
}

func failedBatch(t *testing.T, s shop, c *clock) {
	run := s.run(c.Now())
	assert.Panics(t, func() {
		_, _ = s.store.Apply(t.Context(), catalogue.Batch{Run: run}, func(catalogue.Standing) []catalogue.Write { panic("in the middle") })
	})
	assert.Empty(t, s.feed().Current.Ref.Provider, "not even its run is there")
	s.whole(c.Now(), record("a"))
	assert.Len(t, s.events(), 1, "the store goes on")
}

func manyConsumers(t *testing.T, s shop, c *clock) {
	run := s.run(c.Now())
	const chunks, consumers = 4, 20
	var mu sync.Mutex
	added := 0
	var wg sync.WaitGroup
	for i := range consumers {
		wg.Go(func() {
			for n := range chunks {
				n = (n + i) % chunks
				out, err := s.applier.Apply(t.Context(), s.chunk(run, n, recordsOf(string(rune('a'+n)), 5)...))
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				added += out.Added
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Equal(t, chunks*5, added)
	assert.Len(t, s.events(), chunks*5)
	changes := s.changes()
	require.Len(t, changes, chunks*5)
	seen := map[event.ID]bool{}
	for _, change := range changes {
		assert.False(t, seen[change.Event.ID])
		seen[change.Event.ID] = true
	}
	s.complete(run, chunks)
	assert.Equal(t, catalogue.Concluded, s.conclude(run).State)
}

func (s shop) pending() []catalogue.RunRef {
	s.t.Helper()
	runs, err := s.store.Pending(s.t.Context())
	require.NoError(s.t, err)
	return runs
}
