package snapshotfile_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/snapshotfile"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// programme makes up events as a marketplace has them: of a few providers, some hundred cities and some thousand venues, over three years.
func programme(n int) []event.Event {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	list := make([]event.Event, n)
	for i := range list {
		identity := event.Identity{Provider: fmt.Sprintf("provider-%d", r.IntN(4)), Base: fmt.Sprint(100_000 + i/3), Event: fmt.Sprint(r.IntN(1_000_000))}
		start := begin + int64(r.IntN(3*365*24*4))*900
		length := int64(1+r.IntN(16)) * 900
		low := event.Price(r.IntN(200) * 5000)
		city := r.IntN(300)
		list[i] = event.Event{
			ID: identity.ID(), Identity: identity,
			Facts: event.Facts{
				Title:     pick("Concierto de", "An evening with", "Noche de", "The return of", "Festival") + " " + pick("Los Morancos", "Camela", "Pantomima Full", "Tributo a Juanito Valderrama") + fmt.Sprint(" ", r.IntN(10_000)),
				Organizer: fmt.Sprint(r.IntN(500)), SellMode: event.Online,
				Start: event.MomentAt(start, 7200), End: event.MomentAt(start+length, 7200), TimeZone: "Europe/Madrid",
				SaleStart: event.MomentAt(start-90*86400, 7200), SaleEnd: event.MomentAt(start-3600, 7200),
				SoldOut: r.IntN(10) == 0, Prices: event.PriceRange{Min: low, Max: low + event.Price(r.IntN(20)*10_000), Known: true},
				Capacity: int64(r.IntN(2000)), Currency: "EUR", Category: pick("concert", "theatre", "sport", "family"),
				City: fmt.Sprint("City of ", city), Venue: fmt.Sprint("Venue ", city*10+r.IntN(10)),
				URL: fmt.Sprintf("https://tickets.example/e/%s/%s", identity.Base, identity.Event), Image: fmt.Sprintf("https://img.example/%08x.jpg", r.Uint32()),
			},
			FirstSeen: time.UnixMilli(1_700_000_000_000 + int64(i/500)*60_000).UTC(), Available: r.IntN(3) > 0, Revision: int64(1 + r.IntN(5)),
		}
	}
	return list
}

const many = 1_000_000

func BenchmarkKeep(b *testing.B) {
	o := inFolder(b)
	f := snapshotfile.New(o)
	h := held{of: catalogue.Version{Number: many}, events: programme(many)}
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, f.Keep(b.Context(), h))
	}
	report(b, o)
}

func BenchmarkSnapshot(b *testing.B) {
	o := inFolder(b)
	f := snapshotfile.New(o)
	require.NoError(b, f.Keep(b.Context(), held{of: catalogue.Version{Number: many}, events: programme(many)}))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		_, err := f.Snapshot(b.Context(), event.TimeRange{}, func(*event.Event) error { n++; return nil })
		require.NoError(b, err)
		require.Equal(b, many, n)
	}
	report(b, o)
}

func report(b *testing.B, o snapshotfile.Options) {
	b.Helper()
	info, err := os.Stat(o.Path)
	require.NoError(b, err)
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB")
	b.ReportMetric(float64(info.Size())/many, "B/event")
	b.ReportMetric(float64(many*b.N)/b.Elapsed().Seconds(), "events/s")
}
