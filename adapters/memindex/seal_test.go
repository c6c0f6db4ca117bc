package memindex_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// TestFlippedBitsAreFound flips a bit of what is held, filled or merged. What somebody would notice who reads every event and knows what
// it should be, the audit does.
func TestFlippedBitsAreFound(t *testing.T) {
	changed := 0
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 10)
		known := len(now.events)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 1, 1000)})
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
			require.Equal(rt, is, len(found.Days) > 0)
			require.False(rt, found.Lookups)
		}
		requireDamaged(false)
		for range 10 {
			unflip := flip(rt, x)
			if !maps.Equal(x.Raw(), now.events) {
				changed++
				requireDamaged(true)
			}
			unflip()
			requireDamaged(false)
		}
		requireReads(rt, x, now)
	})
	require.Positive(t, changed)
}

// TestWhatIsMadeAnewIsStillFound damages two events, of which a change meets one: all is made anew then, the other as it is.
func TestWhatIsMadeAnewIsStillFound(t *testing.T) {
	now := generated(3)
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
	require.Len(t, found.Days, 1)
	_, err = x.Reconcile(t.Context(), event.TimeRange{}, now.at, now.all())
	require.NoError(t, err)
	found, err = x.Damaged(t.Context())
	require.NoError(t, err)
	require.Zero(t, found)
}

// TestWhatIsFoundIsMended flips a bit of what is held, and compares that with the store as an audit does.
func TestWhatIsFoundIsMended(t *testing.T) {
	mended := 0
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 10)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 1, 1000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(rapid.SampledFrom(now.all()).Draw(rt, "changed"))}))
		}
		x.Settle()
		flip(rt, x)
		for range 3 { // an ID that is wrong cannot be looked up before all is made anew
			if audit(rt, x, now) {
				break
			}
			mended++
		}
		requireReads(rt, x, now)
		for range 4 {
			holds(rt, x, genQuery().Draw(rt, "query"), now)
		}
	})
	require.Positive(t, mended)
}

// audit puts right what an index says is wrong, as core/search.Model does; true where it says that nothing is.
func audit(t require.TestingT, x *memindex.Index, now *contents) (sound bool) {
	found, err := x.Damaged(context.Background())
	require.NoError(t, err)
	for _, days := range found.Days {
		_, err = x.Reconcile(context.Background(), days, now.at, now.starting(days))
		require.NoError(t, err)
	}
	x.Settle()
	return len(found.Days) == 0 && !found.Lookups
}

// flip flips a bit of what is held, and returns what flips it back.
func flip(rt *rapid.T, x *memindex.Index) (back func()) { return flipIn(rt, x.Memory()) }

func flipIn(rt *rapid.T, memory [][]byte) (back func()) {
	part := rapid.SampledFrom(slices.DeleteFunc(memory, func(b []byte) bool { return len(b) == 0 })).Draw(rt, "part")
	at, bit := rapid.IntRange(0, len(part)-1).Draw(rt, "at"), byte(1)<<rapid.IntRange(0, 7).Draw(rt, "bit")
	part[at] ^= bit
	return func() { part[at] ^= bit }
}

// requireReads requires that all events are read as they are.
func requireReads(t require.TestingT, x *memindex.Index, want *contents) {
	got, err := readEach(x)
	require.NoError(t, err)
	byStart := catalogue.Order{}
	slices.SortFunc(got, func(a, b event.Event) int { return byStart.Compare(byStart.PositionOf(&a), byStart.PositionOf(&b)) })
	same(t, want.all(), got)
}

// readEach reads every event.
func readEach(x *memindex.Index) (all []event.Event, err error) {
	_, err = x.Snapshot(context.Background(), event.TimeRange{}, func(e *event.Event) error {
		all = append(all, *e)
		return nil
	})
	return all, err
}

// TestMergedDamageIsFound damages an event before it is brought into the base.
func TestMergedDamageIsFound(t *testing.T) {
	now := generated(0)
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
	require.Len(t, found.Days, 1)
}

// TestAStartThatIsWrongIsMended flips bits of a start, one at a time. On whatever day the event starts then, the audit compares the days on which it
// may have started, and puts it right without a look at any others.
func TestAStartThatIsWrongIsMended(t *testing.T) {
	for bit := 4; bit < 64; bit += 3 {
		now := generated(0)
		for n := range 200 {
			e := genEvent(n).Example(n)
			e.Facts.Start, e.Facts.End = event.MomentAt(int64(n)*7*3600, 0), event.MomentAt(int64(n+1)*7*3600, 0)
			now.change(e)
		}
		x := memindex.New(memindex.Options{})
		require.NoError(t, x.Fill(t.Context(), now))
		x.FlipStart(100, bit)
		found, err := x.Damaged(t.Context())
		require.NoError(t, err)
		require.Len(t, found.Days, 1, "bit %d", bit)
		compared := now.starting(found.Days[0])
		require.Less(t, len(compared), 10)
		told, err := x.Reconcile(t.Context(), found.Days[0], now.at, compared)
		require.NoError(t, err)
		require.Equal(t, 1, told.Wrong)
		x.Settle()
		require.True(t, audit(t, x, now), "bit %d", bit)
		requireReads(t, x, now)
		x.Close()
	}
}

