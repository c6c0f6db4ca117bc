package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

const (
	all2021 = "/events?starts_at=2021-01-01T00:00:00Z&ends_at=2021-12-31T23:59:59Z"
	july    = "/events?starts_at=2021-07-01T00:00:00Z&ends_at=2021-07-31T23:59:59Z"
)

type listAnswer struct {
	Page, PageSize, TotalRows, TotalPages int
	Events                                []map[string]any
}

// list reads a page.
func (a answer) list(t *testing.T) listAnswer {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	var found listAnswer
	decoder := json.NewDecoder(strings.NewReader(a.body))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&found))
	return found
}

func (l listAnswer) titles() []string {
	titles := []string{}
	for _, e := range l.Events {
		titles = append(titles, fmt.Sprint(e["title"]))
	}
	return titles
}

// links reads the Link header.
func (a answer) links(t *testing.T) map[string]string {
	t.Helper()
	links := map[string]string{}
	for link := range strings.SplitSeq(a.Header.Get("Link"), ", ") {
		target, relation, ok := strings.Cut(link, ">; rel=")
		require.True(t, ok, link)
		links[strings.Trim(relation, `"`)] = strings.TrimPrefix(target, "<")
	}
	return links
}

// festival is a catalogue with something for every filter.
func festival() []event.Event {
	camela := shown("291", "Camela en concierto", "2021-06-30T21:00:00", "2021-06-30T22:00:00", "20", "15", "30.00")
	camela.Facts.City, camela.Facts.Category, camela.Facts.Organizer = "Madrid", "music", "7"
	camela.Facts.URL = "https://tickets.example/291?a=1&b=<2>"
	morancos := shown("1591", "Los Morancos", "2021-07-31T20:00:00", "2021-08-01T01:20:00", "19.9999")
	morancos.Facts.SoldOut = true
	museum := shown("444", "Museo de Málaga 100%", "2021-12-01T10:00:00", "2021-12-31T18:00:00")
	museum.Facts.City, museum.Available = "Málaga", false
	opera := shown("9", "Ópera", "2021-07-01T20:00:00", "2021-07-01T21:30:00", "0", "55.5")
	opera.Facts.SaleStart = must(event.ParseMoment("2021-06-30T14:00:30", madrid)) // noon UTC, and half a minute
	return []event.Event{camela, morancos, museum, opera}
}

func serveFestival(t *testing.T) *service {
	t.Helper()
	return serve(t, service{events: search.NewEvents(newBillboard(t, festival()...), 100), options: httpapi.Options{Clock: func() time.Time { return noon }}})
}

func TestListAnswer(t *testing.T) {
	s := serveFestival(t)
	got := s.get(t, all2021)
	golden(t, "events.json", got.body)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=1, stale-if-error=60", got.Header.Get("Cache-Control"))
	assert.EqualValues(t, len(got.body), got.ContentLength)
	assert.Empty(t, got.Header.Get("Cache-Status"), "nothing is kept here")
	first := "</events?ends_at=2021-12-31T23%3A59%3A59Z&page=1&starts_at=2021-01-01T00%3A00%3A00Z>; "
	assert.Equal(t, first+`rel="first", `+first+`rel="last"`, got.Header.Get("Link"))

	slash := s.get(t, strings.Replace(all2021, "/events", "/events/", 1))
	assert.Equal(t, http.StatusOK, slash.StatusCode)
	assert.Equal(t, got.body, slash.body)
	assert.Equal(t, got.Header.Get("Link"), slash.Header.Get("Link"))

	summary := handled(t)("/search?starts_at=2021-06-30T00:00:00Z&ends_at=2021-06-30T23:00:00Z").body
	summary = strings.TrimSuffix(strings.TrimPrefix(summary, `{"data":{"events":[`), "}]},\"error\":null}\n")
	assert.Contains(t, got.body, summary+`,"starts_at"`, "the eight fields of /search, as they are there")
}

