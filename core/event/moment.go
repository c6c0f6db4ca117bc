package event

import (
	"math"
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

// Moment is a point in time as a provider tells it: the wall clock where the event takes place, and the
// instant that it stands for, both to the second. The zero value is an unknown time.
type Moment struct {
	unix   int64
	offset int32
	known  bool
}

// MomentAt is the instant, in seconds since the Unix epoch, with its wall clock's offset east of UTC in seconds.
func MomentAt(unix int64, offset int32) Moment {
	return Moment{unix: unix, offset: offset, known: true}
}

// Known reports whether there is a time at all.
func (m Moment) Known() bool { return m.known }

// Unix is the instant in seconds since the epoch.
func (m Moment) Unix() int64 { return m.unix }

// Offset is how far the wall clock is ahead of UTC, in seconds.
func (m Moment) Offset() int32 { return m.offset }

// Time is the instant, shown by the wall clock that the provider named.
func (m Moment) Time() time.Time {
	if m.offset == 0 {
		return time.Unix(m.unix, 0).UTC()
	}
	return time.Unix(m.unix, 0).In(time.FixedZone("", int(m.offset)))
}

// String is RFC 3339 with the offset, or empty for an unknown time.
func (m Moment) String() string {
	if !m.known {
		return ""
	}
	return m.Time().Format(time.RFC3339)
}

// AppendDate appends the local date, like 2021-06-30. It counts the days itself, because every event of every
// answer comes through here several times and going by time.Time takes twice as long.
func (m Moment) AppendDate(b []byte) []byte {
	seconds := m.unix + int64(m.offset) - calendarStart
	if seconds < 0 || seconds >= calendarSeconds { // a text's own offset can lead out of the calendar that its digits are for
		return m.wall().AppendFormat(b, time.DateOnly)
	}
	year, month, day := dateOf(seconds / daySeconds)
	b = append(b, "0000-00-00"...)
	text := b[len(b)-10:]
	twoDigits(text[0:], year/100)
	twoDigits(text[2:], year%100)
	twoDigits(text[5:], month)
	twoDigits(text[8:], day)
	return b
}

// AppendClock appends the local time of day, like 21:00:00.
func (m Moment) AppendClock(b []byte) []byte {
	second := (m.unix + int64(m.offset)) % daySeconds
	if second < 0 {
		second += daySeconds
	}
	b = append(b, "00:00:00"...)
	text := b[len(b)-8:]
	twoDigits(text[0:], second/3600)
	twoDigits(text[3:], second/60%60)
	twoDigits(text[6:], second%60)
	return b
}

const (
	daySeconds      = 24 * 60 * 60
	calendarStart   = -62_167_219_200                  // the year 0000 begins, by the wall clock
	calendarSeconds = 25 * daysOf400Years * daySeconds // until the year 10000
	daysOf400Years  = 400*365 + 97
)

// dateOf is the date so many days after the first of January of the year 0000, which is in the calendar. This is the
// algorithm of Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms" (2023),
// which the standard library has as well, but only behind a time.Time. It counts years from March, and starts 400 years early
// to have no negative ones.
func dateOf(days int64) (year, month, day int64) {
	const fromMarch = daysOf400Years - (31 + 29)
	n := 4*(days+fromMarch) + 3
	century, ofCentury := n/daysOf400Years, n%daysOf400Years|3
	p := 2939745 * ofCentury
	year, ofYear := 100*century+p>>32, p&math.MaxUint32/2939745/4
	n = 2141*ofYear + 197913
	year, month, day = year-400, n>>16, n&0xffff/2141+1
	if month > 12 {
		return year + 1, month - 12, day
	}
	return year, month, day
}

// wall is the wall clock as if it were UTC.
func (m Moment) wall() time.Time { return time.Unix(m.unix+int64(m.offset), 0).UTC() }

// twoDigits writes a number below 100.
func twoDigits(to []byte, n int64) { *(*[2]byte)(to) = pairs[n] }

// pairs are the digits of the numbers below 100.
var pairs = func() (p [100][2]byte) {
	for n := range p {
		p[n] = [2]byte{'0' + byte(n/10), '0' + byte(n%10)}
	}
	return p
}()

// ParseMoment reads a local date-time of loc. One that the clock skipped takes the offset before the gap;
// one that occurs twice is the earlier. A text that has an offset of its own is the instant that it
// names. Fractions of a second are cut. The error is fault.Invalid with CodeNoDateTime or CodeNoSuchTime.
func ParseMoment(s string, loc *time.Location) (Moment, error) {
	c, err := readCivil(s)
	if err != nil {
		return Moment{}, err
	}
	earlier, _ := c.in(loc)
	return earlier, earlier.inCalendar(s)
}

// ParseEnd reads the end of what begins at start. It differs from ParseMoment for a local time that occurs
// twice: it is the later one where the earlier would precede the start. An end before the start
// is fault.Invalid with CodeEndsBeforeStart; an end equal to it is fine.
func ParseEnd(s string, loc *time.Location, start Moment) (Moment, error) {
	c, err := readCivil(s)
	if err != nil {
		return Moment{}, err
	}
	earlier, later := c.in(loc)
	for _, end := range [...]Moment{earlier, later} {
		if end.unix >= start.unix {
			return end, end.inCalendar(s)
		}
	}
	return Moment{}, &fault.Error{Kind: fault.Invalid, Code: CodeEndsBeforeStart, Message: "it ends at " + earlier.String() + ", before it starts at " + start.String()}
}

// inCalendar refuses a time whose date or whose date in UTC has no four-digit year, which RFC 3339 cannot write.
func (m Moment) inCalendar(s string) error {
	for _, t := range [...]time.Time{m.wall(), time.Unix(m.unix, 0).UTC()} {
		if t.Year() < 0 || t.Year() > 9999 {
			return &fault.Error{Kind: fault.Invalid, Code: CodeNoSuchTime, Message: quote(s) + " is outside of the years 0000 to 9999"}
		}
	}
	return nil
}

// CodeEndsBeforeStart is the code of an end that precedes its start.
const CodeEndsBeforeStart = "ends_before_start"

// No clock on Earth was ever further from UTC than this; the widest in the zone database is 15:56 (Manila, 1844).
const farthestOffset = 16 * time.Hour

// in resolves the wall clock in loc. Both results are equal unless the time occurs twice.
//
// It walks the stretches of constant offset around the wall clock. time.Date would be shorter, but
// does not promise which offset it takes when the clock is changed.
func (c civil) in(loc *time.Location) (earlier, later Moment) {
	if c.hasOffset {
		_, offset := time.Unix(c.unix(), 0).In(loc).Zone()
		m := MomentAt(c.unix(), int32(offset)) //nolint:gosec // bounded by farthestOffset
		return m, m
	}
	wall := time.Unix(c.wall, 0)
	stretch := wall.Add(-farthestOffset).In(loc)
	for range maxStretches {
		_, seconds := stretch.Zone()
		_, end := stretch.ZoneBounds()
		m := MomentAt(c.wall-int64(seconds), int32(seconds)) //nolint:gosec // bounded by farthestOffset
		last := end.IsZero() || end.Sub(wall) > farthestOffset

		_, there := time.Unix(m.unix, 0).In(loc).Zone()
		switch occurs := there == seconds; {
		case occurs && !earlier.known:
			earlier, later = m, m
		case occurs && m.unix > earlier.unix:
			later = m
		case !occurs && !earlier.known && !last && !shows(end, c.wall):
			// The clock jumped over it between this stretch and the next.
			return m, m
		}
		if last {
			break
		}
		if !end.After(stretch) {
			// On the last day of a leap year for which the zone has a rule and no table, the standard
			// library says that the stretch ended before that day.
			end = stretch.Add(time.Hour)
		}
		stretch = end.In(loc)
	}
	return earlier, later
}

// maxStretches bounds the walk: one for every hour of the window that is looked at, and some for clocks that were
// changed within it.
const maxStretches = 64

// shows reports whether the stretch that begins at start comes late enough to show the wall clock.
func shows(start time.Time, wall int64) bool {
	_, seconds := start.Zone()
	return wall-int64(seconds) >= start.Unix()
}
