package porttest

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// RunReader is what every ports.RunReader promises.
func RunReader(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s, other := newShop(t, store, "p"), newShop(t, store, "other")

	s.whole(c.Now(), record("a"), record("b"))
	s.whole(c.Now().Add(time.Minute), record("a"))
	other.whole(c.Now().Add(2*time.Minute), record("a"))
	cut := s.run(c.Now().Add(3 * time.Minute))
	s.apply(cut, 1, record("a"))
	s.completeWith(catalogue.Completion{Run: cut, Chunks: 3, Failure: "the feed was cut"})

	all, err := store.Runs(t.Context(), "", 3)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, cut, all[0].Ref, "the latest first")
	assert.Equal(t, "other", all[1].Ref.Provider)
	runs, err := store.Runs(t.Context(), "p", 10)
	require.NoError(t, err)
	require.Len(t, runs, 3)
	assert.Equal(t, catalogue.Announced, runs[0].State)
	assert.Equal(t, [2]int{1, 3}, [2]int{runs[0].Applied, runs[0].Chunks})
	assert.Equal(t, "the feed was cut", runs[0].Failure)
	assert.Equal(t, 1, runs[1].Withdrawn)
	assert.Equal(t, 2, runs[2].Added)

	one, err := store.Run(t.Context(), runs[2].Ref)
	require.NoError(t, err)
	assert.Equal(t, runs[2], one)
	_, err = store.Run(t.Context(), catalogue.RunRef{Provider: "p", Number: 1})
	assert.Equal(t, fault.NotFound, fault.KindOf(err))
	held, err := store.Held(t.Context(), "p", 10)
	require.NoError(t, err)
	assert.Zero(t, held)
	held, err = store.Held(t.Context(), "nobody", 10)
	require.NoError(t, err)
	assert.Zero(t, held)
}

// Acceptance is what every ports.Acceptance promises.
func Acceptance(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	refused := func(t *testing.T, run catalogue.RunRef) {
		t.Helper()
		_, err := store.Accept(t.Context(), run)
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		assert.Equal(t, fault.Conflict, f.Kind)
		assert.Equal(t, catalogue.CodeNothingHeld, f.Code)
	}

	t.Run("a person is believed at once", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		all := recordsOf("e", 100)
		s.whole(c.Now(), all...)
		run := s.run(c.Now().Add(time.Minute))
		require.True(t, s.whole(c.Now().Add(time.Minute), all[:40]...).Verdict.Held)
		held, err := store.Held(t.Context(), s.provider, 3)
		require.NoError(t, err)
		assert.Equal(t, run, held.Run)
		assert.Equal(t, 1, held.Runs)
		assert.Equal(t, 60, held.Total)
		require.Len(t, held.Events, 3)
		before := len(s.changes())

		done, err := store.Accept(t.Context(), run)
		require.NoError(t, err)
		assert.Equal(t, 60, done.Withdrawn)
		assert.Equal(t, 40, s.feed().Available)
		assert.Zero(t, s.feed().Current.Held)
		assert.Equal(t, 60, s.feed().Current.Withdrawn)
		changes := s.changes()[before:]
		require.Len(t, changes, 60)
		for _, change := range changes {
			assert.Equal(t, catalogue.Withdrawn, change.Kind)
			assert.False(t, change.Event.Available)
			assert.Equal(t, change.Event, s.events()[change.Event.ID])
		}
		assert.Equal(t, done.Head, changes[59].Version)
		held, err = store.Held(t.Context(), s.provider, 3)
		require.NoError(t, err)
		assert.Zero(t, held)
		refused(t, run)

		d, err := store.Event(t.Context(), s.id("e-0050", "e-0050"), 1)
		require.NoError(t, err)
		assert.Equal(t, c.Now(), d.LastSeen, "the run that was held did not see it")

		back := s.whole(c.Now().Add(2*time.Minute), all...)
		assert.Equal(t, 60, back.Returned, "nothing is lost by it")
		assert.True(t, s.whole(c.Now().Add(3*time.Minute), all[:40]...).Verdict.Held, "the next time is judged anew")
	})

	t.Run("only what was looked at", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		all := recordsOf("e", 100)
		s.whole(c.Now(), all...)
		refused(t, s.run(c.Now()))
		s.whole(c.Now().Add(time.Minute), all[:40]...)
		s.whole(c.Now().Add(2*time.Minute), all[60:]...)
		refused(t, s.run(c.Now().Add(time.Minute)))
		assert.Equal(t, 100, s.feed().Available)
		refused(t, catalogue.RunRef{Provider: "nobody", Number: 1})
	})

	t.Run("what is missing in all runs that agree", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		all := recordsOf("e", 100)
		s.whole(c.Now(), all...)
		s.whole(c.Now().Add(time.Minute), all[60:]...)
		s.whole(c.Now().Add(2*time.Minute), append(all[:2:2], all[62:]...)...)
		done, err := store.Accept(t.Context(), s.run(c.Now().Add(time.Minute))) // the one that was looked at; another came since
		require.NoError(t, err)
		assert.Equal(t, 58, done.Withdrawn)
		assert.Equal(t, 58, s.feed().Current.Withdrawn)
		assert.True(t, s.events()[s.id("e-0061", "e-0061")].Available, "it was missing just once")
	})
}

