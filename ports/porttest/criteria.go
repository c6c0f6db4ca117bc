package porttest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Criteria holds searches by any criteria, in any order, page by page, against a plain oracle: what the change log says,
// filtered by catalogue.Criteria.Matches and sorted by catalogue.Order.Compare. Catalogues have long events, equal times and
// titles, and events without prices. Then it follows pages from one to the next while the catalogue changes.
func Criteria(t *testing.T, open OpenStore) {
	c := newClock()
	var store EventStore
	attempt := 0
	rapid.Check(t, func(rt *rapid.T) {
		if attempt%10 == 0 { // reading the whole of one grows
			store = open(t, c.Now)
		}
		attempt++
		s := newShop(t, store, fmt.Sprintf("provider-%d", attempt))
		s.whole(c.Now(), genListings.Draw(rt, "first run")...)
		s.whole(c.Now().Add(time.Minute), genListings.Draw(rt, "second run")...)

		catalogueNow := oracleOf(s)
		for i := range 4 {
			q := genQuery(s.provider).Draw(rt, fmt.Sprintf("query %d", i))
			want := catalogueNow.search(q)
			pages(rt, s, q, want)
		}

		q := genQuery(s.provider).Draw(rt, "query while it changes")
		want := catalogueNow.search(q)
		follow(rt, s, q, want, func(page int) {
			s.whole(c.Now().Add(time.Duration(page+2)*time.Minute), genListings.Draw(rt, "run meanwhile")...)
		})
	})
}

