package search

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

// interval is when something takes place, in a form that a test can look into.
type interval struct{ start, end event.Moment }

func (i interval) during() event.TimeRange { return event.During(i.start, i.end) }

// moments are mostly near each other, so that ranges and changes meet, and near midnight, where days do.
func moments() *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		day := rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(-200, 200), rapid.Int64Range(-719_528, 2_932_896)).Draw(t, "day")
		return day*secondsPerDay + rapid.SampledFrom([]int64{0, 1, secondsPerDay / 2, secondsPerDay - 1}).Draw(t, "second")
	})
}

func intervals() *rapid.Generator[interval] {
	return rapid.Custom(func(t *rapid.T) interval {
		start := moments().Draw(t, "start")
		end := start + rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 3*secondsPerDay), rapid.Int64Range(-secondsPerDay, 400*secondsPerDay)).Draw(t, "length")
		i := interval{event.MomentAt(start, 0), event.MomentAt(end, 0)}
		if rapid.IntRange(0, 19).Draw(t, "endless") == 0 {
			i.end = event.Moment{}
		}
		return i
	})
}

func ranges() *rapid.Generator[event.TimeRange] {
	return rapid.Custom(func(t *rapid.T) event.TimeRange {
		var r event.TimeRange
		if rapid.IntRange(0, 3).Draw(t, "open start") > 0 {
			r.From = event.NotBefore(time.Unix(moments().Draw(t, "from"), 0))
		}
		if rapid.IntRange(0, 3).Draw(t, "open end") > 0 {
			r.To = event.NotAfter(time.Unix(moments().Draw(t, "to"), 0))
		}
		return r
	})
}

// Whatever changes, a range is never called untouched when something moved into it, out of it or inside of it since.
func TestNoChangeIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		begun := rapid.Int64Range(0, 1<<40).Draw(t, "begun")
		d := newDays(begun, rapid.SampledFrom([]int{1, 2, 3, maxBlocks}).Draw(t, "blocks"))
		var now, was []interval // of the changes, from begun+1 on
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			now = append(now, intervals().Draw(t, "now"))
			was = append(was, rapid.OneOf(rapid.Just(now[len(now)-1]), intervals()).Draw(t, "was"))
			d.mark(now[len(now)-1].during(), begun+int64(len(now)))
			d.mark(was[len(was)-1].during(), begun+int64(len(now)))
		}
		for range 20 {
			r := ranges().Draw(t, "range")
			since := begun + rapid.Int64Range(-2, int64(len(now))+2).Draw(t, "since")
			touched := since < begun
			for i := max(since-begun, 0); i < int64(len(now)); i++ {
				touched = touched || r.Within(now[i].start, now[i].end) || r.Within(was[i].start, was[i].end)
			}
			if touched && !d.touched(r, since) {
				t.Fatalf("since %d of %d..%d the range %v is touched, and called current", since, begun, begun+int64(len(now)), r)
			}
			if since >= begun+int64(len(now)) && d.touched(r, since) {
				t.Fatal("what nothing came after is not current")
			}
		}
		if len(d.blocks) > d.most || len(d.newest) != len(d.blocks) || len(d.numbers) != len(d.blocks) {
			t.Fatalf("%d blocks, %d maxima, %d numbers", len(d.blocks), len(d.newest), len(d.numbers))
		}
	})
}

func span(from, to string) event.TimeRange {
	var r event.TimeRange
	if from != "" {
		r.From = event.NotBefore(day(from))
	}
	if to != "" {
		r.To = event.NotAfter(day(to).Add(24*time.Hour - time.Second))
	}
	return r
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestADayTouchesNoOther(t *testing.T) {
	d := newDays(100, maxBlocks)
	d.mark(span("2026-11-23", "2026-11-23"), 101)
	d.mark(span("2026-12-01", "2027-05-31"), 102)
	for _, tt := range []struct {
		from, to string
		since    int64
		touched  bool
	}{
		{"2026-11-23", "2026-11-23", 100, true},
		{"2026-11-23", "2026-11-23", 101, false},
		{"2026-11-22", "2026-11-22", 100, false},
		{"2026-11-24", "2026-11-30", 100, false},
		{"2026-11-01", "2026-11-30", 100, true},
		{"2026-12-02", "2027-05-31", 100, false}, // the festival begins before
		{"2026-12-01", "2027-05-31", 101, true},
		{"2026-12-01", "", 101, true},
		{"2026-12-02", "", 100, false},
		{"", "2026-11-22", 100, false},
		{"", "2026-11-23", 100, true},
		{"", "2026-11-30", 101, false},
		{"", "", 101, true},
		{"", "", 102, false},
		{"1000-01-01", "1999-12-31", 100, false},
		{"1000-01-01", "1999-12-31", 99, true}, // what was before is not known
	} {
		assert.Equal(t, tt.touched, d.touched(span(tt.from, tt.to), tt.since), "%s..%s since %d", tt.from, tt.to, tt.since)
	}
}

// A feed with a date in every block of the calendar costs some of what is current, and no more memory.
func TestWhateverDatesThereAre(t *testing.T) {
	d := newDays(0, maxBlocks)
	change := int64(0)
	for block := int64(-11_000); block < 45_000; block++ {
		change++
		start := event.MomentAt(block*daysPerBlock*secondsPerDay, 0)
		d.mark(event.During(start, start), change)
		assert.LessOrEqual(t, len(d.blocks), maxBlocks)
	}
	assert.LessOrEqual(t, cap(d.blocks), 2*maxBlocks)
	assert.True(t, d.touched(span("2026-11-23", "2026-11-23"), change-maxBlocks-1), "it is forgotten what was touched")
	assert.False(t, d.touched(span("2026-11-23", "2026-11-23"), change-maxBlocks/4))
}

func BenchmarkMark(b *testing.B) {
	d := newDays(0, maxBlocks)
	marks := programme(1 << 14)
	b.ResetTimer()
	for n := range b.N {
		d.mark(marks[n%len(marks)], int64(n))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "marks/s")
}

func BenchmarkTouched(b *testing.B) {
	d := newDays(0, maxBlocks)
	const changes = 1 << 20
	for n, when := range programme(changes) {
		d.mark(when, int64(n))
	}
	for _, bb := range []struct {
		name string
		r    event.TimeRange
	}{
		{"day", span("2026-11-23", "2026-11-23")}, {"month", span("2026-11-01", "2026-11-30")}, {"year", span("2026-01-01", "2026-12-31")},
		{"from now on", span("2026-11-23", "")}, {"open", event.TimeRange{}},
		{"a century of nothing", span("1800-01-01", "1899-12-31")},
	} {
		b.Run(bb.name, func(b *testing.B) {
			since := int64(changes - 2) // one change came after, so all of it has to be looked at
			for b.Loop() {
				d.touched(bb.r, since)
			}
		})
	}
}

// programme is when so many events of three years take place.
func programme(events int) []event.TimeRange {
	random := rand.New(rand.NewPCG(1, 1))
	all := make([]event.TimeRange, events)
	for i := range all {
		start := day("2025-06-01").Unix() + random.Int64N(3*365*secondsPerDay)
		all[i] = event.During(event.MomentAt(start, 0), event.MomentAt(start+7200, 0))
	}
	return all
}
