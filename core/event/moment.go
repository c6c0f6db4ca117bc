package event

import (
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

// AppendDate appends the local date, like 2021-06-30. It writes digits itself, because every event of every
// answer comes through here and a general formatter takes three times as long.
func (m Moment) AppendDate(b []byte) []byte {
	year, month, day := m.wall().Date()
	if year < 0 || year > 9999 { // a text's own offset can lead out of the calendar that its digits are for
		return m.wall().AppendFormat(b, time.DateOnly)
	}
	return append(b, digit(year/1000), digit(year/100%10), digit(year/10%10), digit(year%10), '-',
		digit(int(month)/10), digit(int(month)%10), '-', digit(day/10), digit(day%10))
}

// AppendClock appends the local time of day, like 21:00:00.
func (m Moment) AppendClock(b []byte) []byte {
	hour, minute, second := m.wall().Clock()
	return append(b, digit(hour/10), digit(hour%10), ':', digit(minute/10), digit(minute%10), ':', digit(second/10), digit(second%10))
}

// wall is the wall clock as if it were UTC.
func (m Moment) wall() time.Time { return time.Unix(m.unix+int64(m.offset), 0).UTC() }

func digit(n int) byte { return "0123456789"[n] }

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
