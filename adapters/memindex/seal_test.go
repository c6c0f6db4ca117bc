package memindex_test

import (
	"fmt"
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
		now := &contents{events: map[event.ID]event.Event{}}
		known := rapid.IntRange(1, 10).Draw(rt, "events")
		for n := range known {
			e := genEvent(n).Draw(rt, "event")
			now.events[e.ID] = e
		}
		now.at = catalogue.Version{Number: int64(known), Tag: 5}
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
		parts := slices.DeleteFunc(x.Memory(), func(b []byte) bool { return len(b) == 0 })
		for range 20 {
			part := rapid.SampledFrom(parts).Draw(rt, "part")
			at, bit := rapid.IntRange(0, len(part)-1).Draw(rt, "at"), byte(1)<<rapid.IntRange(0, 7).Draw(rt, "bit")
			part[at] ^= bit
			if readEach(rt, x) != nil {
				requireDamaged(true)
			}
			part[at] ^= bit
			requireDamaged(false)
		}
	})
}

// readEach is the error of reading every event; who reads what is not there panics.
func readEach(rt *rapid.T, x *memindex.Index) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	_, err = x.Snapshot(rt.Context(), event.TimeRange{}, func(*event.Event) error { return nil })
	return err
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