func TestFilters(t *testing.T) {
	s := serveFestival(t)
	const c, l, m, o = "Camela en concierto", "Los Morancos", "Museo de Málaga 100%", "Ópera"
	for query, want := range map[string][]string{
		"":                                 {c, o, l, m},
		"q=CAMELA":                         {c},
		"q=ierto+mela":                     {c},
		"q=opera":                          {o},
		"q=%25":                            {m},
		"min_price=30":                     {c, o},
		"max_price=15":                     {c, o},
		"min_price=19.9999&max_price=20":   {c, o, l},
		"min_price=0":                      {c, o, l},
		"max_price=0":                      {o},
		"currency=EUR":                     {c, o, l, m},
		"provider=default":                 {c, o, l, m},
		"organizer=7":                      {c},
		"category=music":                   {c},
		"city=M%C3%A1laga":                 {m},
		"city=Madrid&category=music":       {c},
		"sold_out=true":                    {l},
		"sold_out=false":                   {c, o, m},
		"available=true":                   {c, o, l},
		"available=false":                  {m},
		"on_sale=true":                     {c},
		"on_sale=false":                    {o, l, m},
		"match=within":                     {c, o, l, m},
		"sortBy=starts_at":                 {c, o, l, m},
		"sortDir=desc":                     {m, l, o, c},
		"sortBy=ends_at&sortDir=desc":      {m, l, o, c},
		"sortBy=title":                     {c, l, m, o},
		"sortBy=title&sortDir=desc":        {o, m, l, c},
		"sortBy=min_price":                 {o, c, l, m},
		"sortBy=min_price&sortDir=desc":    {l, c, o, m},
		"sortBy=max_price":                 {l, c, o, m},
		"sortBy=max_price&sortDir=desc":    {o, c, l, m},
		"pageSize=2":                       {c, o},
		"pageSize=2&page=2":                {l, m},
		"pageSize=3&page=2":                {m},
		"pageSize=200&page=1":              {c, o, l, m},
		"pageSize=2&page=3":                {},
		"page=1000000000&pageSize=200":     {},
		"&&pageSize=1&":                    {c},
		"s%6FrtDir=desc&p%61geSize=%31":    {m},
		"on_sale=false&sold_out=false":     {o, m},
		"q=de&available=false&sortDir=asc": {m},
	} {
		t.Run(query, func(t *testing.T) {
			assert.Equal(t, want, s.get(t, all2021+"&"+query).list(t).titles())
		})
	}
	overlap := "/events?starts_at=2021-12-10T00:00:00%2B01:00&ends_at=2021-12-11T00:00:00+01:00"
	assert.Equal(t, []string{m}, s.get(t, overlap+"&match=overlaps").list(t).titles())
	assert.Equal(t, http.StatusNotFound, s.get(t, overlap).StatusCode)
}

func TestOnSaleIsAskedByTheMinute(t *testing.T) {
	now := noon
	s := serve(t, service{events: search.NewEvents(newBillboard(t, festival()...), 100), options: httpapi.Options{Clock: func() time.Time { return now }}})
	onSale := func() []string { return s.get(t, all2021+"&on_sale=true").list(t).titles() }
	now = noon.Add(59 * time.Second)
	assert.Equal(t, []string{"Camela en concierto"}, onSale(), "the sale of the other began within this minute")
	now = noon.Add(time.Minute)
	assert.Equal(t, []string{"Camela en concierto", "Ópera"}, onSale())
}

