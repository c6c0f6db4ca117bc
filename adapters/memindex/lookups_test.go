package memindex_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// TestWrongLookupsAreMadeAnew flips a bit of what events are found by. A look at everything finds it, and without anybody's help each
// question is answered as if nothing had been. Until then a question may be answered wrongly, or by an error, and a change
// may be refused as a whole; nothing panics.
func TestWrongLookupsAreMadeAnew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 1, 40)
		known := len(now.events)
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 3, 1000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		change := func() {
			before := *now.clone()
			c := now.change(genEvent(rapid.IntRange(0, known).Draw(rt, "of")).Draw(rt, "changed"))
			if err := x.Apply(rt.Context(), []catalogue.Change{c}); err != nil {
				require.Equal(rt, fault.Internal, fault.KindOf(err), "%v", err)
				*now = before
			}
		}
		for range rapid.IntRange(0, 4).Draw(rt, "changes before") {
			change()
		}
		x.Settle()
		flipLookups(rt, x)
		after := rapid.IntRange(0, 4).Draw(rt, "changes after")
		for range after {
			change()
			q := genQuery().Draw(rt, "meanwhile")
			if _, err := x.Search(rt.Context(), q); err != nil {
				require.Equal(rt, fault.Internal, fault.KindOf(err), "%v", err)
			}
		}
		x.Settle()
		found, err := x.Damaged(rt.Context())
		require.NoError(rt, err)
		require.Empty(rt, found.Days)
		if after == 0 {
			require.True(rt, found.Lookups)
		}
		x.Settle()
		found, err = x.Damaged(rt.Context())
		require.NoError(rt, err)
		require.Zero(rt, found, "it is made anew")
		requireReads(rt, x, now)
		for range 6 {
			holds(rt, x, genQuery().Draw(rt, "query"), now)
		}
	})
}

// TestWrongLookupsEndSearches flips bits of an index that is large enough for most ways to find a page: one at a time, and then many of each
// part. Whatever is wrong, each search ends.
func TestWrongLookupsEndSearches(t *testing.T) {
	now := generated(1500)
	x := memindex.New(memindex.Options{MergeAt: 1 << 30})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	for n := range 300 {
		require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(genEvent(n * 5).Example(n))}))
	}
	wrong := 0
	ask := func(q catalogue.Query) {
		page, err := x.Search(t.Context(), q)
		if err != nil {
			require.Equal(t, fault.Internal, fault.KindOf(err), "%v", err)
			wrong++
			return
		}
		require.LessOrEqual(t, len(page.Events), q.Limit)
	}
	rapid.Check(t, func(rt *rapid.T) {
		unflip := flipIn(rt, x.LookupMemory())
		defer unflip()
		for range 20 {
			q := genQuery().Draw(rt, "query")
			q.Offset = pick(rt, "offset", 0, 0, 20, 700)
			ask(q)
		}
	})
	wrong = 0
	for _, part := range x.LookupMemory() {
		flip := func() {
			for i := 1; i < len(part); i += 4 {
				part[i] ^= 1 << 6
			}
		}
		flip()
		for n := range 20 {
			ask(genQuery().Example(n))
		}
		flip()
	}
	require.Positive(t, wrong, "which some of them tell")
}

// TestWhateverEventsAreFoundByIsLookedAt flips the first bit of each part of what events are found by, one part after the other.
func TestWhateverEventsAreFoundByIsLookedAt(t *testing.T) {
	open := func() *memindex.Index {
		now := generated(70)
		x := memindex.New(memindex.Options{MergeAt: 1 << 30})
		t.Cleanup(x.Close)
		require.NoError(t, x.Fill(t.Context(), now))
		for _, e := range now.all()[:3] {
			require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(e)}))
		}
		return x
	}
	found := func(x *memindex.Index) bool {
		damage, err := x.Damaged(t.Context())
		require.NoError(t, err)
		require.Empty(t, damage.Days)
		return damage.Lookups
	}
	require.False(t, found(open()))
	parts := len(open().LookupMemory())
	require.Greater(t, parts, 50)
	for n := range parts {
		x := open()
		if part := x.LookupMemory()[n]; len(part) > 0 {
			part[0] ^= 1
			require.True(t, found(x), "part %d, of %d bytes", n, len(part))
		}
	}
	for n := range open().Bitmaps() {
		x := open()
		x.Bitmaps()[n].Flip(1, 2)
		require.True(t, found(x), "bitmap %d", n)
	}
}

// TestWrongLookupsAreToldOnce looks again and again while all is made anew.
func TestWrongLookupsAreToldOnce(t *testing.T) {
	now := generated(5000)
	x := memindex.New(memindex.Options{})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	x.Bitmaps()[1].Flip(7, 8)
	told := 0
	for range 20 {
		found, err := x.Damaged(t.Context())
		require.NoError(t, err)
		if found.Lookups {
			told++
		}
	}
	require.Equal(t, 1, told)
	x.Settle()
	require.True(t, audit(t, x, now))
}

