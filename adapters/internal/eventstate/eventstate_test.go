package eventstate

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

// texts has all that JSON escapes, and what is no UTF-8.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"", "plain", "Señor", "<a href=\"x\">&amp;</a>", "back\\slash", "line\nend\x00\x1f\x7f", "\u2028\u2029", "half \xe2\x80", "\xff", "🎭"}),
	rapid.String(),
	rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
)

var moments = rapid.Custom(func(t *rapid.T) event.Moment {
	if !rapid.Bool().Draw(t, "known") {
		return event.Moment{}
	}
	return event.MomentAt(rapid.Int64().Draw(t, "unix"), rapid.Int32().Draw(t, "offset"))
})

var events = rapid.Custom(func(t *rapid.T) event.Event {
	text := func(name string) string { return texts.Draw(t, name) }
	e := event.Event{
		Identity: event.Identity{Provider: text("provider"), Base: text("base"), Event: text("event")},
		Facts: event.Facts{
			Title: text("title"), Organizer: text("organizer"), SellMode: text("sell mode"), TimeZone: text("time zone"), Currency: text("currency"),
			Category: text("category"), City: text("city"), Venue: text("venue"), URL: text("url"), Image: text("image"),
			Start: moments.Draw(t, "start"), End: moments.Draw(t, "end"), SaleStart: moments.Draw(t, "sale start"), SaleEnd: moments.Draw(t, "sale end"),
			SoldOut: rapid.Bool().Draw(t, "sold out"), Capacity: rapid.Int64().Draw(t, "capacity"),
		},
		FirstSeen: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "first seen")).UTC(),
		Available: rapid.Bool().Draw(t, "available"), Revision: rapid.Int64().Draw(t, "revision"),
	}
	if rapid.Bool().Draw(t, "priced") {
		e.Facts.Prices = event.PriceRange{Min: event.Price(rapid.Int64().Draw(t, "min")), Max: event.Price(rapid.Int64().Draw(t, "max")), Known: true}
	}
	return e
})

// stateOf is what has to be written of an event.
func stateOf(e event.Event) state {
	f := e.Facts
	at := func(m event.Moment) *moment {
		if !m.Known() {
			return nil
		}
		return &moment{m.Unix(), int64(m.Offset())}
	}
	s := state{
		Provider: e.Identity.Provider, Base: e.Identity.Base, Event: e.Identity.Event,
		Title: f.Title, Organizer: f.Organizer, SellMode: f.SellMode,
		Start: at(f.Start), End: at(f.End), TimeZone: f.TimeZone, SaleStart: at(f.SaleStart), SaleEnd: at(f.SaleEnd),
		SoldOut: f.SoldOut, Capacity: f.Capacity, Currency: f.Currency,
		Category: f.Category, City: f.City, Venue: f.Venue, URL: f.URL, Image: f.Image,
		FirstSeen: e.FirstSeen.UnixMilli(), Available: e.Available, Revision: e.Revision,
	}
	if f.Prices.Known {
		s.MinPrice, s.MaxPrice = &f.Prices.Min, &f.Prices.Max
	}
	return s
}

// What is written by hand is what encoding/json makes of the same fields, byte for byte.
func TestEncodeIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events.Draw(t, "event")
		want, err := json.Marshal(stateOf(e))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(Encode(e)))
	})
}

func TestEncodeZonesIsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zones := make([]event.Zone, rapid.IntRange(0, 4).Draw(t, "zones"))
		list := make([]zone, len(zones))
		for i := range zones {
			zones[i] = event.Zone{
				ID: texts.Draw(t, "id"), Name: texts.Draw(t, "name"), Capacity: rapid.Int64().Draw(t, "capacity"),
				Price: event.Price(rapid.Int64().Draw(t, "price")), Numbered: rapid.Bool().Draw(t, "numbered"),
			}
			list[i] = zone(zones[i])
		}
		want, err := json.Marshal(list)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(EncodeZones(zones)))
	})
}

// What was written is read as it was, but for what is no UTF-8.
func TestDecodeReadsWhatEncodeWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events.Draw(t, "event")
		once, err := Decode(Encode(e))
		require.NoError(t, err)
		again, err := Decode(Encode(once))
		require.NoError(t, err)
		assert.Equal(t, once, again)
		e.Identity, once.Identity = event.Identity{}, event.Identity{}
		e.ID, once.ID = event.ID{}, event.ID{}
		for _, f := range []*event.Facts{&e.Facts, &once.Facts} {
			f.Title, f.Organizer, f.SellMode, f.TimeZone, f.Currency = "", "", "", "", ""
			f.Category, f.City, f.Venue, f.URL, f.Image = "", "", "", "", ""
		}
		assert.Equal(t, e, once)
	})
}

func BenchmarkEncode(b *testing.B) {
	e := event.Event{
		Identity: event.Identity{Provider: "default", Base: "123456", Event: "234567"},
		Facts: event.Facts{
			Title: "Niño Cometa Quartet en concierto", Organizer: "12", SellMode: event.Online, TimeZone: "Europe/Madrid", Currency: "EUR",
			Start: event.MomentAt(1800000000, 7200), End: event.MomentAt(1800007200, 7200), Capacity: 400,
			Prices: event.PriceRange{Min: 150000, Max: 300000, Known: true},
		},
		FirstSeen: time.UnixMilli(1790000000000), Available: true, Revision: 1,
	}
	b.ReportAllocs()
	for b.Loop() {
		Encode(e)
	}
}