func TestBadListRequests(t *testing.T) {
	s := serveFestival(t)
	const (
		known     = "starts_at, ends_at, match, q, min_price, max_price, currency, provider, organizer, category, city, on_sale, sold_out, available, sortBy, sortDir, page, pageSize, cursor"
		number    = "a whole number from 1 to 1000000000"
		size      = "a whole number from 1 to 200"
		sorts     = "starts_at, ends_at, title, min_price or max_price"
		cursors   = " is not one of this search; take it from next in the Link header of a page, with all other parameters as they are there"
		currency  = "a currency of ISO 4217 like EUR"
		plain     = "text in UTF-8 without NUL"
		dateTime  = " is no date-time; one looks like 2021-06-30T21:00:00Z"
		undecoded = " cannot be decoded; percent-encode its value"
	)
	from, to := "starts_at=2021-01-01T00:00:00Z", "ends_at=2021-12-31T23:59:59Z"
	long := strings.Repeat("x", 100)
	clipped := `"` + strings.Repeat("x", 64) + `…"`
	tests := map[string]string{
		// The range.
		"":                                     "starts_at is missing; give a date-time like 2021-06-30T21:00:00Z",
		to:                                     "starts_at is missing; give a date-time like 2021-06-30T21:00:00Z",
		from:                                   "ends_at is missing; give a date-time like 2021-06-30T21:00:00Z",
		from + "&ends_at":                      "ends_at is missing; give a date-time like 2021-06-30T21:00:00Z",
		"starts_at=&" + to:                     "starts_at is missing; give a date-time like 2021-06-30T21:00:00Z",
		"starts_at=today&" + to:                `starts_at "today"` + dateTime,
		from + "&ends_at=2021":                 `ends_at "2021"` + dateTime,
		"starts_at=" + long + "&" + to:         "starts_at " + clipped + dateTime,
		from + "&ends_at=2021-02-29T00:00:00Z": `ends_at "2021-02-29T00:00:00Z" does not exist; no calendar or clock has it`,
		"starts_at=2022-01-01T00:00:00Z&" + to: "starts_at 2022-01-01T00:00:00Z is after ends_at 2021-12-31T23:59:59Z; swap them",
		"starts_at=%zz&" + to:                  `starts_at="%zz"` + undecoded,

		// Names.
		from + "&" + to + "&pagesize=1":    `"pagesize" is no parameter of /events; there are ` + known,
		from + "&" + to + "&sort_by=x":     `"sort_by" is no parameter of /events; there are ` + known,
		from + "&" + to + "&=1":            `"" is no parameter of /events; there are ` + known,
		from + "&" + to + "&" + long:       clipped + " is no parameter of /events; there are " + known,
		from + "&" + to + "&%zz=1":         `"%zz" is no parameter of /events; there are ` + known,
		from + "&" + to + "&%00":           `"\x00" is no parameter of /events; there are ` + known,
		from + "&" + to + "&a;b=1":         `"a;b" is no parameter of /events; there are ` + known,
		"start_at=2021-01-01T00:00:00Z":    `"start_at" is no parameter of /events; there are ` + known,
		from + "&" + to + "&" + from:       "starts_at is given more than once; give it once",
		from + "&" + to + "&ends%5fat=":    "ends_at is given more than once; give it once",
		from + "&" + to + "&q=a&q=a":       "q is given more than once; give it once",
		from + "&" + to + "&page=1&page=2": "page is given more than once; give it once",
		from + "&" + to + "&city=a;b":      `city="a;b"` + undecoded,
		from + "&" + to + "&page=%":        `page="%"` + undecoded,
	}
	for value, message := range map[string]string{
		// The page.
		"page=":                     "page is empty; leave it out, or give " + number,
		"page":                      "page is empty; leave it out, or give " + number,
		"page=0":                    `page "0" is not ` + number,
		"page=-1":                   `page "-1" is not ` + number,
		"page=%2B1":                 `page "+1" is not ` + number,
		"page=1.5":                  `page "1.5" is not ` + number,
		"page=1e3":                  `page "1e3" is not ` + number,
		"page=one":                  `page "one" is not ` + number,
		"page=+1":                   `page " 1" is not ` + number,
		"page=1000000001":           `page "1000000001" is not ` + number,
		"page=" + long:              "page " + clipped + " is not " + number,
		"page=99999999999999999999": `page "99999999999999999999" is not ` + number,
		"pageSize=":                 "pageSize is empty; leave it out, or give " + size,
		"pageSize=0":                `pageSize "0" is not ` + size,
		"pageSize=201":              `pageSize "201" is not ` + size,
		"pageSize=all":              `pageSize "all" is not ` + size,
		"pageSize=0x10":             `pageSize "0x10" is not ` + size,
		"pageSize=%D9%A2":           `pageSize "٢" is not ` + size,

		// The order.
		"sortBy=":         "sortBy is empty; leave it out, or give " + sorts,
		"sortBy=start":    `sortBy "start" is not ` + sorts,
		"sortBy=Title":    `sortBy "Title" is not ` + sorts,
		"sortBy=" + long:  "sortBy " + clipped + " is not " + sorts,
		"sortBy=title,id": `sortBy "title,id" is not ` + sorts,
		"sortDir=":        "sortDir is empty; leave it out, or give asc or desc",
		"sortDir=down":    `sortDir "down" is not asc or desc`,
		"sortDir=DESC":    `sortDir "DESC" is not asc or desc`,
		"match=":          "match is empty; leave it out, or give within or overlaps",
		"match=inside":    `match "inside" is not within or overlaps`,

		// Prices.
		"min_price=":                "min_price is empty; leave it out, or give a price like 20 or 19.90",
		"min_price=-1":              `min_price "-1" is no price; one looks like 20 or 19.90`,
		"min_price=1,5":             `min_price "1,5" is no price; one looks like 20 or 19.90`,
		"min_price=1e3":             `min_price "1e3" is no price; one looks like 20 or 19.90`,
		"min_price=NaN":             `min_price "NaN" is no price; one looks like 20 or 19.90`,
		"max_price=":                "max_price is empty; leave it out, or give a price like 20 or 19.90",
		"max_price=20EUR":           `max_price "20EUR" is no price; one looks like 20 or 19.90`,
		"max_price=1.23456":         `max_price "1.23456" has more than 4 decimals`,
		"max_price=9999999999":      `max_price "9999999999" is more than the largest price, 1000000000`,
		"min_price=2&max_price=1.5": "min_price 2 is more than max_price 1.5; swap them",
		"currency=":                 "currency is empty; leave it out, or give " + currency,
		"currency=eur":              `currency "eur" is not ` + currency,
		"currency=EURO":             `currency "EURO" is not ` + currency,
		"currency=%E2%82%AC":        `currency "€" is not ` + currency,

		// Texts.
		"q=":                      "q is empty; leave it out, or give " + plain,
		"q=+%09":                  `q " \t" is not a word of a title`,
		"q=%CC%81":                `q "` + "\u0301" + `" is not a word of a title`,
		"q=%ff":                   `q "\xff" is not ` + plain,
		"q=a%00b":                 `q "a\x00b" is not ` + plain,
		"q=a+b+c+d+e+f+g+h+i+j+k": "q has 11 words; 10 at most are searched for",
		"q=" + long + "x":         "q has a word of 101 bytes; one has 100 at most",
		"provider=":               "provider is empty; leave it out, or give " + plain,
		"provider=%00":            `provider "\x00" is not ` + plain,
		"organizer=":              "organizer is empty; leave it out, or give " + plain,
		"organizer=%fe":           `organizer "\xfe" is not ` + plain,
		"category=":               "category is empty; leave it out, or give " + plain,
		"category=%c3":            `category "\xc3" is not ` + plain,
		"city=":                   "city is empty; leave it out, or give " + plain,
		"city=Le%F3n":             `city "Le\xf3n" is not ` + plain,

		// Flags.
		"on_sale=":       "on_sale is empty; leave it out, or give true or false",
		"on_sale":        "on_sale is empty; leave it out, or give true or false",
		"on_sale=yes":    `on_sale "yes" is not true or false`,
		"sold_out=1":     `sold_out "1" is not true or false`,
		"sold_out=":      "sold_out is empty; leave it out, or give true or false",
		"available=TRUE": `available "TRUE" is not true or false`,
		"available=":     "available is empty; leave it out, or give true or false",

		// Cursors.
		"cursor=":          "cursor is empty; leave it out, or take it from next in the Link header of a page",
		"cursor=x":         `cursor "x"` + cursors,
		"cursor=" + long:   "cursor " + clipped + cursors,
		"cursor=A+B":       `cursor "A B"` + cursors,
		"cursor=AQ":        `cursor "AQ"` + cursors,
		"cursor=AQ&page=2": `page "2" does not go with a cursor, which has a page of its own; leave one of them out`,
	} {
		tests[from+"&"+to+"&"+value] = message
	}
	assert.Greater(t, len(tests), 80)
	names := strings.Split(known, ", ")
	for query, want := range tests {
		t.Run(query[:min(len(query), 120)], func(t *testing.T) {
			got := s.get(t, "/events?"+query)
			code, message := got.problem(t)
			assert.Equal(t, http.StatusBadRequest, got.StatusCode)
			assert.Equal(t, want, message)
			assert.Contains(t, []string{"invalid_parameter", "no_date_time", "does_not_exist"}, code)
			field, _, _ := strings.Cut(message, " ")
			field, _, _ = strings.Cut(field, "=")
			assert.True(t, strings.HasPrefix(field, `"`) || slices.Contains(names, field), "%q names no parameter", message)
			assert.Empty(t, got.Header.Get("Link"))
		})
	}
}

