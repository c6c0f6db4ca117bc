package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

func inMadrid(t *testing.T) terms {
	t.Helper()
	madrid, err := time.LoadLocation("Europe/Madrid")
	require.NoError(t, err)
	return terms{provider: "default", location: madrid, timeZone: "Europe/Madrid", currency: "EUR"}
}

func understood(t *testing.T, edits ...func(*catalogue.Record)) event.Listing {
	t.Helper()
	l, why := understand(camela(edits...), inMadrid(t))
	require.Nil(t, why)
	return l
}

func TestEveryFieldArrives(t *testing.T) {
	moment := func(s string) event.Moment {
		m, err := event.ParseMoment(s, inMadrid(t).location)
		require.NoError(t, err)
		return m
	}
	got := understood(t, onBase("organizer_company_id", "1"), onBase("sell_mode", "Online"), onEvent("sold_out", "true"),
		onBase("category", "music"), onBase("city", "Málaga"), onBase("venue", "Auditorio"),
		onBase("url", "https://example.com/291"), onBase("image", "https://example.com/291.jpg"), onBase("currency", "USD"))
	assert.Equal(t, event.Listing{
		Identity: event.Identity{Provider: "default", Base: "291", Event: "292"},
		Facts: event.Facts{
			Title: "Camela en concierto", Organizer: "1", SellMode: "online",
			Start: moment("2021-06-30T21:00:00"), End: moment("2021-06-30T22:00:00"), TimeZone: "Europe/Madrid",
			SaleStart: moment("2020-07-01T00:00:00"), SaleEnd: moment("2021-06-30T20:00:00"), SoldOut: true,
			Prices: event.PriceRange{Min: 15_0000, Max: 20_0000, Known: true}, Capacity: 343, Currency: "USD",
			Category: "music", City: "Málaga", Venue: "Auditorio", URL: "https://example.com/291", Image: "https://example.com/291.jpg",
		},
		Zones: []event.Zone{
			{ID: "40", Name: "Platea", Capacity: 243, Price: 20_0000, Numbered: true},
			{ID: "38", Name: "Grada 2", Capacity: 100, Price: 15_0000},
		},
	}, got)
}

func TestWhatMayBeMissing(t *testing.T) {
	f := understood(t, without("organizer_company_id"), without("sell_from"), without("sell_to"), without("sold_out"),
		without("zone_id"), without("name"), without("numbered")).Facts
	assert.Empty(t, f.Organizer)
	assert.False(t, f.SaleStart.Known())
	assert.False(t, f.SaleEnd.Known())
	assert.False(t, f.SoldOut)
	assert.Empty(t, f.Category+f.City+f.Venue+f.URL+f.Image)

	l := understood(t, func(r *catalogue.Record) { r.Zones = nil })
	assert.Empty(t, l.Zones)
	assert.False(t, l.Facts.Prices.Known)
	assert.Zero(t, l.Facts.Capacity)
}

func TestTheEventCountsBeforeItsBase(t *testing.T) {
	for _, name := range []string{"category", "city", "venue", "url", "image"} {
		read := func(l event.Listing) string {
			f := l.Facts
			return map[string]string{"category": f.Category, "city": f.City, "venue": f.Venue, "url": f.URL, "image": f.Image}[name]
		}
		assert.Equal(t, "base", read(understood(t, onBase(name, "base"))), name)
		assert.Equal(t, "own", read(understood(t, onEvent(name, "own"))), name)
		assert.Equal(t, "own", read(understood(t, onBase(name, "base"), onEvent(name, "own"))), name)
	}
	assert.Equal(t, "USD", understood(t, onBase("currency", "GBP"), onEvent("currency", "USD")).Facts.Currency)
	assert.Equal(t, "GBP", understood(t, onBase("currency", "GBP")).Facts.Currency)
	assert.Equal(t, "EUR", understood(t).Facts.Currency, "the provider's")
}

