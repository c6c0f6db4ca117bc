package memindex_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// contents are what an index should hold: an oracle that filters by catalogue.Criteria.Matches and sorts by
// catalogue.Order.Compare. It hands itself over as a store would.
type contents struct {
	events map[event.ID]event.Event
	at     catalogue.Version
}

func (c *contents) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	for e := range maps.Values(c.events) {
		if err := each(&e); err != nil {
			return catalogue.Version{}, err
		}
	}
	return c.at, nil
}

// change makes the next change.
func (c *contents) change(e event.Event) catalogue.Change {
	c.at = catalogue.Version{Number: c.at.Number + 1, Tag: uint64(c.at.Number)*7919 + 1}
	c.events[e.ID] = e
	return catalogue.Change{Version: c.at, Kind: catalogue.Updated, Event: e}
}

// all are the events, in the order of their starts.
func (c *contents) all() []event.Event { return c.matches(catalogue.Query{}) }

func (c *contents) matches(q catalogue.Query) []event.Event {
	var found []event.Event
	for e := range maps.Values(c.events) {
		if q.Matches(&e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b event.Event) int { return q.Order.Compare(q.Order.PositionOf(&a), q.Order.PositionOf(&b)) })
	return found
}

// starting are those that start in a range.
func (c *contents) starting(r event.TimeRange) []event.Event {
	return slices.DeleteFunc(c.all(), func(e event.Event) bool {
		start := e.Facts.Start.Unix()
		from, bound := r.From.Unix()
		to, limit := r.To.Unix()
		return bound && start < from || limit && start > to
	})
}

func (c *contents) clone() *contents { return &contents{maps.Clone(c.events), c.at} }

// generated are so many events, the same each time.
func generated(events int) *contents {
	c := &contents{events: map[event.ID]event.Event{}, at: catalogue.Version{Number: 1, Tag: 5}}
	for n := range events {
		c.change(genEvent(n).Example(n))
	}
	return c
}

func pick[T any](t *rapid.T, name string, from ...T) T { return rapid.SampledFrom(from).Draw(t, name) }

func genEvent(n int) *rapid.Generator[event.Event] {
	return rapid.Custom(func(t *rapid.T) event.Event {
		const hour = 3600
		start := int64(rapid.IntRange(-40, 40).Draw(t, "start")) * hour
		lasts := int64(pick(t, "lasts", 0, 1, 2, 2, 2, 30, 300)) * hour
		identity := event.Identity{Provider: pick(t, "provider", "a", "a", "b"), Base: fmt.Sprint(n), Event: "1"}
		e := event.Event{
			ID: identity.ID(), Identity: identity, FirstSeen: time.UnixMilli(int64(n)).UTC(), Available: rapid.Bool().Draw(t, "available"),
			Revision: int64(rapid.IntRange(1, 99).Draw(t, "revision")),
		}
		f := &e.Facts
		f.Title = pick(t, "title", "Jazz", "Jazz en Málaga", "ópera", "Opera buffa", "x", "", "jazz & blues")
		f.Organizer = pick(t, "organizer", "", "1", "2")
		f.SellMode = pick(t, "mode", event.Online, event.Online, "offline")
		f.Start, f.End = event.MomentAt(start, 7200), event.MomentAt(start+lasts, -3600)
		f.TimeZone = "Europe/Madrid"
		if rapid.Bool().Draw(t, "sale") {
			f.SaleStart = event.MomentAt(int64(rapid.IntRange(-5, 5).Draw(t, "sale from")), 0)
		}
		if rapid.Bool().Draw(t, "sale ends") {
			f.SaleEnd = event.MomentAt(int64(rapid.IntRange(-5, 5).Draw(t, "sale to")), 0)
		}
		f.SoldOut = rapid.Bool().Draw(t, "sold out")
		if rapid.IntRange(0, 3).Draw(t, "priced") > 0 {
			low := event.Price(rapid.IntRange(0, 5).Draw(t, "low"))
			f.Prices = event.PriceRange{Min: low, Max: low + event.Price(rapid.IntRange(0, 3).Draw(t, "more")), Known: true}
		}
		f.Capacity = int64(n)
		f.Currency = pick(t, "currency", "EUR", "EUR", "PLN", "SEK", "NOK", "")
		f.Category, f.City = pick(t, "category", "", "music"), pick(t, "city", "", "Madrid", "Lisboa")
		f.Venue, f.URL, f.Image = "v", "/u", "/i"
		return e
	})
}

