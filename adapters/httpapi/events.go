package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// ListEvents answers GET /events.
func (o *operations) ListEvents(ctx context.Context, request ListEventsRequestObject) (ListEventsResponseObject, error) {
	q, err := readList(request.Params, o.clock)
	if err != nil {
		return nil, err
	}
	load := func(ctx context.Context) (search.Made, error) {
		page, err := o.events.Page(ctx, q.PageRequest)
		if err != nil {
			return search.Made{}, err
		}
		return makeList(&q, page), nil
	}
	served, err := o.answer(ctx, q.key(), q.about(), load)
	if err != nil {
		return nil, err
	}
	if !isWritten(served) {
		return noEvents{}, nil
	}
	return listAnswer{question: &q, served: served, sender: o.sender}, nil
}

// about is what the answer holds, for those who tell whether a change touches it. They know of each event the day of its
// start alone: what overlaps with a range may start on any day before.
func (q *listQuestion) about() event.TimeRange {
	if q.Criteria.Match == catalogue.Overlaps {
		return event.TimeRange{}
	}
	return q.Criteria.Range
}

// key names the answer: all that is asked, and how this version of the service writes it.
func (q *listQuestion) key() ports.AnswerKey {
	var room [512]byte
	b := append(q.appendQuestion(room[:0]), listHandwriting[:]...)
	b = binary.AppendVarint(b, q.Criteria.Now.Unix())
	b = binary.AppendVarint(b, int64(q.Number))
	return sha256.Sum256(append(b, q.cursor...))
}

// listHandwriting is to /events what handwriting is to /search; the cursor is part of the answer.
var listHandwriting = func() [sha256.Size]byte {
	q := listQuestion{PageRequest: search.PageRequest{Number: 1, Size: 2}}
	made := makeList(&q, search.Page{
		Page:   catalogue.Page{Events: []event.Event{{}, showsAll}, Total: 3},
		Number: 1,
		Next:   &search.Mark{Number: 2, After: catalogue.Position{Number: 1, Text: "a"}, AsOf: catalogue.Version{Number: 1, Tag: 1}, Total: 3},
	})
	return sha256.Sum256(append([]byte("1"), made.Body...))
}()

// makeList writes the answer, with what its Link says in front of it. There is none where nothing matches: that is not kept.
func makeList(q *listQuestion, page search.Page) search.Made {
	if page.Total == 0 {
		return search.Made{At: page.At}
	}
	note := strconv.AppendInt(make([]byte, 0, 256), int64(pagesOf(page.Total, q.Size)), 10)
	note = strconv.AppendInt(append(note, ' '), int64(page.Number), 10)
	note = append(note, ' ')
	if page.Next != nil {
		var room [512]byte
		note = cursor{mark: *page.Next, now: q.Criteria.Now}.append(note, q.appendQuestion(room[:0]))
	}
	writer := newWriter(note, func(b []byte) []byte { return appendList(b, q.Size, page) })
	if page.Quick {
		return search.Made{At: page.At, Write: writer, Release: page.Release}
	}
	return search.Made{At: page.At, Body: writer.written()}
}

func pagesOf(total, size int) int { return (total + size - 1) / size }

// appendList appends the answer.
func appendList(b []byte, size int, page search.Page) []byte {
	for _, field := range [...]struct {
		name  string
		value int
	}{
		{`{"page":`, page.Number},
		{`,"pageSize":`, size},
		{`,"totalRows":`, page.Total},
		{`,"totalPages":`, pagesOf(page.Total, size)},
	} {
		b = append(b, field.name...)
		b = strconv.AppendInt(b, int64(field.value), 10)
	}
	b = append(b, `,"events":[`...)
	for i := range page.Events {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendListed(b, &page.Events[i])
	}
	return append(b, "]}\n"...)
}

// listAnswer is a page and how it came about.
type listAnswer struct {
	question *listQuestion
	served   search.Served
	*sender
}

// VisitListEventsResponse writes the answer. The error is the connection's.
func (a listAnswer) VisitListEventsResponse(w http.ResponseWriter) error {
	return a.keptWith(w, a.served, func(page written) { w.Header()["Link"] = []string{a.question.links(page.note)} })
}

// links is the Link header (RFC 8288) by the note that makeList wrote. Its addresses are relative to the origin, which only
// the client knows for sure.
func (q *listQuestion) links(note string) string {
	last, note, _ := strings.Cut(note, " ")
	number, next, _ := strings.Cut(note, " ")
	page, _ := strconv.Atoi(number) // both were written as numbers
	pages, _ := strconv.Atoi(last)
	var room [1024]byte
	b := q.given.appendLink(room[:0], "first", "page", "1")
	if page > 1 {
		b = q.given.appendLink(append(b, ", "...), "prev", "page", strconv.Itoa(min(page-1, pages)))
	}
	if next != "" {
		b = append(b, ", "...)
		before := len(b)
		b = q.given.appendLink(b, "next", "cursor", next)
		if len(b)-before > maxTarget { // the cursor holds a title that is longer than most, and would be refused
			b = q.given.appendLink(b[:before], "next", "page", strconv.Itoa(page+1))
		}
	}
	return string(q.given.appendLink(append(b, ", "...), "last", "page", last))
}

// noEvents is the answer where nothing matches: an error to programs that look at the status alone.
type noEvents struct{}

// VisitListEventsResponse writes the answer.
func (noEvents) VisitListEventsResponse(w http.ResponseWriter) error {
	writeError(w, http.StatusNotFound, NoEventsAnswer{Error: Problem{Code: codeNoEvents, Message: "no event matches"}})
	return nil
}