func TestWhatIsTakenAsItIsMeant(t *testing.T) {
	tests := map[string]struct {
		edit func(*catalogue.Record)
		read func(event.Listing) any
		want any
	}{
		"blanks around a title":      {onBase("title", " \t Camela \n"), func(l event.Listing) any { return l.Facts.Title }, "Camela"},
		"a sell mode in capitals":    {onBase("sell_mode", "OFFLINE"), func(l event.Listing) any { return l.Facts.SellMode }, "offline"},
		"a sell mode nobody knows":   {onBase("sell_mode", "presale"), func(l event.Listing) any { return l.Facts.SellMode }, "presale"},
		"sold out as a digit":        {onEvent("sold_out", "1"), func(l event.Listing) any { return l.Facts.SoldOut }, true},
		"not sold out as a digit":    {onEvent("sold_out", "0"), func(l event.Listing) any { return l.Facts.SoldOut }, false},
		"sold out is left empty":     {onEvent("sold_out", ""), func(l event.Listing) any { return l.Facts.SoldOut }, false},
		"a sale start left empty":    {onEvent("sell_from", " "), func(l event.Listing) any { return l.Facts.SaleStart.Known() }, false},
		"an event that ends at once": {onEvent("event_end_date", "2021-06-30T21:00:00"), func(l event.Listing) any { return l.Facts.End }, understood(t).Facts.Start},
		"a sale that ends first":     {onEvent("sell_to", "2019-01-01T00:00:00"), func(l event.Listing) any { return l.Facts.SaleEnd.String() }, "2019-01-01T00:00:00+01:00"},
		"a free zone":                {onZone(0, "price", "0"), func(l event.Listing) any { return l.Facts.Prices.Min }, event.Price(0)},
		"a sold-out zone":            {onZone(1, "capacity", "0"), func(l event.Listing) any { return l.Facts.Prices.Min }, event.Price(20_0000)},
		"the most tickets":           {onZone(0, "capacity", "1000000000"), func(l event.Listing) any { return l.Zones[0].Capacity }, int64(1_000_000_000)},
		"a zone that repeats":        {onZone(1, "zone_id", "40"), func(l event.Listing) any { return l.Facts.Capacity }, int64(343)},
		"a title of the most bytes":  {onBase("title", strings.Repeat("x", maxText)), func(l event.Listing) any { return len(l.Facts.Title) }, maxText},
		"damaged bytes":              {func(r *catalogue.Record) { r.Damaged = true }, func(l event.Listing) any { return l.Facts.Title }, "Camela en concierto"},
		"a field nobody asked for":   {onEvent("favourite_colour", "blue"), func(l event.Listing) any { return l }, understood(t)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, tt.read(understood(t, tt.edit))) })
	}
}