// pages asks for each page by its offset, and for one past the last.
func pages(rt *rapid.T, s shop, q catalogue.Query, want []event.Event) {
	var got []event.Event
	for q.Offset = 0; q.Offset <= len(want)+q.Limit; q.Offset += q.Limit {
		q.WantTotal, q.WantCurrencies = true, true
		page, err := s.store.Search(s.t.Context(), q)
		require.NoError(rt, err)
		require.Equal(rt, len(want), page.Total)
		require.Equal(rt, currenciesOf(want), page.Currencies)
		require.LessOrEqual(rt, len(page.Events), q.Limit)
		got = append(got, page.Events...)
	}
	require.Equal(rt, titlesOf(want), titlesOf(got))
	require.Len(rt, got, len(want))
	for i := range want {
		require.Equal(rt, want[i], got[i])
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

// follow asks for each page behind the one before, in the version of the first, while meanwhile changes the catalogue.
func follow(rt *rapid.T, s shop, q catalogue.Query, want []event.Event, meanwhile func(page int)) {
	first, err := s.store.Search(s.t.Context(), q)
	require.NoError(rt, err)
	got := first.Events
	q.AsOf = first.At
	for n, page := 0, first; len(page.Events) == q.Limit; n++ {
		if n < 3 {
			meanwhile(n)
		}
		position := q.Order.PositionOf(&page.Events[len(page.Events)-1])
		q.After = &position
		page, err = s.store.Search(s.t.Context(), q)
		require.NoError(rt, err)
		require.Equal(rt, first.At, page.At)
		got = append(got, page.Events...)
	}
	require.Equal(rt, titlesOf(want), titlesOf(got), "each once, in order, as it was when the first page was read")
	for i := range want {
		require.Equal(rt, want[i], got[i])
	}
}

func titlesOf(events []event.Event) []string {
	list := []string{}
	for _, e := range events {
		list = append(list, e.Identity.Event+": "+e.Facts.Title)
	}
	return list
}

// contents are all events of a provider, as the change log tells them.
type contents map[event.ID]event.Event

func oracleOf(s shop) contents {
	all := contents{}
	for _, c := range s.changes() {
		all[c.Event.ID] = c.Event
	}
	return all
}

func (c contents) search(q catalogue.Query) []event.Event {
	positions := make([]catalogue.Position, 0, len(c))
	for _, e := range c {
		if q.Matches(&e) {
			positions = append(positions, q.Order.PositionOf(&e))
		}
	}
	slices.SortFunc(positions, q.Order.Compare)
	var found []event.Event
	for _, p := range positions {
		found = append(found, c[p.ID])
	}
	return found
}

// few makes values that often are the same.
func few(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }

var (
	genTitle   = few("Jazz", "jazz & Blues", "Ópera", "opera 100%", "under_score", `back\slash`, "Jazz en Málaga", "")
	genInstant = few("2027-06-01T20:00:00", "2027-06-01T22:00:00", "2027-06-02T00:00:00", "2027-06-15T12:00:00", "2028-01-01T00:00:00")
	genCity    = few("", "Madrid", "Lisboa")
)

var genListings = rapid.Custom(func(t *rapid.T) []catalogue.Record {
	names := rapid.SliceOfNDistinct(rapid.IntRange(1, 14), 0, 12, rapid.ID).Draw(t, "names")
	records := make([]catalogue.Record, 0, len(names))
	for _, n := range names {
		times := []string{genInstant.Draw(t, "start"), genInstant.Draw(t, "end")}
		slices.Sort(times)
		title := genTitle.Draw(t, "title")
		if title == "" {
			title = fmt.Sprint("Event ", n)
		}
		r := record(fmt.Sprint(n), titled(title), lasting(times[0], times[1]))
		r.Base = set(r.Base, catalogue.BaseOrganizer, few("", "1", "2").Draw(t, "organizer"))
		r.Event = set(r.Event, catalogue.FieldCity, genCity.Draw(t, "city"))
		r.Event = set(r.Event, catalogue.FieldCategory, few("", "music", "theatre").Draw(t, "category"))
		r.Event = set(r.Event, catalogue.FieldCurrency, few("EUR", "EUR", "EUR", "PLN", "SEK", "NOK").Draw(t, "currency"))
		r.Event = set(r.Event, catalogue.EventSoldOut, few("true", "false").Draw(t, "sold out"))
		if rapid.Bool().Draw(t, "a sale") {
			sale := []string{genInstant.Draw(t, "sale from"), genInstant.Draw(t, "sale to")}
			slices.Sort(sale)
			r.Event = set(set(r.Event, catalogue.EventSaleStart, sale[0]), catalogue.EventSaleEnd, sale[1])
		}
		switch rapid.IntRange(0, 3).Draw(t, "zones") {
		case 0:
			zones()(&r)
		case 1:
			zones(zone("1", "10.00", 0), zone("2", "30.00", 5))(&r)
		default:
			zones(zone("1", few("0", "10.00", "20.00").Draw(t, "price"), 5), zone("2", "40.00", rapid.IntRange(0, 1).Draw(t, "left")))(&r)
		}
		if rapid.IntRange(0, 5).Draw(t, "mode") == 0 {
			mode("offline")(&r)
		}
		records = append(records, r)
	}
	return records
})

// genQuery has two criteria at most beside the range, so that there is something to be found.
func genQuery(provider string) *rapid.Generator[catalogue.Query] {
	return rapid.Custom(func(t *rapid.T) catalogue.Query {
		at := func(name string) time.Time {
			parsed, err := time.Parse("2006-01-02T15:04:05", genInstant.Draw(t, name))
			if err != nil {
				panic(err)
			}
			return parsed.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, name+", beside")) * time.Second)
		}
		flag := func(name string) *bool { return new(rapid.Bool().Draw(t, name)) }
		price := func(name string) *event.Price {
			return new(rapid.SampledFrom([]event.Price{0, 100_000, 250_000, 400_000}).Draw(t, name))
		}
		q := catalogue.Query{
			Limit: rapid.IntRange(1, 5).Draw(t, "limit"),
			Order: catalogue.Order{By: rapid.SampledFrom(catalogue.Sorts()).Draw(t, "sort"), Desc: rapid.Bool().Draw(t, "desc")},
		}
		q.Provider = provider
		q.Match = rapid.SampledFrom([]catalogue.Match{"", catalogue.Within, catalogue.Overlaps}).Draw(t, "match")
		if rapid.IntRange(0, 2).Draw(t, "from") == 0 {
			q.Range.From = event.NotBefore(at("from"))
		}
		if rapid.IntRange(0, 2).Draw(t, "to") == 0 {
			q.Range.To = event.NotAfter(at("to"))
		}
		filters := map[string]func(){
			"words": func() {
				q.Words = catalogue.WordsOf(few("jazz", "OPERA", "100%", "_", `\`, "en mala", "z b").Draw(t, "q"))
			},
			"min price": func() { q.MinPrice = price("min price") },
			"max price": func() { q.MaxPrice = price("max price") },
			"city":      func() { q.City = "Madrid" },
			"category":  func() { q.Category = "music" },
			"currency":  func() { q.Currency = "EUR" },
			"organizer": func() { q.Organizer = "1" },
			"sold out":  func() { q.SoldOut = flag("sold out") },
			"available": func() { q.Available = flag("available") },
			"on sale":   func() { q.OnSale, q.Now = flag("on sale"), at("now") },
		}
		for _, name := range rapid.SliceOfNDistinct(few(slices.Sorted(maps.Keys(filters))...), 0, 2, rapid.ID).Draw(t, "filters") {
			filters[name]()
		}
		if q.MinPrice != nil && q.MaxPrice != nil && *q.MinPrice > *q.MaxPrice {
			q.MinPrice, q.MaxPrice = q.MaxPrice, q.MinPrice
		}
		return q
	})
}
