package httpapi

import (
	"fmt"
	"testing"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
)

// A page of /events as most are: a feed knows much of its events, but not all.
func BenchmarkList20(b *testing.B) {
	page := search.Page{Page: catalogue.Page{Total: 1000}, Number: 2}
	for i := range 20 {
		start := int64(1_625_079_600 + i*86_400)
		e := event.Event{
			Identity: event.Identity{Provider: "default", Base: "291", Event: fmt.Sprint(i)},
			Facts: event.Facts{
				Title: fmt.Sprintf("Concierto de otoño número %d en el Palau de la Música", i), SellMode: event.Online,
				Start: event.MomentAt(start, 7200), End: event.MomentAt(start+5400, 7200), TimeZone: "Europe/Madrid",
				Prices: event.PriceRange{Min: 150_000, Max: 305_000, Known: true}, Currency: "EUR",
				City: "Barcelona", Category: "music", URL: fmt.Sprintf("https://tickets.example/events/%d", i),
			},
			Available: true,
		}
		e.ID = e.Identity.ID()
		page.Events = append(page.Events, e)
	}
	var room []byte
	b.ReportAllocs()
	for b.Loop() {
		room = appendList(room[:0], 20, page)
	}
	b.SetBytes(int64(len(room)))
}