func TestWhyARecordIsNotTaken(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	tests := map[string]struct {
		edits  []func(*catalogue.Record)
		reason catalogue.Reason
		detail string
	}{
		"no base id":                 {[]func(*catalogue.Record){without("base_event_id")}, catalogue.MissingField, "base_event_id is missing"},
		"an empty base id":           {[]func(*catalogue.Record){onBase("base_event_id", "")}, catalogue.MissingField, "base_event_id is missing"},
		"no event id":                {[]func(*catalogue.Record){without("event_id")}, catalogue.MissingField, "event_id is missing"},
		"no id at all":               {[]func(*catalogue.Record){without("base_event_id"), without("event_id")}, catalogue.MissingField, "base_event_id is missing"},
		"no title":                   {[]func(*catalogue.Record){without("title")}, catalogue.MissingField, "title is missing"},
		"a blank title":              {[]func(*catalogue.Record){onBase("title", "  ")}, catalogue.MissingField, "title is missing"},
		"no sell mode":               {[]func(*catalogue.Record){without("sell_mode")}, catalogue.MissingField, "sell_mode is missing"},
		"no start":                   {[]func(*catalogue.Record){without("event_start_date")}, catalogue.MissingField, "event_start_date is missing"},
		"no end":                     {[]func(*catalogue.Record){without("event_end_date")}, catalogue.MissingField, "event_end_date is missing"},
		"a start that does not read": {[]func(*catalogue.Record){onEvent("event_start_date", "soon")}, catalogue.BadDate, `event_start_date: "soon" is no date-time; one looks like 2021-06-30T21:00:00`},
		"31 September":               {[]func(*catalogue.Record){onEvent("event_end_date", "2021-09-31T20:00:00")}, catalogue.NoSuchDate, `event_end_date: "2021-09-31T20:00:00" does not exist`},
		"a sale start that is none":  {[]func(*catalogue.Record){onEvent("sell_from", "2021-02-29T00:00:00")}, catalogue.NoSuchDate, `sell_from: "2021-02-29T00:00:00" does not exist`},
		"a sale end that is none":    {[]func(*catalogue.Record){onEvent("sell_to", "never")}, catalogue.BadDate, `sell_to: "never" is no date-time; one looks like 2021-06-30T21:00:00`},
		"an end before the start":    {[]func(*catalogue.Record){onEvent("event_end_date", "2021-06-30T20:59:59")}, catalogue.EndBeforeStart, "event_end_date: it ends at 2021-06-30T20:59:59+02:00, before it starts at 2021-06-30T21:00:00+02:00"},
		"a flag in words":            {[]func(*catalogue.Record){onEvent("sold_out", "nearly")}, catalogue.BadFlag, `sold_out "nearly" is neither true nor false`},
		"a zone's flag":              {[]func(*catalogue.Record){onZone(1, "numbered", "yes")}, catalogue.BadFlag, `zone 2 of 2: numbered "yes" is neither true nor false`},
		"no price":                   {[]func(*catalogue.Record){func(r *catalogue.Record) { r.Zones[1] = drop(r.Zones[1], "price") }}, catalogue.MissingField, "zone 2 of 2: price is missing"},
		"a price in words":           {[]func(*catalogue.Record){onZone(0, "price", "free")}, catalogue.BadPrice, `zone 1 of 2: price: "free" is no price; one looks like 20 or 19.90`},
		"a price below zero":         {[]func(*catalogue.Record){onZone(0, "price", "-1")}, catalogue.BadPrice, `zone 1 of 2: price: "-1" is no price; one looks like 20 or 19.90`},
		"a price too fine":           {[]func(*catalogue.Record){onZone(0, "price", "1.00001")}, catalogue.BadPrice, `zone 1 of 2: price: "1.00001" has more than 4 decimals`},
		"no capacity":                {[]func(*catalogue.Record){without("capacity")}, catalogue.MissingField, "zone 1 of 2: capacity is missing"},
		"a capacity below zero":      {[]func(*catalogue.Record){onZone(0, "capacity", "-1")}, catalogue.BadCapacity, `zone 1 of 2: capacity "-1" is no number of tickets from 0 to 1000000000`},
		"a capacity too large":       {[]func(*catalogue.Record){onZone(0, "capacity", "1000000001")}, catalogue.BadCapacity, `zone 1 of 2: capacity "1000000001" is no number of tickets from 0 to 1000000000`},
		"half a ticket":              {[]func(*catalogue.Record){onZone(0, "capacity", "0.5")}, catalogue.BadCapacity, `zone 1 of 2: capacity "0.5" is no number of tickets from 0 to 1000000000`},
		"a currency in words":        {[]func(*catalogue.Record){onBase("currency", "euro")}, catalogue.BadCurrency, `currency "euro" is no ISO 4217 code such as EUR`},
		"a currency in small":        {[]func(*catalogue.Record){onBase("currency", "eur")}, catalogue.BadCurrency, `currency "eur" is no ISO 4217 code such as EUR`},
		"a currency sign":            {[]func(*catalogue.Record){onBase("currency", "€")}, catalogue.BadCurrency, `currency "€" is no ISO 4217 code such as EUR`},
		"a title too long":           {[]func(*catalogue.Record){onBase("title", long)}, catalogue.TextTooLong, "title has 4097 bytes, more than 4096"},
		"a zone's name too long":     {[]func(*catalogue.Record){onZone(0, "name", long)}, catalogue.TextTooLong, "zone 1 of 2: name has 4097 bytes, more than 4096"},
		"a venue too long":           {[]func(*catalogue.Record){onEvent("venue", long)}, catalogue.TextTooLong, "venue has 4097 bytes, more than 4096"},
		"too many zones": {
			[]func(*catalogue.Record){func(r *catalogue.Record) { r.Zones = slices.Repeat(r.Zones[:1], maxZones+1) }},
			catalogue.TooManyZones, "20001 zones, more than 20000",
		},
		"too large, as the feed saw":       {[]func(*catalogue.Record){flawed(catalogue.TooLarge)}, catalogue.TooLarge, "the event does not fit into a message, even compressed"},
		"a duplicate":                      {[]func(*catalogue.Record){flawed(catalogue.Duplicate)}, catalogue.Duplicate, "the feed has this event a second time; the first one counts"},
		"a text that was cut":              {[]func(*catalogue.Record){flawed(catalogue.TextTooLong)}, catalogue.TextTooLong, "an attribute is longer than any event needs"},
		"zones that were dropped":          {[]func(*catalogue.Record){flawed(catalogue.TooManyZones)}, catalogue.TooManyZones, "the event has more zones than any event needs"},
		"a flaw comes first":               {[]func(*catalogue.Record){flawed(catalogue.TooLarge), without("title"), without("event_id")}, catalogue.TooLarge, "the event does not fit into a message, even compressed"},
		"of two, that of the base first":   {[]func(*catalogue.Record){onEvent("sold_out", "nearly"), without("title")}, catalogue.MissingField, "title is missing"},
		"of two, that of a zone last":      {[]func(*catalogue.Record){onZone(0, "price", "free"), onEvent("event_start_date", "soon")}, catalogue.BadDate, `event_start_date: "soon" is no date-time; one looks like 2021-06-30T21:00:00`},
		"an offline event has to be right": {[]func(*catalogue.Record){onBase("sell_mode", "offline"), onEvent("event_start_date", "2021-09-31T20:00:00")}, catalogue.NoSuchDate, `event_start_date: "2021-09-31T20:00:00" does not exist`},
	}
	reasons := map[catalogue.Reason]bool{}
	for name, tt := range tests {
		reasons[tt.reason] = true
		t.Run(name, func(t *testing.T) {
			l, why := understand(camela(tt.edits...), inMadrid(t))
			require.NotNil(t, why)
			assert.Equal(t, tt.reason, why.reason)
			assert.Equal(t, tt.detail, why.detail)
			assert.Zero(t, l)
		})
	}
	for _, r := range catalogue.Reasons() {
		assert.True(t, reasons[r], "no case for %s", r)
	}
}

// Records of one base share its fields, so reading one must not write into them.
func TestReadingARecordLeavesItAsItIs(t *testing.T) {
	r := camela(onBase("city", "Málaga"))
	r.Event = append(make(catalogue.Fields, 0, 100), r.Event...)
	spare := r.Event[:cap(r.Event)]
	_, why := understand(r, inMadrid(t))
	require.Nil(t, why)
	assert.Equal(t, camela(onBase("city", "Málaga")), r)
	assert.Zero(t, spare[len(r.Event)])
}
