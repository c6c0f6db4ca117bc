package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Runs is what every ports.Runs promises.
func Runs(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	const holder, interval = "me", time.Minute

	var announcedFor time.Duration
	begin := func(t *testing.T, s shop, announced catalogue.RunNumber) (catalogue.Begun, error) {
		t.Helper()
		_, held, err := store.Acquire(t.Context(), catalogue.LeaseName(s.provider), holder, 10*time.Second)
		require.NoError(t, err)
		require.True(t, held)
		return store.Begin(t.Context(), catalogue.Start{Provider: s.provider, Holder: holder, Announced: announced, AnnouncedFor: announcedFor, Patience: 10 * interval})
	}
	refused := func(t *testing.T, err error, code string) {
		t.Helper()
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		assert.Equal(t, fault.Conflict, f.Kind)
		assert.Equal(t, code, f.Code)
	}

	t.Run("without the lease no run begins", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		start := catalogue.Start{Provider: s.provider, Holder: holder}
		_, err := store.Begin(t.Context(), start)
		refused(t, err, catalogue.CodeNotHolder)

		_, _, err = store.Acquire(t.Context(), catalogue.LeaseName(s.provider), "someone else", 10*time.Second)
		require.NoError(t, err)
		_, err = store.Begin(t.Context(), start)
		refused(t, err, catalogue.CodeNotHolder)
		assert.Empty(t, s.feed().Current.Ref.Provider, "a refused run leaves no trace")
	})

	t.Run("numbers are times and always grow", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first, err := begin(t, s, 0)
		require.NoError(t, err)
		assert.Equal(t, s.run(c.Now()), first.Run)
		second, err := begin(t, s, 0) // the clock stands still
		require.NoError(t, err)
		assert.Equal(t, first.Run.Number+1, second.Run.Number)
	})

	t.Run("a published run is waited for, with patience", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first, err := begin(t, s, 0)
		require.NoError(t, err)
		_, err = begin(t, s, first.Run.Number)
		refused(t, err, catalogue.CodeStillConsuming) // its completion is somewhere in the broker

		c.Advance(time.Hour) // reading it took long, which is no reason to lose it
		_, err = begin(t, s, first.Run.Number)
		refused(t, err, catalogue.CodeStillConsuming)
		s.complete(first.Run, 1)
		_, err = begin(t, s, 0)
		refused(t, err, catalogue.CodeStillConsuming) // also for another fetcher, which can see it

		c.Advance(10 * interval)
		second, err := begin(t, s, first.Run.Number)
		require.NoError(t, err)
		assert.Equal(t, catalogue.Superseded, s.conclude(first.Run).State)
		assert.True(t, s.apply(first.Run, 0, record("a")).Late)
		assert.False(t, s.apply(second.Run, 0, record("a")).Late)
	})

	t.Run("a published run whose completion never arrives is given up", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first, err := begin(t, s, 0)
		require.NoError(t, err)
		announcedFor = 10*interval - time.Second
		_, err = begin(t, s, first.Run.Number)
		refused(t, err, catalogue.CodeStillConsuming)
		announcedFor = 10 * interval
		_, err = begin(t, s, first.Run.Number)
		require.NoError(t, err)
		announcedFor = 0
	})

	t.Run("nobody waits for a run with a parked part", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first, err := begin(t, s, 0)
		require.NoError(t, err)
		s.complete(first.Run, 2)
		require.NoError(t, store.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: first.Run.String() + "/0"}, Attempt: 1}, &first.Run, "it panics"))
		_, err = begin(t, s, first.Run.Number)
		require.NoError(t, err)
	})

	t.Run("a clock that was ahead once stops nobody", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		c.Advance(24 * time.Hour)
		ahead, err := begin(t, s, 0)
		require.NoError(t, err)
		c.Advance(-24 * time.Hour)
		require.NoError(t, store.Release(t.Context(), catalogue.LeaseName(s.provider), holder))
		assert.False(t, s.apply(ahead.Run, 0, record("a")).Late, "a run that is known goes on")
		next, err := begin(t, s, 0)
		require.NoError(t, err)
		assert.Equal(t, ahead.Run.Number+1, next.Run.Number)
		assert.False(t, s.apply(next.Run, 0, record("a", titled("On")), record("b")).Late)
		assert.Len(t, s.events(), 2)
	})

	t.Run("a run whose fetcher died is superseded", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first, err := begin(t, s, 0)
		require.NoError(t, err)
		_, err = begin(t, s, 0)
		require.NoError(t, err)
		assert.Equal(t, catalogue.Superseded, s.conclude(first.Run).State)
	})

	t.Run("validators come from a concluded run, but for one read an hour", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		given := catalogue.Validators{ETag: `"v1"`, LastModified: "Mon, 23 Nov 2026 10:00:00 GMT"}
		turn := func(records ...catalogue.Record) catalogue.Begun {
			t.Helper()
			run, err := begin(t, s, 0)
			require.NoError(t, err)
			s.apply(run.Run, 0, records...)
			s.completeWith(catalogue.Completion{Run: run.Run, Chunks: 1, ReadToEnd: true, Validators: given})
			s.conclude(run.Run)
			c.Advance(interval)
			return run
		}
		assert.Zero(t, turn(recordsOf("e", 100)...).Last)

		next, err := begin(t, s, 0)
		require.NoError(t, err)
		assert.Equal(t, given, next.Last)
		s.completeWith(catalogue.Completion{Run: next.Run, Failure: "cut"})
		s.conclude(next.Run)
		c.Advance(interval)
		assert.Zero(t, turn(recordsOf("e", 10)...).Last, "the last run was not concluded")

		held, err := begin(t, s, 0)
		require.NoError(t, err)
		assert.Zero(t, held.Last, "held departures need a second look")

		turn(recordsOf("e", 100)...)
		c.Advance(time.Hour)
		hourly, err := begin(t, s, 0)
		require.NoError(t, err)
		assert.Zero(t, hourly.Last, "the provider's word is checked once an hour")
	})
}
