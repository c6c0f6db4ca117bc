package httpapi

import (
	"github.com/marquee-events/marquee/core/event"
)

// The answer of /search is written by hand, because it is most of what the service does: encoding/json takes several times as
// long and holds the whole body.

// appendSearch appends the answer to b.
func appendSearch(b []byte, events []event.Event, flush flush) ([]byte, error) {
	b = append(b, `{"data":{"events":[`...)
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = flush(appendSummary(b, &events[i])); err != nil {
			return b, err
		}
	}
	return append(b, "]},\"error\":null}\n"...), nil
}

// appendSummary appends an event with the eight fields of the published contract.
func appendSummary(b []byte, e *event.Event) []byte {
	return append(appendContract(append(b, '{'), e), '}')
}

// appendContract appends the eight fields themselves.
func appendContract(b []byte, e *event.Event) []byte {
	b = append(b, `"id":"`...)
	b = e.ID.Append(b)
	b = append(b, `","title":`...)
	b = appendText(b, e.Facts.Title)
	b = append(b, `,"start_date":`...)
	b = appendMoment(b, e.Facts.Start, event.Moment.AppendDate)
	b = append(b, `,"start_time":`...)
	b = appendMoment(b, e.Facts.Start, event.Moment.AppendClock)
	b = append(b, `,"end_date":`...)
	b = appendMoment(b, e.Facts.End, event.Moment.AppendDate)
	b = append(b, `,"end_time":`...)
	b = appendMoment(b, e.Facts.End, event.Moment.AppendClock)
	b = append(b, `,"min_price":`...)
	b = appendPrice(b, e.Facts.Prices.Min, e.Facts.Prices.Known)
	b = append(b, `,"max_price":`...)
	return appendPrice(b, e.Facts.Prices.Max, e.Facts.Prices.Known)
}

func appendMoment(b []byte, m event.Moment, form func(event.Moment, []byte) []byte) []byte {
	if !m.Known() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = form(m, b)
	return append(b, '"')
}

func appendPrice(b []byte, p event.Price, known bool) []byte {
	if !known {
		return append(b, "null"...)
	}
	return p.Append(b)
}
