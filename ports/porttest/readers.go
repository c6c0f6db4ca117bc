package porttest

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
)

// reading is a page that somebody was given.
type reading struct {
	q    catalogue.Query
	page catalogue.Page
}

// readersBesideChanges has many search while ten thousand changes are made, and holds each page against the catalogue as it was in the
// version that the page says it is of.
func readersBesideChanges(t *testing.T, open func(*testing.T) ports.ReadModel) {
	const (
		events, changes, readers = 2000, 10_000, 4
		pagesPerBatch, kept      = 4, 150 // of all readers; of each
	)
	m, a := open(t), newAnnals(concerts(events)...)
	require.NoError(t, m.Fill(t.Context(), a))

	ctx, done := context.WithCancel(t.Context())
	var pages atomic.Int64
	var all sync.WaitGroup
	defer all.Wait()
	defer done()
	readings := make([][]reading, readers)
	for i := range readers {
		all.Go(func() {
			defer done() // who fails ends it
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for n := 0; ctx.Err() == nil; n++ {
				two, ok := readTwo(t, m, random)
				if !ok {
					return
				}
				pages.Add(2)
				if len(readings[i]) < kept {
					readings[i] = append(readings[i], two...)
				} else if at := random.IntN(n + 1); at < kept/2 { // any with the same chance
					copy(readings[i][2*at:], two)
				}
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			damage, err := m.Damaged(t.Context())
			assert.NoError(t, err)
			assert.Zero(t, damage)
			runtime.Gosched()
		}
	})

	random := rand.New(rand.NewPCG(9, 1))
	began := len(a.changes)
	for made, batches := 0, int64(0); made < changes && ctx.Err() == nil; batches++ {
		some := make([]event.Event, min(1+random.IntN(200), changes-made))
		for i := range some {
			e := later(concert(random.IntN(events+500)), random.IntN(200))
			e.Facts.SoldOut = random.IntN(2) == 0
			e.Facts.Prices = event.PriceRange{Min: event.Price(random.IntN(90)), Max: 100, Known: true}
			some[i] = e
		}
		made += len(some)
		require.NoError(t, m.Apply(t.Context(), a.write(some...)))
		for pages.Load() < batches*pagesPerBatch && ctx.Err() == nil {
			runtime.Gosched()
		}
	}
	done()
	all.Wait()
	require.False(t, t.Failed())
	require.Len(t, a.changes, began+changes)
	requireHeld(t, m, a)
	requireOneVersionEach(t, a, slices.Concat(readings...))
}

// released has a copy of the events, whose room was given back.
func released(page catalogue.Page) catalogue.Page {
	if release := page.Release; release != nil {
		page.Events, page.Release = slices.Clone(page.Events), nil
		release()
	}
	return page
}

// readTwo asks for a page and for the one behind it.
func readTwo(t *testing.T, m ports.ReadModel, random *rand.Rand) ([]reading, bool) {
	q := catalogue.Query{
		Limit: 20, Offset: random.IntN(50), WantTotal: true,
		Order: catalogue.Order{By: catalogue.Sorts()[random.IntN(len(catalogue.Sorts()))], Desc: random.IntN(2) == 0},
	}
	from := concert(random.IntN(2000)).Facts.Start.Time()
	switch random.IntN(4) {
	case 0:
		q.Range = event.TimeRange{From: event.NotBefore(from), To: event.NotAfter(from.AddDate(0, 3, 0))}
	case 1:
		q.Range.From, q.Match = event.NotBefore(from), catalogue.Overlaps
	case 2:
		q.SoldOut = new(true)
	}
	first, err := m.Search(t.Context(), q)
	if !assert.NoError(t, err) {
		return nil, false
	}
	first = released(first)
	two := []reading{{q, first}}
	if len(first.Events) < q.Limit {
		return append(two, two...), true
	}
	position := q.Order.PositionOf(&first.Events[q.Limit-1])
	q.Offset, q.WantTotal, q.After, q.AsOf = 0, false, &position, first.At
	second, err := m.Search(t.Context(), q)
	second = released(second)
	return append(two, reading{q, second}), assert.NoError(t, err) && assert.Equal(t, first.At, second.At)
}

func requireOneVersionEach(t *testing.T, a *annals, readings []reading) {
	slices.SortFunc(readings, func(a, b reading) int { return int(a.page.At.Number - b.page.At.Number) })
	now, number, versions := contents{}, int64(0), 0
	for _, r := range readings {
		if r.page.At.Number > number {
			versions++
		}
		now.make(a.changes[number:r.page.At.Number])
		number = r.page.At.Number
		require.Equal(t, a.versionOf(number), r.page.At)
		want := now.search(r.q)
		if r.q.WantTotal {
			require.Equal(t, len(want), r.page.Total, "at %d, %+v", number, r.q)
		}
		if r.q.After != nil {
			want = slices.DeleteFunc(want, func(e event.Event) bool {
				return r.q.Order.Compare(r.q.Order.PositionOf(&e), *r.q.After) <= 0
			})
		}
		want = want[min(r.q.Offset, len(want)):]
		want = want[:min(r.q.Limit, len(want))]
		require.Equal(t, titlesOf(want), titlesOf(r.page.Events), "at %d, %+v", number, r.q)
		for i := range want {
			require.Equal(t, want[i], r.page.Events[i])
		}
	}
	require.Greater(t, versions, 20, "they read while it changed")
}
