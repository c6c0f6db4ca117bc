package event

import (
	"time"
)

// Bound is one side of a TimeRange, in whole seconds as all events are; the zero value is open.
type Bound struct {
	unix int64
	set  bool
}

// NotBefore is the bound that an instant must not precede.
func NotBefore(t time.Time) Bound {
	if t.Nanosecond() > 0 {
		return Bound{unix: t.Unix() + 1, set: true}
	}
	return Bound{unix: t.Unix(), set: true}
}

// NotAfter is the bound that an instant must not exceed.
func NotAfter(t time.Time) Bound { return Bound{unix: t.Unix(), set: true} }

// Unix is the bound in seconds since the epoch, and whether there is one.
func (b Bound) Unix() (int64, bool) { return b.unix, b.set }

// TimeRange is a stretch of time with both bounds included; either may be open. A range whose From is
// later than its To holds nothing.
type TimeRange struct{ From, To Bound }

// Within reports whether what lasts from start to end lies inside the range.
func (r TimeRange) Within(start, end Moment) bool {
	return (!r.From.set || start.unix >= r.From.unix) && (!r.To.set || end.unix <= r.To.unix)
}

// Overlaps reports whether what lasts from start to end has a moment in common with the range.
func (r TimeRange) Overlaps(start, end Moment) bool {
	return (!r.From.set || end.unix >= r.From.unix) && (!r.To.set || start.unix <= r.To.unix) && !r.inverted()
}

func (r TimeRange) inverted() bool { return r.From.set && r.To.set && r.From.unix > r.To.unix }

// During is the range that something fills which lasts from start to end.
func During(start, end Moment) TimeRange {
	return TimeRange{From: Bound{unix: start.unix, set: true}, To: Bound{unix: end.unix, set: true}}
}
