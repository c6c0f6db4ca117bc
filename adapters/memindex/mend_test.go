package memindex_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
)

// TestDamagedTimesAreMended damages what rows are ordered by. Whether an audit or a change meets that first, in the end each
// question is answered as if nothing had been.
func TestDamagedTimesAreMended(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 40)
		known := len(now.events)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 3, 1000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		by := func(name string) int64 { return pick[int64](rt, name, 0, 1, 3600, -3600, 1<<40, -1<<40) }
		require.True(rt, x.DamageTimes(rapid.SampledFrom(now.all()).Draw(rt, "damaged").ID, by("start"), by("end")))
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			c := now.change(genEvent(rapid.IntRange(0, known-1).Draw(rt, "of")).Draw(rt, "changed"))
			require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{c}))
		}
		for range 3 {
			audit(rt, x, now)
		}
		require.True(rt, audit(rt, x, now))
		for range 4 {
			holds(rt, x, genQuery().Draw(rt, "query"), now)
		}
	})
}
