package searchcost

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

const (
	years    = 2
	lasting  = 2 * time.Hour // most events
	weeks    = 21 * 24 * time.Hour
	provider = "default"
)

// firstDay is when the events begin.
var firstDay = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)

var (
	cities     = [...]string{"Madrid", "Barcelona", "A Coruña", "Sevilla", "Bilbao", "Málaga", "Palma"}
	categories = [...]string{"music", "theatre", "comedy", "sport", "family"}
)

const (
	titled     = "Orquesta Cámara Norte, concierto %07d"
	titleBytes = len(titled) - len("%07d") + numeral
	numeral    = 7
)

// programme are events that start one after the other, evenly over the years. Which one it is tells all of an event but for its ID.
type programme struct {
	size   int
	long   int           // one in so many lasts three weeks; 0 for none
	every  time.Duration // one starts
	ids    []event.ID
	titles string // all of them
}

func newProgramme(size, long int) *programme {
	p := &programme{size: size, long: long, every: (years * 365 * 24 * time.Hour / time.Duration(size)).Truncate(time.Second), ids: make([]event.ID, size)}
	var titles strings.Builder
	titles.Grow(size * titleBytes)
	for i := range size {
		fmt.Fprintf(&titles, titled, i)
	}
	p.titles = titles.String()
	for i := range p.ids {
		p.ids[i] = p.identity(i).ID()
	}
	return p
}

func (p *programme) title(i int) string { return p.titles[i*titleBytes : (i+1)*titleBytes] }

func (p *programme) start(i int) time.Time { return firstDay.Add(time.Duration(i) * p.every) }

func (p *programme) lasts(i int) time.Duration {
	if p.long > 0 && i%p.long == 0 {
		return weeks
	}
	return lasting
}

func (p *programme) identity(i int) event.Identity {
	number := p.title(i)[titleBytes-numeral:]
	return event.Identity{Provider: provider, Base: number, Event: number}
}

// Snapshot implements ports.Snapshotter. No change ever led to the programme.
func (p *programme) Snapshot(_ context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	first := 0
	if from, bound := starts.From.Unix(); bound {
		first = sort.Search(p.size, func(i int) bool { return p.start(i).Unix() >= from })
	}
	for i := first; i < p.size; i++ {
		e := p.event(i)
		if !starts.Within(e.Facts.Start, e.Facts.Start) {
			break
		}
		if err := each(&e); err != nil {
			return catalogue.Version{}, err
		}
	}
	return catalogue.Version{}, nil
}

// event is the ith by start.
func (p *programme) event(i int) event.Event {
	const summer = 7200
	start := p.start(i).Unix()
	return event.Event{
		ID: p.ids[i], Identity: p.identity(i), Available: true, Revision: 1, FirstSeen: firstDay,
		Facts: event.Facts{
			Title: p.title(i), SellMode: event.Online, TimeZone: "Europe/Madrid",
			Start: event.MomentAt(start, summer), End: event.MomentAt(start+int64(p.lasts(i)/time.Second), summer),
			Prices:   event.PriceRange{Known: true, Min: event.Price(100_000 + i%40*5_000), Max: event.Price(350_000 + i%60*10_000)},
			Currency: "EUR", Capacity: 100, City: cities[i%len(cities)], Category: categories[i%len(categories)],
			Venue: "Auditorio Nacional", URL: "https://tickets.example/events/291", Organizer: "1",
		},
	}
}
