package httpapi

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/marquee-events/marquee/core/event"
)

// searchAnswer is the answer of /search. It is written by hand, because it is most of what the service does:
// encoding/json takes several times as long and holds the whole body.
type searchAnswer struct {
	events []event.Event
	pace   pace
}

// pieceSize is how much of an answer is collected before it is sent. One that fits a piece has a
// Content-Length; a longer one is streamed and costs no more memory.
const pieceSize = 32 << 10

var pieces = sync.Pool{New: func() any {
	b := make([]byte, 0, pieceSize+pieceSize/8)
	return &b
}}

// VisitSearchEventsResponse writes the answer. The error is the connection's.
func (a searchAnswer) VisitSearchEventsResponse(w http.ResponseWriter) error {
	piece, _ := pieces.Get().(*[]byte) // it holds nothing else
	reader := a.pace.start(w)
	answerHeaders(w.Header(), cacheBriefly)
	rest, err := appendSearch((*piece)[:0], a.events, reader.send)
	if err == nil {
		if reader.sent == 0 {
			w.Header().Set("Content-Length", strconv.Itoa(len(rest)))
		}
		err = reader.send(rest)
	}
	keepPiece(piece, rest)
	return err
}

// keepPiece gives a piece back as it is by now.
func keepPiece(piece *[]byte, now []byte) {
	if cap(now) <= 2*pieceSize { // a title may have made it grow; such a one is not kept
		*piece = now
		pieces.Put(piece)
	}
}

// appendSearch appends the answer to b. Whenever b holds a piece, flush gets it and b starts over.
func appendSearch(b []byte, events []event.Event, flush func([]byte) error) ([]byte, error) {
	b = append(b, `{"data":{"events":[`...)
	for i := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendSummary(b, &events[i])
		if len(b) >= pieceSize {
			if err := flush(b); err != nil {
				return b, err
			}
			b = b[:0]
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