func TestNothingMatches(t *testing.T) {
	s := serveFestival(t)
	for _, target := range []string{all2021 + "&city=Nowhere", all2021 + "&city=Nowhere&page=7", strings.ReplaceAll(all2021, "2021", "1999")} {
		got := s.get(t, target)
		assert.Equal(t, http.StatusNotFound, got.StatusCode, target)
		assert.JSONEq(t, `{"data":null,"error":{"code":"no_events","message":"no event matches"},"totalRows":0}`, got.body)
		assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		assert.Empty(t, got.Header.Get("Link"))
		require.NoError(t, asDocumented(got))
	}
	code, _ := s.get(t, "/eventss").problem(t)
	assert.Equal(t, "not_found", code, "a route that does not exist is another matter")
	assert.Equal(t, http.StatusNotFound, s.get(t, "/events/x/y").StatusCode)
}

func TestPagesByNumber(t *testing.T) {
	s := serve(t, service{events: search.NewEvents(newBillboard(t, season(7)...), 100)})
	for page, want := range map[int]struct {
		titles    []string
		relations []string
	}{
		1: {[]string{"Night 01", "Night 02", "Night 03"}, []string{"first", "last", "next"}},
		2: {[]string{"Night 04", "Night 05", "Night 06"}, []string{"first", "last", "next", "prev"}},
		3: {[]string{"Night 07"}, []string{"first", "last", "prev"}},
		9: {[]string{}, []string{"first", "last", "prev"}},
	} {
		got := s.get(t, fmt.Sprintf("%s&pageSize=3&page=%d", july, page))
		list, links := got.list(t), got.links(t)
		assert.Equal(t, want.titles, list.titles())
		assert.Equal(t, []int{page, 3, 7, 3}, []int{list.Page, list.PageSize, list.TotalRows, list.TotalPages})
		assert.Equal(t, want.relations, slices.Sorted(maps.Keys(links)))
		assert.Equal(t, 1, s.get(t, links["first"]).list(t).Page)
		assert.Equal(t, 3, s.get(t, links["last"]).list(t).Page)
		if page > 1 {
			assert.Equal(t, min(page-1, 3), s.get(t, links["prev"]).list(t).Page)
		}
	}
	assert.Contains(t, s.get(t, july+"&page=2&pageSize=3&sortBy=title").body, `{"page":2,"pageSize":3,"totalRows":7,"totalPages":3,"events":[{"id":"`)
}