// TestWhatAMergeMetIsTold changes something while a bitmap is wrong, and brings all into one piece.
func TestWhatAMergeMetIsTold(t *testing.T) {
	now := generated(20)
	x := memindex.New(memindex.Options{MergeAt: 1})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	x.Bitmaps()[1].Flip(7, 8)
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(now.all()[3])}))
	x.Settle()
	for _, told := range []bool{true, false} {
		found, err := x.Damaged(t.Context())
		require.NoError(t, err)
		require.Equal(t, told, found.Lookups)
	}
	require.True(t, audit(t, x, now))
}

// flipLookups flips a bit of what events are found by.
func flipLookups(rt *rapid.T, x *memindex.Index) {
	if maps := x.Bitmaps(); rapid.Bool().Draw(rt, "of a bitmap") {
		row := uint64(rapid.IntRange(0, 50).Draw(rt, "row"))
		maps[rapid.IntRange(0, len(maps)-1).Draw(rt, "bitmap")].Flip(row, row+1)
		return
	}
	flipIn(rt, x.LookupMemory())
}

// TestAnEventThatIsGoneByMistakeIsStillThere takes an event for gone in one of the places that tell so. No store is needed to have it back.
func TestAnEventThatIsGoneByMistakeIsStillThere(t *testing.T) {
	now := generated(9)
	x := memindex.New(memindex.Options{MergeAt: 1000})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	changed := now.all()[4]
	changed.Facts.Title = "another"
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(changed)}))
	gone := x.Bitmaps()[0]
	require.EqualValues(t, 1, gone.GetCardinality())
	for row := range uint64(9) {
		gone.Flip(row, row+1) // each is told to be what it is not
	}
	found, err := x.Damaged(t.Context())
	require.NoError(t, err)
	require.True(t, found.Lookups)
	x.Settle()
	requireReads(t, x, now)
}

// TestAnEventThatChangesWhileAllIsMadeAnew changes an event that is taken for gone by mistake, while it is being brought back.
func TestAnEventThatChangesWhileAllIsMadeAnew(t *testing.T) {
	const events = 5000
	now := generated(events)
	x := memindex.New(memindex.Options{MergeAt: 1 << 30})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	x.Bitmaps()[0].Add(4)
	changed := now.all()[4]
	found, err := x.Damaged(t.Context())
	require.NoError(t, err)
	require.True(t, found.Lookups)
	changed.Facts.Title = "another"
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(changed)}))
	x.Settle()
	require.Equal(t, events, x.Size().Events)
	page, err := x.Search(t.Context(), catalogue.Query{Criteria: catalogue.Criteria{Words: []string{"another"}}, Limit: 5, WantTotal: true})
	require.NoError(t, err)
	require.Equal(t, 1, page.Total)

	// Two are found not to be the store's, while the same goes on: one of the delta and one of the base.
	stranger, leaving := genEvent(events).Example(1), now.all()[100]
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(stranger)}))
	delete(now.events, stranger.ID)
	delete(now.events, leaving.ID)
	type day struct {
		starts event.TimeRange
		all    []event.Event
	}
	var days []day
	for _, e := range []event.Event{stranger, leaving} {
		starts := event.TimeRange{From: event.NotBefore(e.Facts.Start.Time()), To: event.NotAfter(e.Facts.Start.Time())}
		days = append(days, day{starts, now.starting(starts)})
	}
	x.Bitmaps()[0].Add(40)
	found, err = x.Damaged(t.Context())
	require.NoError(t, err)
	require.True(t, found.Lookups)
	for _, d := range days {
		told, err := x.Reconcile(t.Context(), d.starts, now.at, d.all)
		require.NoError(t, err)
		require.Positive(t, told.Wrong)
	}
	x.Settle()
	require.Equal(t, events-1, x.Size().Events)
	require.True(t, audit(t, x, now))
}

// TestAFoldThatIsWrongIsFound flips a bit of a title as searches for words have it, of an event that stands alone among those that changed.
func TestAFoldThatIsWrongIsFound(t *testing.T) {
	now := generated(1)
	x := memindex.New(memindex.Options{MergeAt: 1 << 30})
	defer x.Close()
	require.NoError(t, x.Fill(t.Context(), now))
	e := genEvent(1).Example(1)
	e.Facts.Title = "Jazz"
	require.NoError(t, x.Apply(t.Context(), []catalogue.Change{now.change(e)}))
	x.FlipFold()
	require.False(t, audit(t, x, now))
	require.True(t, audit(t, x, now))
	q := catalogue.Query{Criteria: catalogue.Criteria{Words: []string{"jazz"}}, Limit: 5, WantTotal: true}
	page, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, now.matches(q), page.Total)
}