// TestComparingAnotherDayLeavesAnEventWhereItIs compares the day that an event starts on by mistake, at the edge of which its row stands.
func TestComparingAnotherDayLeavesAnEventWhereItIs(t *testing.T) {
	now := generated(0)
	for n := range 40 { // the last of a day at 23:00
		e := genEvent(n).Example(n)
		e.Facts.Start, e.Facts.End = event.MomentAt(int64(n/2)*86400+int64(n%2)*23*3600, 0), event.MomentAt(int64(n+1)*86400, 0)
		now.change(e)
	}
	x := memindex.New(memindex.Options{})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	x.FlipStart(21, 15) // 23:00 and 32768 seconds, which is the next day
	next := event.TimeRange{From: event.NotBefore(time.Unix(11*86400, 0)), To: event.NotAfter(time.Unix(12*86400-1, 0))}
	_, err := x.Reconcile(t.Context(), next, now.at, now.starting(next))
	require.NoError(t, err)
	require.Equal(t, 40, x.Size().Events)
	audit(t, x, now)
	require.True(t, audit(t, x, now))
	require.Equal(t, 40, x.Size().Events)
}

// TestADamagedEventIsChanged changes an event that is not as it came. The change is made, and nothing tells what the event was before.
func TestADamagedEventIsChanged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 2, 10)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 1, 1000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		first := now.all()[0]
		if rapid.Bool().Draw(rt, "of the delta") {
			require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(first)}))
		}
		x.Settle()
		require.True(rt, x.Damage(first.ID))
		before := now.at
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(first)}))
		x.Settle()
		_, err := x.Search(rt.Context(), catalogue.Query{Limit: 5, AsOf: before, After: &catalogue.Position{}})
		require.Equal(rt, fault.Gone, fault.KindOf(err), "%v", err)
		_, err = x.Changes(rt.Context(), before, 5)
		require.Equal(rt, fault.Gone, fault.KindOf(err), "%v", err)
		require.True(rt, audit(rt, x, now))
		requireReads(rt, x, now)
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(first)}), "and it goes on")
	})
}

// TestTotalsBesideADamagedEvent makes all anew while one event is not as it came. Of the others each question is answered as ever.
func TestTotalsBesideADamagedEvent(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 3, 20)
		x := memindex.New(memindex.Options{MergeAt: 1})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		all := now.all()
		first, second := all[len(all)-1], all[len(all)-2] // which start after 1970, mostly
		require.True(rt, x.Damage(first.ID))
		require.True(rt, x.Damage(second.ID))
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(first)}), "which has all made anew")
		x.Settle()
		for range 10 {
			q := genQuery().Draw(rt, "query")
			q.Limit = 100
			page, err := x.Search(rt.Context(), q)
			require.NoError(rt, err)
			require.Len(rt, page.Events, page.Total)
		}
	})
}

// TestAnIDThatIsWrongIsMended flips a bit of the ID of an event that changed, and brings it into the base so. Nothing is lost by that, and the event
// can be changed again.
func TestAnIDThatIsWrongIsMended(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 2, 10)
		x := memindex.New(memindex.Options{MergeAt: 3})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		all := now.all()
		changed := rapid.SampledFrom(all).Draw(rt, "changed")
		changed.Facts.Capacity = 777
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(changed)}))
		require.Equal(rt, 1, x.Size().Recent)
		x.FlipRecentID(rapid.IntRange(0, 127).Draw(rt, "bit"))
		other := rapid.SampledFrom(all).Filter(func(e event.Event) bool { return e.ID != changed.ID }).Draw(rt, "other")
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(other)}), "with which all is brought into one piece")
		x.Settle()
		for range 3 {
			audit(rt, x, now)
		}
		require.True(rt, audit(rt, x, now))
		require.Equal(rt, len(now.events), x.Size().Events)
		requireReads(rt, x, now)
		changed.Facts.Capacity = 778
		require.NoError(rt, x.Apply(rt.Context(), []catalogue.Change{now.change(changed)}))
		x.Settle()
		require.Equal(rt, len(now.events), x.Size().Events)
		requireReads(rt, x, now)
	})
}

// TestTextsThatNothingHasAnyMoreAreForgotten changes venues again and again.
func TestTextsThatNothingHasAnyMoreAreForgotten(t *testing.T) {
	const events, rounds = 200, 120
	now := generated(events)
	x := memindex.New(memindex.Options{MergeAt: 1})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	most := int64(0)
	for round := range rounds {
		var changes []catalogue.Change
		for n, e := range now.all() {
			e.Facts.Venue = fmt.Sprint("Hall ", n, " of ", round)
			changes = append(changes, now.change(e))
		}
		require.NoError(t, x.Apply(t.Context(), changes))
		x.Settle()
		most = max(most, x.Names())
	}
	require.Less(t, most, int64(events*rounds/2))
	require.Greater(t, most, int64(10_000), "few are no reason")
	require.True(t, audit(t, x, now))
	requireReads(t, x, now)
}