// Following next shows each event once, as it was, whatever is written meanwhile.
func TestNextWhileTheCatalogueChanges(t *testing.T) {
	for _, order := range []string{"", "&sortDir=desc", "&sortBy=ends_at", "&sortBy=title&sortDir=desc", "&sortBy=min_price", "&sortBy=max_price&sortDir=desc", "&on_sale=true", "&q=night&match=overlaps"} {
		t.Run(order, func(t *testing.T) {
			now := noon
			events := season(25)
			events[3].Facts.Prices = event.PriceRange{}
			events[17].Facts.Prices = event.PriceRange{}
			events[13].Facts.SaleEnd = event.MomentAt(noon.Unix(), 0) // on sale when the first page is made, and not after
			b := newBillboard(t, events...)
			s := serve(t, service{events: search.NewEvents(b, 100), options: httpapi.Options{Clock: func() time.Time { return now }}})
			want := s.get(t, july+"&pageSize=200"+order).list(t).titles()
			require.Len(t, want, 25)

			seen := []string{}
			target := july + "&pageSize=4" + order
			for page := 1; target != ""; page++ {
				got := s.get(t, target)
				list := got.list(t)
				assert.Equal(t, []int{page, 4, 25, 7}, []int{list.Page, list.PageSize, list.TotalRows, list.TotalPages})
				seen = append(seen, list.titles()...)
				target = got.links(t)["next"]

				// One comes in front and one behind, one changes places, one leaves the range, and one is sold out.
				now = now.Add(time.Minute)
				moved, gone, sold := events[page], events[page+8], events[page+16]
				moved.Facts.Start, moved.Facts.End = events[24-page].Facts.Start, events[24-page].Facts.End
				moved.Facts.Title = "A night elsewhere"
				gone.Facts.Start, gone.Facts.End = museum.Facts.Start, museum.Facts.End
				sold.Facts.SoldOut = true
				early := shown(fmt.Sprint(page, "-early"), "A night before", "2021-07-01T02:00:00", "2021-07-01T03:00:00", "0")
				late := shown(fmt.Sprint(page, "-late"), "Night Z", "2021-07-31T22:00:00", "2021-07-31T23:00:00", "9")
				b.put(t, moved, gone, sold, early, late)
			}
			assert.Equal(t, want, seen)
		})
	}
}