// Unparking is what every ports.Unparking promises.
func Unparking(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s := newShop(t, store, "p")
	again := ingest.NewReplayer(s.applier, store, store, slog.New(slog.DiscardHandler))

	_, err := store.ParkedMessage(t.Context(), "nobody's")
	assert.Equal(t, fault.NotFound, fault.KindOf(err))
	require.NoError(t, store.Unpark(t.Context(), "nobody's"))

	s.whole(c.Now(), record("a"), record("b"))
	run := s.run(c.Now().Add(time.Minute))
	s.apply(run, 0, record("a", titled("Changed")))
	body := ingest.EncodeChunk(s.chunk(run, 1, record("new")))
	require.NoError(t, store.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: "m", Kind: ports.KindChunk, Body: body}, Attempt: 5}, &run, "it panics"))
	s.complete(run, 2)
	require.Equal(t, catalogue.Announced, s.conclude(run).State)

	parked, err := store.ParkedMessage(t.Context(), "m")
	require.NoError(t, err)
	assert.Equal(t, run, parked.Run)
	assert.Equal(t, body, parked.Body)
	out, err := again.Message(t.Context(), parked)
	require.NoError(t, err)
	assert.Equal(t, 1, out.Added)
	_, err = store.ParkedMessage(t.Context(), "m")
	assert.Equal(t, fault.NotFound, fault.KindOf(err))
	concluded, err := store.Run(t.Context(), run)
	require.NoError(t, err)
	assert.Equal(t, catalogue.Concluded, concluded.State, "nothing keeps it open any more")
	assert.Equal(t, 1, concluded.Withdrawn)
	assert.Contains(t, s.events(), s.id("new", "new"))
	out, err = again.Message(t.Context(), parked)
	require.NoError(t, err)
	assert.True(t, out.Repeated, "doing it twice does nothing twice")
	assert.Len(t, s.events(), 3)
}

