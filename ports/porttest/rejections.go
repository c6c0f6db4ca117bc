package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
)

// RejectionReader is what every store promises of what it could not take.
func RejectionReader(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	list := func(t *testing.T, s shop) []catalogue.Rejection {
		t.Helper()
		got, err := store.Rejected(t.Context(), s.provider, 10_000)
		require.NoError(t, err)
		return got
	}

	t.Run("it says what, why and how often, and goes when it is mended", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		first := c.Now()
		for i := range 3 {
			s.whole(first.Add(time.Duration(i)*time.Minute), record("a"), record("b", impossible, zones(zone("1", "20", 100-i))))
		}
		s.apply(s.run(first.Add(2*time.Minute)), 0, record("b", impossible)) // delivered again
		got := list(t, s)
		require.Len(t, got, 1)
		r := got[0]
		assert.Equal(t, catalogue.NoSuchDate, r.Reason)
		assert.Contains(t, r.Detail, catalogue.EventStart)
		assert.Contains(t, r.Detail, "2021-09-31")
		assert.Equal(t, "b", r.Identity.Base)
		assert.Equal(t, "b", r.Identity.Event)
		assert.True(t, r.Whole)
		assert.EqualValues(t, 3, r.Count)
		assert.Equal(t, catalogue.RunAt(first), r.FirstRun)
		assert.Equal(t, catalogue.RunAt(first.Add(2*time.Minute)), r.LastRun)
		assert.Contains(t, string(r.Original), `"capacity":"98"`, "the latest original")
		assert.Equal(t, 1, s.feed().Rejected)

		s.whole(first.Add(3*time.Minute), record("a"), record("b"))
		assert.Empty(t, list(t, s))
		assert.Zero(t, s.feed().Rejected)
	})

	t.Run("it goes when the feed no longer has it", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("a"), record("b", nameless))
		require.Len(t, list(t, s), 1)
		s.whole(c.Now().Add(time.Minute), record("a"))
		assert.Empty(t, list(t, s))
	})

	t.Run("it stays while nobody knows what the feed has", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		all := recordsOf("e", 100)
		s.whole(c.Now(), append(all[:100:100], record("b", impossible))...)
		empty := s.run(c.Now().Add(time.Minute))
		s.complete(empty, 0)
		s.conclude(empty)
		assert.Len(t, list(t, s), 1, "an empty feed says nothing")
		require.True(t, s.whole(c.Now().Add(2*time.Minute), all[:40]...).Verdict.Held)
		assert.Len(t, list(t, s), 1, "nor does one whose departures are held")
		s.whole(c.Now().Add(3*time.Minute), all...)
		assert.Empty(t, list(t, s))
	})

	t.Run("it comes back with its history", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		s.whole(c.Now(), record("b", impossible))
		s.whole(c.Now().Add(time.Minute), record("b"))
		s.whole(c.Now().Add(2*time.Minute), record("b", impossible))
		got := list(t, s)
		require.Len(t, got, 1)
		assert.EqualValues(t, 2, got[0].Count)
		assert.Equal(t, catalogue.RunAt(c.Now()), got[0].FirstRun)
	})

	t.Run("a late chunk has no news of what is known", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		older := s.run(c.Now())
		s.whole(c.Now().Add(time.Minute), record("a"))
		s.apply(older, 0, record("a", impossible), record("b", impossible))
		got := list(t, s)
		require.Len(t, got, 1)
		assert.Equal(t, "b", got[0].Identity.Event)
	})

	t.Run("they are bounded", func(t *testing.T) {
		s := newShop(t, store, t.Name())
		run := s.run(c.Now())
		for chunk := range 6 {
			var records []catalogue.Record
			for i := range 250 {
				records = append(records, record(fmt.Sprintf("%d-%d", chunk, i), impossible))
			}
			s.apply(run, chunk, records...)
		}
		assert.Len(t, list(t, s), 1000)
	})

	t.Run("of all providers", func(t *testing.T) {
		all, err := store.Rejected(t.Context(), "", 3)
		require.NoError(t, err)
		assert.Len(t, all, 3)
	})
}