func TestACursorGoesWithItsQuestion(t *testing.T) {
	b := newBillboard(t, season(7)...)
	s := serve(t, service{events: search.NewEvents(b, 100), options: httpapi.Options{Clock: func() time.Time { return noon }}})
	next := s.get(t, july+"&pageSize=3&sortBy=title&on_sale=true").links(t)["next"]
	u, err := url.Parse(next)
	require.NoError(t, err)
	assert.Equal(t, []string{"Night 04", "Night 05", "Night 06"}, s.get(t, next).list(t).titles())

	refused := func(change string, query url.Values) {
		t.Helper()
		got := s.get(t, "/events?"+query.Encode())
		_, message := got.problem(t)
		assert.Equal(t, http.StatusBadRequest, got.StatusCode, change)
		assert.Regexp(t, `^cursor ".+" is not one of this search; take it from next`, message, change)
	}
	for name, value := range map[string]string{
		"starts_at": "2021-07-01T00:00:01Z", "ends_at": "2021-07-30T00:00:00Z", "match": "overlaps", "q": "night", "min_price": "0", "max_price": "100",
		"currency": "EUR", "provider": "default", "organizer": "1", "category": "x", "city": "x", "on_sale": "false", "sold_out": "false", "available": "true",
		"sortBy": "starts_at", "sortDir": "desc", "pageSize": "4",
	} {
		query := u.Query()
		query.Set(name, value)
		refused(name, query)
	}
	query := u.Query()
	query.Set("starts_at", "2021-07-01T02:00:00+02:00")
	assert.Equal(t, http.StatusOK, s.get(t, "/events?"+query.Encode()).StatusCode, "the same question in other words")

	cursor := u.Query().Get("cursor")
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	require.NoError(t, err)
	for i := range raw {
		spoilt := slices.Clone(raw)
		spoilt[i] ^= 0x10
		query.Set("cursor", base64.RawURLEncoding.EncodeToString(spoilt))
		refused(fmt.Sprint("byte ", i), query)
		query.Set("cursor", base64.RawURLEncoding.EncodeToString(raw[:i]))
		if i > 0 {
			refused(fmt.Sprint("cut at ", i), query)
		}
	}

	// The same cursor with the store of another history: a backup that knows nothing of its version.
	other := serve(t, service{events: search.NewEvents(newBillboard(t, season(3)...), 100)})
	got := other.get(t, next)
	code, message := got.problem(t)
	assert.Equal(t, http.StatusGone, got.StatusCode)
	assert.Equal(t, "gone", code)
	assert.Equal(t, "the cursor is of a version of the catalogue that cannot be searched any more; begin again with the first page", message)
	require.NoError(t, asDocumented(got))
}