// Reapplying is what every ports.Reapplying promises.
func Reapplying(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	backwards := lasting("2027-03-28T04:30:00", "2027-03-28T02:10:00")
	replay := func(t *testing.T, s shop, mend func(string) string) (out catalogue.Outcome) {
		t.Helper()
		open, err := store.Rejected(t.Context(), s.provider, 10)
		require.NoError(t, err)
		require.Len(t, open, 1)
		open[0].Original = []byte(mend(string(open[0].Original)))
		again := ingest.NewReplayer(s.applier, store, store, slog.New(slog.DiscardHandler))
		out, err = again.Rejection(t.Context(), open[0], ingest.ReadBy{Location: madrid})
		require.NoError(t, err)
		return out
	}
	// What is read with more understanding than before stands for a version that has learned to.
	mend := func(original string) string {
		return strings.Replace(original, "2027-03-28T02:10:00", "2027-03-28T05:10:00", 1)
	}
	rejections := func(t *testing.T, s shop) []catalogue.Rejection {
		t.Helper()
		open, err := store.Rejected(t.Context(), s.provider, 10)
		require.NoError(t, err)
		return open
	}

	t.Run("an unknown event is in, since it was first seen", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("a"), record("b", backwards))
		s.whole(c.Now().Add(time.Minute), record("a"), record("b", backwards))
		out := replay(t, s, mend)
		assert.Equal(t, 1, out.Added)
		e := s.events()[s.id("b", "b")]
		assert.True(t, e.Available, "the feed has it")
		assert.Equal(t, c.Now(), e.FirstSeen)
		assert.Equal(t, "Europe/Madrid", e.Facts.TimeZone)
		assert.Empty(t, rejections(t, s))
		assert.Equal(t, 2, s.feed().Known)
		assert.Equal(t, 2, s.feed().Available)
		changes := s.changes()
		assert.Equal(t, out.Head, changes[len(changes)-1].Version)
		assert.Equal(t, catalogue.Added, changes[len(changes)-1].Kind)
	})

	t.Run("a known event is brought up to date", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("b", titled("Old")))
		s.whole(c.Now().Add(time.Minute), record("b", titled("New"), backwards))
		out := replay(t, s, mend)
		assert.Equal(t, 1, out.Updated)
		assert.Equal(t, "New", s.events()[s.id("b", "b")].Facts.Title)
		assert.EqualValues(t, 2, s.events()[s.id("b", "b")].Revision)
		assert.Empty(t, rejections(t, s))
	})

	t.Run("it takes no part in the run that goes on", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("a"), record("b", backwards))
		next := s.run(c.Now().Add(time.Minute))
		s.apply(next, 0, record("a"))
		s.complete(next, 2)
		replay(t, s, mend)
		assert.Equal(t, catalogue.Announced, s.conclude(next).State, "a chunk is still missing")
		s.apply(next, 1, record("c"))
		assert.Equal(t, 1, s.conclude(next).Withdrawn, "that run did not see it")
	})

	t.Run("of a feed that was read again since, only what is unknown", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		older := s.run(c.Now())
		s.whole(c.Now().Add(time.Minute), record("a"))
		s.apply(older, 0, record("b", backwards))
		out := replay(t, s, mend)
		assert.True(t, out.Late)
		assert.Equal(t, 1, out.Added)
		assert.False(t, s.events()[s.id("b", "b")].Available, "the feed has it no more")
		assert.Equal(t, 1, s.feed().Available)
	})

	t.Run("something newer is known", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("b"))
		s.whole(c.Now().Add(time.Minute), record("b", titled("Old"), backwards))
		looked := rejections(t, s)
		looked[0].Original = []byte(mend(string(looked[0].Original)))
		s.apply(s.run(c.Now().Add(2*time.Minute)), 0, record("b", titled("New"))) // a run that is not concluded yet
		again := ingest.NewReplayer(s.applier, store, store, slog.New(slog.DiscardHandler))
		_, err := again.Rejection(t.Context(), looked[0], ingest.ReadBy{})
		assert.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
		assert.Equal(t, "New", s.events()[s.id("b", "b")].Facts.Title)
	})

	t.Run("it is read as it was, unless somebody says otherwise", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("b", backwards))
		looked := rejections(t, s)
		assert.Equal(t, "UTC", looked[0].TimeZone)
		looked[0].Original = []byte(mend(string(looked[0].Original)))
		again := ingest.NewReplayer(s.applier, store, store, slog.New(slog.DiscardHandler))
		_, err := again.Rejection(t.Context(), looked[0], ingest.ReadBy{})
		require.NoError(t, err)
		assert.Equal(t, "UTC", s.events()[s.id("b", "b")].Facts.TimeZone)
	})

	t.Run("a provider that nobody knows", func(t *testing.T) {
		_, err := store.Reapply(t.Context(), catalogue.Batch{Run: catalogue.RunRef{Provider: "nobody", Number: 1}}, func(catalogue.Standing) []catalogue.Write { return nil })
		assert.Equal(t, fault.NotFound, fault.KindOf(err))
	})
}