func genQuery() *rapid.Generator[catalogue.Query] {
	return rapid.Custom(func(t *rapid.T) catalogue.Query {
		at := func(name string) time.Time { return time.Unix(int64(rapid.IntRange(-45, 45).Draw(t, name))*3600, 0) }
		price := func(name string) *event.Price { return new(event.Price(rapid.IntRange(0, 8).Draw(t, name))) }
		flag := func(name string) *bool { return new(rapid.Bool().Draw(t, name)) }
		q := catalogue.Query{
			Limit: rapid.IntRange(1, 9).Draw(t, "limit"), WantTotal: true, WantCurrencies: rapid.Bool().Draw(t, "currencies"),
			Order: catalogue.Order{By: pick(t, "by", catalogue.Sorts()...), Desc: rapid.Bool().Draw(t, "desc")},
		}
		q.Match = pick(t, "match", "", catalogue.Within, catalogue.Overlaps)
		from, to := at("from"), at("to")
		if from.After(to) {
			from, to = to, from
		}
		if rapid.IntRange(0, 2).Draw(t, "has from") > 0 {
			q.Range.From = event.NotBefore(from)
		}
		if rapid.IntRange(0, 2).Draw(t, "has to") > 0 {
			q.Range.To = event.NotAfter(to)
		}
		filters := map[string]func(){
			"words":     func() { q.Words = catalogue.WordsOf(pick(t, "q", "jazz", "OPERA", "z", "mala ja", "ra bu", "nothing")) },
			"min price": func() { q.MinPrice = price("min") },
			"max price": func() { q.MaxPrice = price("max") },
			"city":      func() { q.City = pick(t, "in", "Madrid", "Atlantis") },
			"category":  func() { q.Category = "music" },
			"currency":  func() { q.Currency = "EUR" },
			"organizer": func() { q.Organizer = "1" },
			"provider":  func() { q.Provider = "b" },
			"sold out":  func() { q.SoldOut = flag("sold out") },
			"available": func() { q.Available = flag("available") },
			"on sale": func() {
				q.OnSale, q.Now = flag("on sale"), time.Unix(int64(rapid.IntRange(-6, 6).Draw(t, "now")), 0)
			},
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(filters))), 0, 2, rapid.ID).Draw(t, "filters") {
			filters[name]()
		}
		if q.MinPrice != nil && q.MaxPrice != nil && *q.MinPrice > *q.MaxPrice {
			q.MinPrice, q.MaxPrice = q.MaxPrice, q.MinPrice
		}
		return q
	})
}

// draw are some events, as if there had been a change for each.
func draw(t *rapid.T, least, most int) *contents {
	c := &contents{events: map[event.ID]event.Event{}}
	for n := range rapid.IntRange(least, most).Draw(t, "events") {
		e := genEvent(n).Draw(t, "event")
		c.events[e.ID] = e
	}
	c.at = catalogue.Version{Number: int64(len(c.events)), Tag: 5}
	return c
}

// TestAnyQuestionOfAnyVersion holds every page of any question, by its offset and by the position behind which it begins, as of now and of
// versions before, against the oracle, after any history of changes that were brought into the base or not.
func TestAnyQuestionOfAnyVersion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := draw(rt, 0, 60)
		known := len(now.events)
		mergeAt := pick(rt, "merge at", 1, 7, 25, 1000)
		x := memindex.New(memindex.Options{MergeAt: mergeAt})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		past := []*contents{now.clone()}
		for range rapid.IntRange(0, 6).Draw(rt, "batches") {
			var batch []catalogue.Change
			for range rapid.IntRange(1, 12).Draw(rt, "changes") {
				batch = append(batch, now.change(genEvent(rapid.IntRange(0, known+10).Draw(rt, "of")).Draw(rt, "changed")))
			}
			require.NoError(rt, x.Apply(rt.Context(), batch))
			past = append(past, now.clone())
		}
		for range 6 {
			q := genQuery().Draw(rt, "query")
			holds(rt, x, q, now)
			holdsAsOf(rt, x, q, past[rapid.IntRange(0, len(past)-1).Draw(rt, "as of")])
		}
	})
}

// holds asks for every page.
func holds(t *rapid.T, x *memindex.Index, q catalogue.Query, want *contents) {
	all := want.matches(q)
	for q.Offset = 0; q.Offset <= len(all)+q.Limit; q.Offset += q.Limit {
		page, err := x.Search(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, want.at, page.At)
		require.Equal(t, len(all), page.Total)
		if q.WantCurrencies {
			require.Equal(t, currenciesOf(all), page.Currencies)
		}
		same(t, all[min(q.Offset, len(all)):min(q.Offset+q.Limit, len(all))], page.Events)
	}
}

// holdsAsOf follows pages of a version from one to the next.
func holdsAsOf(t *rapid.T, x *memindex.Index, q catalogue.Query, was *contents) {
	all := was.matches(q)
	q.WantTotal, q.WantCurrencies = false, false
	for n := range all {
		q.After, q.AsOf = new(q.Order.PositionOf(&all[n])), was.at
		page, err := x.Search(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, was.at, page.At)
		same(t, all[n+1:min(n+1+q.Limit, len(all))], page.Events)
	}
}