// A cursor behind a title that is longer than most would be refused, so the number of the page stands in for it.
func TestNextBehindALongTitle(t *testing.T) {
	events := season(3)
	for i := range events {
		events[i].Facts.Title = strings.Repeat("ﷺ", 1360) + fmt.Sprint(i) // folded, it is longer still
	}
	s := serve(t, service{events: search.NewEvents(newBillboard(t, events...), 100)})
	seen := 0
	for target := july + "&pageSize=1&sortBy=title"; target != ""; {
		got := s.get(t, target)
		seen += len(got.list(t).Events)
		assert.NotContains(t, got.Header.Get("Link"), "cursor")
		target = got.links(t)["next"]
	}
	assert.Equal(t, 3, seen)
}

func TestAListIsKept(t *testing.T) {
	b := newBillboard(t, season(7)...)
	now := noon
	answers, _ := keeper(t)
	c := &counted{Events: search.NewEvents(b, 100)}
	s := serve(t, service{events: c, options: httpapi.Options{Answers: answers, Clock: func() time.Time { return now }}})
	status := func(target string) string { return s.get(t, target).Header.Get("Cache-Status") }

	made, kept := s.get(t, july+"&pageSize=3"), s.get(t, july+"&pageSize=3")
	assert.Equal(t, "Marquee; fwd=uri-miss; stored", made.Header.Get("Cache-Status"))
	assert.Regexp(t, `^Marquee; hit; ttl=[1-5]?\d; detail=memory$`, kept.Header.Get("Cache-Status"))
	assert.Equal(t, made.body, kept.body)
	assert.Equal(t, made.Header.Get("Link"), kept.Header.Get("Link"))
	assert.EqualValues(t, 1, c.asked.Load())
	assert.Contains(t, status("/events?pageSize=3&ends_at=2021-07-31T23:59:59Z&match=within&page=1&starts_at=2021-07-01T02:00:00%2B02:00"), "hit", "the same in other words")

	// Whatever differs is another answer.
	different := []string{"", "&q=night", "&min_price=0", "&max_price=0", "&max_price=100", "&currency=EUR", "&provider=default", "&sold_out=false", "&available=true", "&on_sale=true", "&sortBy=title", "&sortDir=desc", "&page=2", "&pageSize=4", "&match=overlaps"}
	for _, query := range different {
		assert.Contains(t, status(july+query), "uri-miss", query)
	}
	for _, query := range different {
		assert.Contains(t, status(july+query), "hit", query)
	}
	next := made.links(t)["next"]
	assert.Contains(t, status(next), "uri-miss")
	assert.Contains(t, status(next), "hit")
	now = now.Add(time.Minute)
	assert.Contains(t, status(july+"&on_sale=true"), "uri-miss", "another minute")
	assert.Contains(t, status(july), "hit")

	// Nothing is not kept.
	asked := c.asked.Load()
	for range 2 {
		got := s.get(t, july+"&city=x")
		assert.Equal(t, http.StatusNotFound, got.StatusCode)
		assert.Empty(t, got.Header.Get("Cache-Status"))
	}
	assert.Equal(t, asked+2, c.asked.Load())
}

// A change in June is none of July's, but what began in June may overlap with July.
func TestAChangeOfWhatAListHoldsIsSeen(t *testing.T) {
	s, c, log := serveKept(t, search.NewEvents(summer, 10))
	status := func(query string) string { return s.get(t, july+query).Header.Get("Cache-Status") }
	require.Contains(t, status(""), "stored")
	require.Contains(t, status("&match=overlaps"), "stored")
	log.change(camela)
	require.Eventually(t, func() bool { return status("&match=overlaps") == "Marquee; fwd=stale; stored" }, 10*time.Second, time.Millisecond)
	assert.Contains(t, status(""), "hit")
	log.change(pantomima)
	require.Eventually(t, func() bool { return status("") == "Marquee; fwd=stale; stored" }, 10*time.Second, time.Millisecond)
	assert.GreaterOrEqual(t, c.asked.Load(), int64(4))
}

func TestAListWhileTheStoreIsAway(t *testing.T) {
	for name, options := range map[string]httpapi.Options{"kept": {Answers: func() httpapi.Answers { a, _ := keeper(t); return a }()}, "not kept": {}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, service{events: failing(fault.Wrap(fault.Unavailable, "search events", errSecret)), options: options})
			got := s.get(t, july)
			code, _ := got.problem(t)
			assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
			assert.Equal(t, "unavailable", code)
			assert.Equal(t, "1", got.Header.Get("Retry-After"))
		})
	}
}

