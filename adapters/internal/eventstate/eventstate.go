// Package eventstate is how stores write an event and its zones as JSON: the
// state in a change log's entry, and the zones beside an event.
//
// Change logs live for years. Fields may be added here, never renamed or reused.
package eventstate

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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

func (m *moment) moment() event.Moment {
	if m == nil {
		return event.Moment{}
	}
	return event.MomentAt(m[0], int32(m[1])) //nolint:gosec // written from an int32
}

// Encode is the event as JSON. It is written by hand, as encoding/json would write state, because stores do
// this for every change.
func Encode(e event.Event) []byte {
	f := &e.Facts
	b := make([]byte, 0, 512)
	b = text(append(b, `{"provider":`...), e.Identity.Provider)
	b = text(append(b, `,"base_id":`...), e.Identity.Base)
	b = text(append(b, `,"event_id":`...), e.Identity.Event)
	b = text(append(b, `,"title":`...), f.Title)
	b = textIfAny(b, `,"organizer":`, f.Organizer)
	b = text(append(b, `,"sell_mode":`...), f.SellMode)
	b = instant(append(b, `,"start":`...), f.Start)
	b = instant(append(b, `,"end":`...), f.End)
	b = text(append(b, `,"time_zone":`...), f.TimeZone)
	if f.SaleStart.Known() {
		b = instant(append(b, `,"sale_start":`...), f.SaleStart)
	}
	if f.SaleEnd.Known() {
		b = instant(append(b, `,"sale_end":`...), f.SaleEnd)
	}
	if f.SoldOut {
		b = append(b, `,"sold_out":true`...)
	}
	if f.Prices.Known {
		b = number(append(b, `,"min_price":`...), int64(f.Prices.Min))
		b = number(append(b, `,"max_price":`...), int64(f.Prices.Max))
	}
	b = number(append(b, `,"capacity":`...), f.Capacity)
	b = textIfAny(b, `,"currency":`, f.Currency)
	b = textIfAny(b, `,"category":`, f.Category)
	b = textIfAny(b, `,"city":`, f.City)
	b = textIfAny(b, `,"venue":`, f.Venue)
	b = textIfAny(b, `,"url":`, f.URL)
	b = textIfAny(b, `,"image":`, f.Image)
	b = number(append(b, `,"first_seen":`...), e.FirstSeen.UnixMilli())
	if e.Available {
		b = append(b, `,"available":true`...)
	}
	b = number(append(b, `,"revision":`...), e.Revision)
	return append(b, '}')
}

func number(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

func instant(b []byte, m event.Moment) []byte {
	if !m.Known() {
		return append(b, "null"...)
	}
	b = number(append(b, '['), m.Unix())
	b = number(append(b, ','), int64(m.Offset()))
	return append(b, ']')
}

func textIfAny(b []byte, label, s string) []byte {
	if s == "" {
		return b
	}
	return text(append(b, label...), s)
}

// text appends a string. What has to be escaped is rare, and left to those who know how.
func text(b []byte, s string) []byte {
	wide := false
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			wide = true
		case c < ' ', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return escaped(b, s)
		}
	}
	if wide && (!utf8.ValidString(s) || strings.ContainsAny(s, "\u2028\u2029")) {
		return escaped(b, s)
	}
	b = append(append(b, '"'), s...)
	return append(b, '"')
}

func escaped(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // every string can be
	return append(b, quoted...)
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
func EncodeZones(zones []event.Zone) []byte {
	const each = 96 // bytes, about
	b := append(make([]byte, 0, 2+each*len(zones)), '[')
	for i, z := range zones {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if z.ID != "" {
			b = append(text(append(b, `"id":`...), z.ID), ',')
		}
		if z.Name != "" {
			b = append(text(append(b, `"name":`...), z.Name), ',')
		}
		b = number(append(b, `"capacity":`...), z.Capacity)
		b = number(append(b, `,"price":`...), int64(z.Price))
		if z.Numbered {
			b = append(b, `,"numbered":true`...)
		}
		b = append(b, '}')
	}
	return append(b, ']')
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
