package httpapi

import (
	"slices"
	"strconv"
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// field is one that an event is told with.
type field struct {
	name   string
	append func(b []byte, e *event.Event) []byte
	// changes is whether the history of an event tells that it changed; the others follow from those, or never do.
	changes bool
}

// toldField is one with the name as it stands in an answer, behind another field.
type toldField struct {
	field
	key string
}

func told(fields []field) []toldField {
	told := make([]toldField, len(fields))
	for i, f := range fields {
		told[i] = toldField{f, `,"` + f.name + `":`}
	}
	return told
}

// listedFields are those that /events tells besides the published contract.
var listedFields = told([]field{
	{"starts_at", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.Start, appendInstant) }, true},
	{"ends_at", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.End, appendInstant) }, true},
	{"time_zone", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.TimeZone) }, true},
	{"sold_out", func(b []byte, e *event.Event) []byte { return strconv.AppendBool(b, e.Facts.SoldOut) }, true},
	{"available", func(b []byte, e *event.Event) []byte { return strconv.AppendBool(b, e.Available) }, true},
	{"currency", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.Currency) }, true},
	{"url", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.URL) }, true},
	{"city", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.City) }, true},
	{"category", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.Category) }, true},
	{"provider", func(b []byte, e *event.Event) []byte { return appendText(b, e.Identity.Provider) }, false},
})

// stateFields are the rest of what is known of an event, but for what is kept beside it.
var stateFields = told([]field{
	{"starts_at_utc", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.Start, appendUTC) }, false},
	{"ends_at_utc", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.End, appendUTC) }, false},
	{"base_id", func(b []byte, e *event.Event) []byte { return appendText(b, e.Identity.Base) }, false},
	{"event_id", func(b []byte, e *event.Event) []byte { return appendText(b, e.Identity.Event) }, false},
	{"organizer", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.Organizer) }, true},
	{"sell_mode", func(b []byte, e *event.Event) []byte { return appendText(b, e.Facts.SellMode) }, true},
	{"venue", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.Venue) }, true},
	{"image", func(b []byte, e *event.Event) []byte { return appendKnown(b, e.Facts.Image) }, true},
	{"capacity", func(b []byte, e *event.Event) []byte { return strconv.AppendInt(b, e.Facts.Capacity, 10) }, true},
	{"sale_starts_at", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.SaleStart, appendInstant) }, true},
	{"sale_ends_at", func(b []byte, e *event.Event) []byte { return appendMoment(b, e.Facts.SaleEnd, appendInstant) }, true},
	{"first_seen", func(b []byte, e *event.Event) []byte { return appendTime(b, e.FirstSeen) }, false},
	{"revision", func(b []byte, e *event.Event) []byte { return strconv.AppendInt(b, e.Revision, 10) }, false},
})

// contractFields are those of the published contract that are no form of another field.
var contractFields = told([]field{
	{"title", func(b []byte, e *event.Event) []byte { return appendText(b, e.Facts.Title) }, true},
	{"min_price", func(b []byte, e *event.Event) []byte {
		return appendPrice(b, e.Facts.Prices.Min, e.Facts.Prices.Known)
	}, true},
	{"max_price", func(b []byte, e *event.Event) []byte {
		return appendPrice(b, e.Facts.Prices.Max, e.Facts.Prices.Known)
	}, true},
})

// changingFields are those that the history of an event tells.
var changingFields = slices.DeleteFunc(slices.Concat(contractFields, listedFields, stateFields), func(f toldField) bool { return !f.changes })

// appendFields appends fields of an event, each behind a comma.
func appendFields(b []byte, fields []toldField, e *event.Event) []byte {
	for i := range fields {
		b = fields[i].append(append(b, fields[i].key...), e)
	}
	return b
}

// appendListed appends an event with the fields of the published contract, and those that /events has besides.
func appendListed(b []byte, e *event.Event) []byte {
	return append(appendFields(appendContract(append(b, '{'), e), listedFields, e), '}')
}

// appendState appends all fields of an event, but not the end of it.
func appendState(b []byte, e *event.Event) []byte {
	return appendFields(appendFields(appendContract(append(b, '{'), e), listedFields, e), stateFields, e)
}

// appendInstant appends a moment in RFC 3339. That has offsets of whole minutes; clocks of old were off by seconds as well.
func appendInstant(m event.Moment, b []byte) []byte {
	if m.Offset()%60 != 0 {
		return appendUTC(m, b)
	}
	b = m.AppendClock(append(m.AppendDate(b), 'T'))
	return appendOffset(b, int(m.Offset())/60)
}

// appendOffset appends how far a clock is ahead of UTC, in minutes.
func appendOffset(b []byte, minutes int) []byte {
	if minutes == 0 {
		return append(b, 'Z')
	}
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	hours, minutes := minutes/60, minutes%60
	return twoDigits(append(twoDigits(append(b, sign), hours), ':'), minutes)
}

func appendUTC(m event.Moment, b []byte) []byte { return m.Time().UTC().AppendFormat(b, time.RFC3339) }

func twoDigits(b []byte, n int) []byte {
	return append(b, "0123456789"[n/10], "0123456789"[n%10])
}

// appendTime appends a time that is known, to the millisecond as stores keep it.
func appendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999Z07:00")
	return append(b, '"')
}

// appendKnown appends a text, or null where the feed had none.
func appendKnown(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendText(b, s)
}
