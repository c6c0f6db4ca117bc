package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net/http"
	"strconv"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
)

// GetEvent answers GET /events/{id}.
func (o *operations) GetEvent(ctx context.Context, request GetEventRequestObject) (GetEventResponseObject, error) {
	id, err := event.ParseID(request.Id)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(append(id[:], detailHandwriting[:]...))
	// When the event takes place is not known before it is found, so any change counts.
	served, err := o.answerOf(ctx, o.answersOfDetails, key, event.TimeRange{}, func(ctx context.Context) (search.Made, error) {
		detail, err := o.details.Of(ctx, id)
		if err != nil {
			return search.Made{}, err
		}
		body := newWriter(nil, func(b []byte) []byte { return appendDetail(b, &detail) }).written()
		return search.Made{At: detail.At, Body: body}, nil
	})
	if err != nil {
		return nil, err
	}
	return eventAnswer{served: served, sender: o.sender}, nil
}

// detailHandwriting is to /events/{id} what handwriting is to /search.
var detailHandwriting = func() [sha256.Size]byte {
	detail := search.Detail{Before: &event.Event{}, Detail: catalogue.Detail{
		Event: showsAll, Zones: []event.Zone{{ID: "1", Name: "A", Price: 1, Numbered: true}}, LastSeen: showsAll.FirstSeen,
		History: []catalogue.Change{{Kind: catalogue.Updated, Event: showsAll}, {Kind: catalogue.Updated, Event: showsAll}},
	}}
	return sha256.Sum256(appendDetail([]byte("2"), &detail))
}()

// eventAnswer is all of an event and how it came about.
type eventAnswer struct {
	served search.Served
	*sender
}

// VisitGetEventResponse writes the answer. The error is the connection's.
func (a eventAnswer) VisitGetEventResponse(w http.ResponseWriter) error {
	return a.kept(w, a.served)
}

// appendDetail appends the answer.
func appendDetail(b []byte, d *search.Detail) []byte {
	b = appendState(b, &d.Event)
	b = append(b, `,"last_seen":`...)
	b = appendTime(b, d.LastSeen)
	b = append(b, `,"zones":[`...)
	for i := range d.Zones {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendZone(b, &d.Zones[i])
	}
	b = append(b, `],"history":[`...)
	before := d.Before
	for i := range d.History {
		if i > 0 {
			b = append(b, ',')
		}
		c := &d.History[i]
		b = appendStep(b, before, c)
		before = &c.Event
	}
	b = append(b, `],"history_complete":`...)
	b = strconv.AppendBool(b, d.Complete)
	return append(b, "}\n"...)
}

func appendZone(b []byte, z *event.Zone) []byte {
	b = append(b, `{"id":`...)
	b = appendKnown(b, z.ID)
	b = append(b, `,"name":`...)
	b = appendKnown(b, z.Name)
	b = append(b, `,"capacity":`...)
	b = strconv.AppendInt(b, z.Capacity, 10)
	b = append(b, `,"price":`...)
	b = z.Price.Append(b)
	b = append(b, `,"numbered":`...)
	b = strconv.AppendBool(b, z.Numbered)
	return append(b, '}')
}

// stepFields are those that each step of a history tells, whether they changed or not: to draw them over time.
var stepFields = fieldsOf(changingFields, "capacity", "min_price", "max_price", "sold_out", "available")

// fieldsOf picks fields by name.
func fieldsOf(fields []toldField, names ...string) []toldField {
	var picked []toldField
	for _, name := range names {
		for i := range fields {
			if fields[i].name == name {
				picked = append(picked, fields[i])
			}
		}
	}
	return picked
}

// appendStep appends a change of an event, with what it was before where that is known.
func appendStep(b []byte, before *event.Event, c *catalogue.Change) []byte {
	b = append(b, `{"at":`...)
	b = appendTime(b, c.At)
	b = append(b, `,"kind":`...)
	b = appendText(b, string(c.Kind))
	b = append(b, `,"revision":`...)
	b = strconv.AppendInt(b, c.Event.Revision, 10)
	b = append(b, `,"changes":[`...)
	if before != nil {
		b = appendDifferences(b, before, c)
	}
	b = append(b, ']')
	return append(appendFields(b, stepFields, &c.Event), '}')
}

// appendDifferences appends the fields that are told otherwise than before.
func appendDifferences(b []byte, before *event.Event, c *catalogue.Change) []byte {
	var from, to []byte
	first := true
	tell := func(name string, from, to []byte) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"field":"`...)
		b = append(b, name...)
		b = append(b, `","from":`...)
		b = append(b, from...)
		b = append(b, `,"to":`...)
		b = append(b, to...)
		b = append(b, '}')
	}
	for i := range changingFields {
		f := &changingFields[i]
		if from, to = f.append(from[:0], before), f.append(to[:0], &c.Event); !bytes.Equal(from, to) {
			tell(f.name, from, to)
		}
	}
	if first && c.Kind == catalogue.Updated {
		// The log has totals and no zones: something about these changed that left the totals as they were.
		tell("zones", []byte("null"), []byte("null"))
	}
	return b
}
