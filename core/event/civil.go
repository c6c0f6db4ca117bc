package event

import (
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

// Codes of the two ways in which a text fails to be a time.
const (
	CodeNoDateTime = "no_date_time"   // it does not read as a date-time
	CodeNoSuchTime = "does_not_exist" // it reads as one, but no calendar or clock has it
)

// civil is a date-time as it is written: it exists, but may lack an offset from UTC.
type civil struct {
	wall      int64 // the wall clock in seconds, as if it were UTC
	nanos     int64
	offset    int64 // seconds east of UTC
	hasOffset bool
}

func (c civil) unix() int64 { return c.wall - c.offset }

// readCivil reads RFC 3339 with what feeds and clients do to it: a blank instead of T, no seconds, no
// offset, and a blank where a plus sign was decoded. A date that does not exist never rolls over to
// another day.
func readCivil(s string) (civil, error) {
	r := reader{text: s}
	year, month, day := r.number(4), r.after("-"), r.after("-")
	hour, minute := r.after("Tt "), r.after(":")
	var c civil
	second := 0
	if r.next(":") {
		second = r.number(2)
		if r.next(".") {
			c.nanos = r.fraction()
		}
	}
	switch {
	case r.done():
	case r.next("Zz"):
		c.hasOffset = true
	case r.peek("+- "):
		east := !r.next("-") && r.next("+ ")
		hours, minutes := r.number(2), r.after(":")
		if hours > 23 || minutes > 59 {
			r.bad = true
		}
		c.offset, c.hasOffset = int64(hours)*3600+int64(minutes)*60, true
		if !east {
			c.offset = -c.offset
		}
	}
	if r.bad || !r.done() {
		return civil{}, &fault.Error{Kind: fault.Invalid, Code: CodeNoDateTime, Message: quote(s) + " is no date-time; one looks like 2021-06-30T21:00:00"}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Year() != year || t.Month() != time.Month(month) || t.Day() != day || t.Hour() != hour || t.Minute() != minute || t.Second() != second {
		return civil{}, &fault.Error{Kind: fault.Invalid, Code: CodeNoSuchTime, Message: quote(s) + " does not exist"}
	}
	c.wall = t.Unix()
	return c, nil
}

// ParseInstant reads a bound of a query: RFC 3339 with an offset or Z. A blank where a plus was decoded
// is accepted, and a date-time without an offset is UTC. The error is fault.Invalid with one of the
// codes of this file.
func ParseInstant(s string) (time.Time, error) {
	c, err := readCivil(s)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(c.unix(), c.nanos).UTC(), nil
}

// reader walks over a text; after the first thing that does not fit it is bad and stays so.
type reader struct {
	text string
	at   int
	bad  bool
}

func (r *reader) done() bool { return r.at == len(r.text) }

func (r *reader) peek(set string) bool {
	if r.done() {
		return false
	}
	for i := range len(set) {
		if r.text[r.at] == set[i] {
			return true
		}
	}
	return false
}

func (r *reader) next(set string) bool {
	if !r.peek(set) {
		return false
	}
	r.at++
	return true
}

func (r *reader) number(width int) int {
	n := 0
	for range width {
		if !r.peek("0123456789") {
			r.bad = true
			return 0
		}
		n = n*10 + int(r.text[r.at]-'0')
		r.at++
	}
	return n
}

// after reads two digits behind a separator.
func (r *reader) after(separators string) int {
	if !r.next(separators) {
		r.bad = true
	}
	return r.number(2)
}

// fraction reads decimals of a second; what is finer than a nanosecond is cut.
func (r *reader) fraction() int64 {
	nanos, digits := int64(0), 0
	for r.peek("0123456789") {
		if digits < 9 {
			nanos = nanos*10 + int64(r.text[r.at]-'0')
			digits++
		}
		r.at++
	}
	if digits == 0 {
		r.bad = true
	}
	for ; digits < 9; digits++ {
		nanos *= 10
	}
	return nanos
}
