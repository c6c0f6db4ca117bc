// Package eventstate is how stores write an event and its zones as JSON: the
// state in a change log's entry, and the zones beside an event.
//
// Change logs live for years. Fields may be added here, never renamed or reused.
package eventstate

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/marquee-events/marquee/core/event"
)

type state struct {
	Provider  string       `json:"provider"`
	Base      string       `json:"base_id"`
	Event     string       `json:"event_id"`
	Title     string       `json:"title"`
	Organizer string       `json:"organizer,omitempty"`
	SellMode  string       `json:"sell_mode"`
	Start     *moment      `json:"start"`
	End       *moment      `json:"end"`
	TimeZone  string       `json:"time_zone"`
	SaleStart *moment      `json:"sale_start,omitempty"`
	SaleEnd   *moment      `json:"sale_end,omitempty"`
	SoldOut   bool         `json:"sold_out,omitempty"`
	MinPrice  *event.Price `json:"min_price,omitempty"` // in ten-thousandths
	MaxPrice  *event.Price `json:"max_price,omitempty"`
	Capacity  int64        `json:"capacity"`
	Currency  string       `json:"currency,omitempty"`
	Category  string       `json:"category,omitempty"`
	City      string       `json:"city,omitempty"`
	Venue     string       `json:"venue,omitempty"`
	URL       string       `json:"url,omitempty"`
	Image     string       `json:"image,omitempty"`
	FirstSeen int64        `json:"first_seen"` // milliseconds since the epoch
	Available bool         `json:"available,omitempty"`
	Revision  int64        `json:"revision"`
}

// moment is an instant in seconds since the epoch and the wall clock's offset.
type moment [2]int64

func fromMoment(m event.Moment) *moment {
	if !m.Known() {
		return nil
	}
	return &moment{m.Unix(), int64(m.Offset())}
}

func (m *moment) moment() event.Moment {
	if m == nil {
		return event.Moment{}
	}
	return event.MomentAt(m[0], int32(m[1])) //nolint:gosec // written from an int32
}

// Encode is the event as JSON.
func Encode(e event.Event) ([]byte, error) {
	f := e.Facts
	s := state{
		Provider: e.Identity.Provider, Base: e.Identity.Base, Event: e.Identity.Event,
		Title: f.Title, Organizer: f.Organizer, SellMode: f.SellMode,
		Start: fromMoment(f.Start), End: fromMoment(f.End), TimeZone: f.TimeZone,
		SaleStart: fromMoment(f.SaleStart), SaleEnd: fromMoment(f.SaleEnd),
		SoldOut: f.SoldOut, Capacity: f.Capacity, Currency: f.Currency,
		Category: f.Category, City: f.City, Venue: f.Venue, URL: f.URL, Image: f.Image,
		FirstSeen: e.FirstSeen.UnixMilli(), Available: e.Available, Revision: e.Revision,
	}
	if f.Prices.Known {
		s.MinPrice, s.MaxPrice = &f.Prices.Min, &f.Prices.Max
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return b, nil
}

// Decode reads what Encode wrote.
func Decode(b []byte) (event.Event, error) {
	var s state
	if err := json.Unmarshal(b, &s); err != nil {
		return event.Event{}, fmt.Errorf("decode event: %w", err)
	}
	identity := event.Identity{Provider: s.Provider, Base: s.Base, Event: s.Event}
	e := event.Event{
		ID: identity.ID(), Identity: identity,
		Facts: event.Facts{
			Title: s.Title, Organizer: s.Organizer, SellMode: s.SellMode,
			Start: s.Start.moment(), End: s.End.moment(), TimeZone: s.TimeZone,
			SaleStart: s.SaleStart.moment(), SaleEnd: s.SaleEnd.moment(),
			SoldOut: s.SoldOut, Capacity: s.Capacity, Currency: s.Currency,
			Category: s.Category, City: s.City, Venue: s.Venue, URL: s.URL, Image: s.Image,
		},
		FirstSeen: time.UnixMilli(s.FirstSeen).UTC(), Available: s.Available, Revision: s.Revision,
	}
	if s.MinPrice != nil && s.MaxPrice != nil {
		e.Facts.Prices = event.PriceRange{Min: *s.MinPrice, Max: *s.MaxPrice, Known: true}
	}
	return e, nil
}

type zone struct {
	ID       string      `json:"id,omitempty"`
	Name     string      `json:"name,omitempty"`
	Capacity int64       `json:"capacity"`
	Price    event.Price `json:"price"` // in ten-thousandths
	Numbered bool        `json:"numbered,omitempty"`
}

// EncodeZones is the list as JSON, in its order.
func EncodeZones(zones []event.Zone) ([]byte, error) {
	list := make([]zone, len(zones))
	for i, z := range zones {
		list[i] = zone(z)
	}
	b, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("encode zones: %w", err)
	}
	return b, nil
}

// DecodeZones reads what EncodeZones wrote.
func DecodeZones(b []byte) ([]event.Zone, error) {
	var list []zone
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, fmt.Errorf("decode zones: %w", err)
	}
	zones := make([]event.Zone, len(list))
	for i, z := range list {
		zones[i] = event.Zone(z)
	}
	return zones, nil
}