func same(t require.TestingT, want, got []event.Event) {
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i], got[i])
	}
}

func currenciesOf(events []event.Event) []string {
	var list []string
	for _, e := range events {
		if e.Facts.Currency != "" {
			list = append(list, e.Facts.Currency)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(catalogue.MostCurrencies, len(list))]
}

// TestManyEvents does the same with as many as have several levels, blocks and bitmaps, of which whole stretches changed.
func TestManyEvents(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if rapid.IntRange(0, 24).Draw(rt, "one of many") > 0 { // each takes as long as dozens of the small ones
			return
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		const known = 3000
		now := &contents{events: map[event.ID]event.Event{}, at: catalogue.Version{Number: known, Tag: 5}}
		for n := range known {
			e := someEvent(r, n)
			now.events[e.ID] = e
		}
		x := memindex.New(memindex.Options{MergeAt: pick(rt, "merge at", 300, 100_000)})
		defer x.Close()
		require.NoError(rt, x.Fill(rt.Context(), now))
		past := []*contents{now.clone()}
		for range rapid.IntRange(0, 3).Draw(rt, "batches") {
			first, long := r.IntN(known), r.IntN(600)
			batch := make([]catalogue.Change, 0, long)
			for n := range long {
				batch = append(batch, now.change(someEvent(r, first+n)))
			}
			require.NoError(rt, x.Apply(rt.Context(), batch))
			past = append(past, now.clone())
		}
		for range 20 {
			q := genQuery().Draw(rt, "query")
			q.Range = longer(q.Range)
			all := now.matches(q)
			q.Limit = rapid.IntRange(1, 300).Draw(rt, "limit of many")
			q.Offset = rapid.IntRange(0, len(all)+1).Draw(rt, "offset")
			page, err := x.Search(rt.Context(), q)
			require.NoError(rt, err)
			require.Equal(rt, len(all), page.Total)
			same(rt, all[min(q.Offset, len(all)):min(q.Offset+q.Limit, len(all))], page.Events)

			was := past[rapid.IntRange(0, len(past)-1).Draw(rt, "as of")]
			if all = was.matches(q); len(all) > 0 {
				n := rapid.IntRange(0, len(all)-1).Draw(rt, "behind")
				q.Offset, q.After, q.AsOf, q.WantTotal, q.WantCurrencies = 0, new(q.Order.PositionOf(&all[n])), was.at, false, false
				page, err = x.Search(rt.Context(), q)
				require.NoError(rt, err)
				same(rt, all[n+1:min(n+1+q.Limit, len(all))], page.Events)
			}
		}
	})
}

// longer is the range as many times longer as many events are spread over more time than few.
func longer(r event.TimeRange) (l event.TimeRange) {
	const times = 40
	if unix, set := r.From.Unix(); set {
		l.From = event.NotBefore(time.Unix(unix*times, 0))
	}
	if unix, set := r.To.Unix(); set {
		l.To = event.NotAfter(time.Unix(unix*times, 0))
	}
	return l
}

// someEvent is one of many: its base is its place in time, so that changes of a stretch of bases are of a stretch of time.
func someEvent(r *rand.Rand, n int) event.Event {
	const day = 24 * 3600
	identity := event.Identity{Provider: []string{"a", "b"}[r.IntN(2)], Base: fmt.Sprint(n), Event: "1"}
	start := int64(n-1500)*day/24 + r.Int64N(3)*3600
	lasts := r.Int64N(5) * 3600
	if r.IntN(8) == 0 {
		lasts = r.Int64N(60) * day
	}
	e := event.Event{ID: identity.ID(), Identity: identity, FirstSeen: time.UnixMilli(int64(n)).UTC(), Available: r.IntN(3) > 0, Revision: 1}
	f := &e.Facts
	f.Title = []string{"Jazz", "Ópera", "Opera buffa", "z", fmt.Sprint("Jazz en Málaga ", r.IntN(500))}[r.IntN(5)]
	f.Start, f.End, f.TimeZone = event.MomentAt(start, 0), event.MomentAt(start+lasts, 3600), "UTC"
	f.Organizer, f.City = []string{"", "1"}[r.IntN(2)], []string{"Madrid", "Lisboa", ""}[r.IntN(3)]
	f.Category, f.Currency = []string{"music", ""}[r.IntN(2)], []string{"EUR", "PLN"}[r.IntN(2)]
	f.SellMode, f.SoldOut = []string{event.Online, "offline"}[r.IntN(2)], r.IntN(2) == 0
	if r.IntN(4) > 0 {
		low := event.Price(r.Int64N(9))
		f.Prices = event.PriceRange{Min: low, Max: low + event.Price(r.Int64N(3)), Known: true}
	}
	return e
}
