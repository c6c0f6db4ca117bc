package porttest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// Programme is a catalogue of so many events, for what is measured: ten years of them from ProgrammeBegin on, most of them some
// hours long, one in twenty some days, and one in fifty weeks or months. Half of the titles are of one event alone. It is the same
// wherever and whenever it is made.
type Programme int

// ProgrammeYears is how many years a Programme has.
const ProgrammeYears = 10

// ProgrammeBegin is when a Programme begins.
var ProgrammeBegin = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// ProgrammeCities are where it takes place.
var ProgrammeCities = strings.Fields("Madrid Barcelona Valencia Sevilla Zaragoza Málaga Murcia Palma Bilbao Alicante Córdoba Valladolid Vigo Gijón Lisboa Porto Paris Lyon Milano Roma")

var programmeArtists = strings.Fields("Orquesta Camara Norte Sur Jazz Quartet Flamenco Opera Ballet Noche Fiesta Teatro Real Coro Joven Banda Rock Festival Verano Circo Magia Sinfonica Cuarteto Piano Guitarra Danza Monologo Clasico Historia Viaje Sueño")

// Snapshot implements ports.Snapshotter. The range is not looked at: all events are handed over.
func (n Programme) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	for i := range int(n) {
		e := ProgrammeEvent(i)
		if err := each(&e); err != nil {
			return catalogue.Version{}, err
		}
	}
	return catalogue.Version{Number: int64(n), Tag: 1}, nil
}

// ProgrammeEvent is the ith event of every Programme that has so many.
func ProgrammeEvent(i int) event.Event {
	const hour, quarter = 3600, 900
	r := rand.New(rand.NewPCG(1, uint64(i)))
	base := i
	if i%2 == 0 { // a show that is given some dozens of times
		base = i / 64
	}
	identity := event.Identity{Provider: "default", Base: strconv.Itoa(base), Event: strconv.Itoa(i)}
	start := ProgrammeBegin.Unix() + r.Int64N(ProgrammeYears*365*24)*hour + r.Int64N(4)*quarter
	lasts := (1 + r.Int64N(4)) * hour
	switch {
	case i%50 == 0:
		lasts = (7 + r.Int64N(120)) * 24 * hour
	case i%20 == 0:
		lasts = (1 + r.Int64N(3)) * 24 * hour
	}
	artist := func(n int) string { return programmeArtists[n%len(programmeArtists)] }
	price := event.Price(5+r.IntN(200)) * 5000
	return event.Event{
		ID: identity.ID(), Identity: identity,
		Facts: event.Facts{
			Title:     fmt.Sprintf("%s %s %s %d", artist(base), artist(base/7), artist(base/31), base),
			Organizer: strconv.Itoa(base % 500), SellMode: event.Online,
			Start: event.MomentAt(start, hour), End: event.MomentAt(start+lasts, hour), TimeZone: "Europe/Madrid",
			SaleStart: event.MomentAt(start-90*24*hour, hour), SaleEnd: event.MomentAt(start, hour),
			SoldOut: r.IntN(10) == 0, Prices: event.PriceRange{Min: price, Max: price * 3, Known: true}, Capacity: int64(r.IntN(2000)), Currency: "EUR",
			Category: []string{"music", "theatre", "dance", "sport", "family"}[base%5], City: ProgrammeCities[base%len(ProgrammeCities)],
			URL: "https://tickets.example/es/events/" + strconv.Itoa(base),
		},
		FirstSeen: time.UnixMilli(1577836800000 + int64(i)).UTC(), Available: i%3 != 0, Revision: int64(1 + i%7),
	}
}
