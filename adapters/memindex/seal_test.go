package memindex_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// TestFlippedBitsAreFound flips a bit of what is held, filled or merged. What a reader of every event would notice, the audit does.
func TestFlippedBitsAreFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 10)
		known := len(now.events)
		x := memindex.New(memindex.Options{MergeAt: 1})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			c := now.change(genEvent(rapid.IntRange(0, known).Draw(rt, "of")).Draw(rt, "changed"))
			require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{c}))
			x.Settle()
		}
		requireDamaged := func(is bool) {
			found, err := x.Damaged(rt.Context())
			require.NoError(rt, err)
			require.Equal(rt, is, len(found) > 0)
		}
		requireDamaged(false)
		for range 20 {
			unflip := flip(rt, x)
			if _, err := readEach(rt, x); err != nil {
				requireDamaged(true)
			}
			unflip()
			requireDamaged(false)
		}
		requireReads(rt, x, now)
	})
}

// TestWhatIsMadeAnewIsStillFound damages two events, of which a change meets one: all is made anew then, the other as it is.
func TestWhatIsMadeAnewIsStillFound(t *testing.T) {
	now := &contents{events: map[event.ID]event.Event{}, at: catalogue.Version{Number: 1, Tag: 5}}
	for n := range 3 {
		now.change(genEvent(n).Example(n))
	}
	all := now.all()
	x := memindex.New(memindex.Options{MergeAt: 1})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	require.True(t, x.Damage(all[0].ID))
	require.True(t, x.Damage(all[1].ID))
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(all[0])}))
	x.Settle()
	require.Zero(t, x.Size().Recent)
	found, err := x.Damaged(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
	_, err = x.Reconcile(t.Context(), event.TimeRange{}, now.at, now.all())
	require.NoError(t, err)
	found, err = x.Damaged(t.Context())
	require.NoError(t, err)
	require.Empty(t, found)
}

// TestWhatIsFoundIsMended flips a bit of what is held, and compares that with the store as an audit does.
func TestWhatIsFoundIsMended(t *testing.T) {
	mended := 0
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 10)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 1, 1000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		flip(rt, x)
		for range 3 { // an ID that is wrong cannot be looked up before all is made anew, and a start is found on the day that it is not
			found, err := x.Damaged(rt.Context())
			require.NoError(rt, err)
			if len(found) == 0 {
				break
			}
			mended++
			_, err = x.Reconcile(rt.Context(), event.TimeRange{}, now.at, now.all())
			require.NoError(rt, err)
			x.Settle()
		}
		requireReads(rt, x, now)
		for range 4 {
			holds(rt, x, genQuery().Draw(rt, "query"), now)
		}
	})
	require.Positive(t, mended)
}

// flip flips a bit of what is held, and returns what flips it back.
func flip(rt *rapid.T, x *memindex.Index) (back func()) {
	part := rapid.SampledFrom(slices.DeleteFunc(x.Memory(), func(b []byte) bool { return len(b) == 0 })).Draw(rt, "part")
	at, bit := rapid.IntRange(0, len(part)-1).Draw(rt, "at"), byte(1)<<rapid.IntRange(0, 7).Draw(rt, "bit")
	part[at] ^= bit
	return func() { part[at] ^= bit }
}

// requireReads requires that all events are read as they are.
func requireReads(rt *rapid.T, x *memindex.Index, want *contents) {
	got, err := readEach(rt, x)
	require.NoError(rt, err)
	same(rt, want.all(), got)
}

// readEach reads every event.
func readEach(rt *rapid.T, x *memindex.Index) (all []event.Event, err error) {
	_, err = x.Snapshot(rt.Context(), event.TimeRange{}, func(e *event.Event) error {
		all = append(all, *e)
		return nil
	})
	return all, err
}

// TestMergedDamageIsFound damages an event before it is brought into the base.
func TestMergedDamageIsFound(t *testing.T) {
	now := &contents{events: map[event.ID]event.Event{}, at: catalogue.Version{Number: 1, Tag: 5}}
	x := memindex.New(memindex.Options{MergeAt: 2})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	for n := range 2 {
		c := now.change(genEvent(n).Example(n))
		require.NoError(t, x.Apply(t.Context(), []catalogue.Change{c}))
		if n == 0 {
			require.True(t, x.Damage(c.Event.ID))
		}
	}
	x.Settle()
	require.Zero(t, x.Size().Recent)
	found, err := x.Damaged(t.Context())
	require.NoError(t, err)
	require.Len(t, found, 1)
}