func TestListParametersAreAsDocumented(t *testing.T) {
	s := serve(t, service{})
	_, message := s.get(t, "/events?x").problem(t)
	_, list, _ := strings.Cut(message, "there are ")
	var documented []string
	for _, p := range document(t).Paths.Value("/events").Get.Parameters {
		documented = append(documented, p.Value.Name)
	}
	assert.Equal(t, documented, strings.Split(list, ", "))
	assert.Len(t, documented, 19)
	assert.ElementsMatch(t, catalogue.Sorts(), func() (sorts []catalogue.SortBy) {
		for _, v := range document(t).Paths.Value("/events").Get.Parameters.GetByInAndName("query", "sortBy").Schema.Value.Enum {
			sorts = append(sorts, catalogue.SortBy(fmt.Sprint(v)))
		}
		return sorts
	}())
}

func TestRoutesOfLists(t *testing.T) {
	api := httpapi.New(httpapi.UseCases{Events: search.NewEvents(summer, 10), Status: statusOf(feeds{})}, httpapi.Options{})
	for target, want := range map[string]string{"/events": "/events", "/events/": "/events", "/events/x": "/events/{id}", "/events/x/y": httpapi.Unmatched, "/search": "/search"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
		require.NoError(t, err)
		assert.Equal(t, want, api.Route(r), target)
	}
	s := serve(t, service{})
	got := s.ask(t, http.MethodPost, "/events/")
	_, message := got.problem(t)
	assert.Equal(t, http.StatusMethodNotAllowed, got.StatusCode)
	assert.Equal(t, "/events/ is not for POST; use GET, HEAD, OPTIONS", message)
	head := s.ask(t, http.MethodHead, all2021)
	assert.Equal(t, http.StatusOK, head.StatusCode)
	assert.Empty(t, head.body)
	assert.NotEmpty(t, head.Header.Get("Link"))
}

func TestListAnswersAreAsDocumented(t *testing.T) {
	s := serveFestival(t)
	for target, status := range map[string]int{
		all2021: 200, all2021 + "&pageSize=1&page=2": 200, all2021 + "&page=9": 200, all2021 + "&page=x": 400, all2021 + "&city=x": 404, "/events?" + strings.Repeat("x", 9000): 414,
	} {
		got := s.get(t, target)
		require.Equal(t, status, got.StatusCode, got.body)
		require.NoError(t, asDocumented(got), target)
	}
	got := s.get(t, all2021)
	got.body = strings.Replace(got.body, `"time_zone":"Europe/Madrid",`, "", 1)
	assert.Error(t, asDocumented(got), "a missing field is seen")
}

// Whatever a parameter is given, the answer is a page, nothing, or a refusal that names it.
func FuzzListParameter(f *testing.F) {
	names := []string{"match", "q", "min_price", "max_price", "currency", "provider", "organizer", "category", "city", "on_sale", "sold_out", "available", "sortBy", "sortDir", "page", "pageSize", "cursor"}
	for i, seed := range []string{"within", "ópera \x00", "1e9", "0.00001", "EUR", "\xff", "%", "", "١", "true", "1", "false", "title", "desc", "-0", "201", "AQQO"} {
		f.Add(i, seed)
	}
	f.Fuzz(func(t *testing.T, parameter int, value string) {
		name := names[uint(parameter)%uint(len(names))]
		got := handled(t)(all2021 + "&" + name + "=" + url.QueryEscape(value[:min(len(value), 1000)]))
		switch got.StatusCode {
		case http.StatusOK:
			got.list(t)
		case http.StatusNotFound, http.StatusBadRequest:
			var envelope struct{ Error httpapi.Problem }
			if err := json.Unmarshal([]byte(got.body), &envelope); err != nil {
				t.Fatal(err)
			}
			if m := envelope.Error.Message; got.StatusCode == http.StatusBadRequest && !strings.HasPrefix(m, name+" ") {
				t.Errorf("%q does not name %s", m, name)
			}
		default:
			t.Errorf("status %d", got.StatusCode)
		}
	})
}
