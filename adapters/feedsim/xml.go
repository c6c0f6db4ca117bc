package feedsim

import (
	"io"
	"strconv"
	"time"
)

// vocabulary is the names of a dialect: those of its elements, from which its attributes' names begin.
type vocabulary struct{ root, base, event string }

var vocabularies = [...]vocabulary{
	EventList: {root: "eventList", base: "base_event", event: "event"},
	PlanList:  {root: "planList", base: "base_plan", event: "plan"},
}

// xmlWriter collects text and passes it on now and then. After the first error it passes nothing on.
type xmlWriter struct {
	words   vocabulary
	out     io.Writer
	buf     []byte
	title   []byte
	written int64
	err     error
}

const flushAt = 32 << 10

func newXMLWriter(w io.Writer, d Dialect) *xmlWriter {
	return &xmlWriter{words: vocabularies[d], out: w, buf: make([]byte, 0, flushAt+4<<10)}
}

func (x *xmlWriter) begin() {
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>`, "\n<", x.words.root,
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.0" xsi:noNamespaceSchemaLocation="`, x.words.root, `.xsd">`)
}

func (x *xmlWriter) script()      { x.raw("\n  <script/>") }
func (x *xmlWriter) beginOutput() { x.raw("\n  <output>") }

func (x *xmlWriter) end() {
	x.raw("\n  </output>\n</", x.words.root, ">\n")
	x.flush()
}

func (x *xmlWriter) beginBase(b *base, sellMode string, extended bool) {
	x.raw("\n    <", x.words.base)
	x.number(x.words.base, "_id", b.id)
	x.text("sell_mode", sellMode)
	if b.organizer != 0 {
		x.number("organizer_company", "_id", b.organizer)
	}
	x.title = b.appendTitle(x.title[:0])
	x.raw(` title="`)
	x.buf = appendEscaped(x.buf, x.title)
	x.raw(`"`)
	if extended {
		x.text("category", b.kind.category)
		x.text("city", b.place.city)
		x.text("venue", b.venueName())
		x.text("currency", "EUR")
	}
	x.raw(">")
}

func (x *xmlWriter) endBase() { x.raw("\n    </", x.words.base, ">") }

func (x *xmlWriter) beginEvent(id int64, start, end time.Time, saleFrom, saleTo time.Time, soldOut bool) {
	x.raw("\n      <", x.words.event)
	x.moment(x.words.event, "_start_date", start)
	x.moment(x.words.event, "_end_date", end)
	x.number(x.words.event, "_id", id)
	x.moment("sell", "_from", saleFrom)
	x.moment("sell", "_to", saleTo)
	x.text("sold_out", strconv.FormatBool(soldOut))
	x.raw(">")
}

func (x *xmlWriter) endEvent() { x.raw("\n      </", x.words.event, ">") }

func (x *xmlWriter) zone(z zone, sector string) {
	x.raw("\n        <zone")
	x.number("zone", "_id", z.id)
	x.number("capacity", "", z.capacity)
	x.raw(` price="`)
	x.cents(z.cents)
	x.raw(`" name="`)
	x.buf = appendEscaped(x.buf, z.name)
	if z.sector != 0 {
		x.raw(", ", sector, " ")
		x.buf = strconv.AppendInt(x.buf, z.sector, 10)
	}
	x.raw(`"`)
	x.text("numbered", strconv.FormatBool(z.numbered))
	x.raw("/>")
	if len(x.buf) >= flushAt {
		x.flush()
	}
}

// The names of attributes come in two parts, so that nothing is put together for each event.

func (x *xmlWriter) moment(name, rest string, t time.Time) {
	x.raw(" ", name, rest, `="`)
	x.buf = t.AppendFormat(x.buf, "2006-01-02T15:04:05")
	x.raw(`"`)
}

func (x *xmlWriter) number(name, rest string, n int64) {
	x.raw(" ", name, rest, `="`)
	x.buf = strconv.AppendInt(x.buf, n, 10)
	x.raw(`"`)
}

func (x *xmlWriter) text(name, value string) {
	x.raw(" ", name, `="`)
	x.buf = appendEscaped(x.buf, value)
	x.raw(`"`)
}

func (x *xmlWriter) cents(n int64) {
	x.buf = strconv.AppendInt(x.buf, n/100, 10)
	x.buf = append(x.buf, '.', byte('0'+n/10%10), byte('0'+n%10))
}

func (x *xmlWriter) raw(parts ...string) {
	for _, p := range parts {
		x.buf = append(x.buf, p...)
	}
}

// appendEscaped leaves out nothing, so it must not be given what XML cannot hold, such as control characters.
func appendEscaped[T string | []byte](out []byte, s T) []byte {
	for i := range len(s) {
		switch c := s[i]; c {
		case '&':
			out = append(out, "&amp;"...)
		case '<':
			out = append(out, "&lt;"...)
		case '>':
			out = append(out, "&gt;"...)
		case '"':
			out = append(out, "&quot;"...)
		default:
			out = append(out, c)
		}
	}
	return out
}

func (x *xmlWriter) flush() {
	if x.err == nil {
		n, err := x.out.Write(x.buf)
		x.written, x.err = x.written+int64(n), err
	}
	x.buf = x.buf[:0]
}
