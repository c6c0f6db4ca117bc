package event_test

import (
	"bytes"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the test needs the same zones everywhere

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func TestLocalTimes(t *testing.T) {
	tests := map[string]struct{ zone, text, want string }{
		"winter in Madrid":                        {"Europe/Madrid", "2026-01-15T21:00:00", "2026-01-15T21:00:00+01:00"},
		"summer in Madrid":                        {"Europe/Madrid", "2021-06-30T21:00:00", "2021-06-30T21:00:00+02:00"},
		"the last second before the gap, 2026":    {"Europe/Madrid", "2026-03-29T01:59:59", "2026-03-29T01:59:59+01:00"},
		"the first second of the gap, 2026":       {"Europe/Madrid", "2026-03-29T02:00:00", "2026-03-29T02:00:00+01:00"},
		"in the gap, 2026":                        {"Europe/Madrid", "2026-03-29T02:30:00", "2026-03-29T02:30:00+01:00"},
		"the last second of the gap, 2026":        {"Europe/Madrid", "2026-03-29T02:59:59", "2026-03-29T02:59:59+01:00"},
		"the first second after the gap, 2026":    {"Europe/Madrid", "2026-03-29T03:00:00", "2026-03-29T03:00:00+02:00"},
		"before the double hour, 2026":            {"Europe/Madrid", "2026-10-25T01:59:59", "2026-10-25T01:59:59+02:00"},
		"the first of the double hour, 2026":      {"Europe/Madrid", "2026-10-25T02:00:00", "2026-10-25T02:00:00+02:00"},
		"in the double hour, 2026":                {"Europe/Madrid", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"},
		"the last of the double hour, 2026":       {"Europe/Madrid", "2026-10-25T02:59:59", "2026-10-25T02:59:59+02:00"},
		"after the double hour, 2026":             {"Europe/Madrid", "2026-10-25T03:00:00", "2026-10-25T03:00:00+01:00"},
		"in the gap, 2027":                        {"Europe/Madrid", "2027-03-28T02:30:00", "2027-03-28T02:30:00+01:00"},
		"in the double hour, 2027":                {"Europe/Madrid", "2027-10-31T02:30:00", "2027-10-31T02:30:00+02:00"},
		"far in the future, by the rule":          {"Europe/Madrid", "2150-07-01T12:00:00", "2150-07-01T12:00:00+02:00"},
		"the eve of a leap year's end, by it":     {"Europe/Madrid", "2060-12-30T22:00:00", "2060-12-30T22:00:00+01:00"},
		"the last day of a leap year, by it":      {"America/New_York", "2040-12-31T23:59:59", "2040-12-31T23:59:59-05:00"},
		"the same, where it is summer":            {"Australia/Sydney", "2096-12-31T12:00:00", "2096-12-31T12:00:00+11:00"},
		"a change by half an hour, skipped":       {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-04T02:15:00+10:30"},
		"a change by half an hour, over":          {"Australia/Lord_Howe", "2026-10-04T02:30:00", "2026-10-04T02:30:00+11:00"},
		"a change by half an hour, twice":         {"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-05T01:45:00+11:00"},
		"the day that Samoa never had":            {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T12:00:00-10:00"},
		"the last second before that day":         {"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-29T23:59:59-10:00"},
		"the first second after that day":         {"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-31T00:00:00+14:00"},
		"the day that Kwajalein never had":        {"Pacific/Kwajalein", "1993-08-21T12:00:00", "1993-08-21T12:00:00-12:00"},
		"UTC never changes":                       {"UTC", "2026-03-29T02:30:00", "2026-03-29T02:30:00Z"},
		"a leap day":                              {"UTC", "2024-02-29T00:00:00", "2024-02-29T00:00:00Z"},
		"a text with an offset is an instant":     {"Europe/Madrid", "2021-06-30T21:00:00+02:00", "2021-06-30T21:00:00+02:00"},
		"an offset from elsewhere is translated":  {"Europe/Madrid", "2021-06-30T21:00:00-05:00", "2021-07-01T04:00:00+02:00"},
		"Z is translated":                         {"Europe/Madrid", "2021-06-30T21:00:00Z", "2021-06-30T23:00:00+02:00"},
		"an offset tells the double hours apart":  {"Europe/Madrid", "2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"},
		"a fraction is cut":                       {"Europe/Madrid", "2021-06-30T21:00:59.999999999", "2021-06-30T21:00:59+02:00"},
		"a blank instead of T":                    {"Europe/Madrid", "2021-06-30 21:00:00", "2021-06-30T21:00:00+02:00"},
		"a small t":                               {"Europe/Madrid", "2021-06-30t21:00:00", "2021-06-30T21:00:00+02:00"},
		"no seconds":                              {"Europe/Madrid", "2021-06-30T21:00", "2021-06-30T21:00:00+02:00"},
		"no seconds and a blank":                  {"Europe/Madrid", "2021-06-30 21:00", "2021-06-30T21:00:00+02:00"},
		"no seconds, with an offset":              {"Europe/Madrid", "2021-06-30T21:00+02:00", "2021-06-30T21:00:00+02:00"},
		"midnight":                                {"Europe/Madrid", "2021-06-30T00:00:00", "2021-06-30T00:00:00+02:00"},
		"the last year that is written like this": {"UTC", "9999-12-31T23:59:59", "9999-12-31T23:59:59Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := event.ParseMoment(tt.text, zone(t, tt.zone))
			require.NoError(t, err)
			assert.True(t, got.Known())
			want, err := time.Parse(time.RFC3339, tt.want)
			require.NoError(t, err)
			assert.Equal(t, want.Unix(), got.Unix(), "%v is another instant", got)
			assert.Equal(t, tt.want, got.String())
			assert.Equal(t, tt.want[:10], string(got.AppendDate(nil)))
			assert.Equal(t, tt.want[11:19], string(got.AppendClock(nil)))
		})
	}
}

func TestTimesThatAreNone(t *testing.T) {
	tests := map[string]struct{ text, code string }{
		"31 September, from the real feed": {"2021-09-31T20:00:00", event.CodeNoSuchTime},
		"29 February of a common year":     {"2021-02-29T20:00:00", event.CodeNoSuchTime},
		"29 February 1900":                 {"1900-02-29T20:00:00", event.CodeNoSuchTime},
		"month 13":                         {"2021-13-01T20:00:00", event.CodeNoSuchTime},
		"month 0":                          {"2021-00-10T20:00:00", event.CodeNoSuchTime},
		"day 0":                            {"2021-01-00T20:00:00", event.CodeNoSuchTime},
		"hour 24":                          {"2021-06-30T24:00:00", event.CodeNoSuchTime},
		"minute 60":                        {"2021-06-30T20:60:00", event.CodeNoSuchTime},
		"second 60":                        {"2021-06-30T23:59:60", event.CodeNoSuchTime},
		"empty":                            {"", event.CodeNoDateTime},
		"a word":                           {"tomorrow", event.CodeNoDateTime},
		"a date alone":                     {"2021-06-30", event.CodeNoDateTime},
		"a clock alone":                    {"20:00:00", event.CodeNoDateTime},
		"an hour alone":                    {"2021-06-30T20", event.CodeNoDateTime},
		"day first":                        {"30-06-2021T20:00:00", event.CodeNoDateTime},
		"slashes":                          {"2021/06/30 20:00:00", event.CodeNoDateTime},
		"no leading zero":                  {"2021-6-30T20:00:00", event.CodeNoDateTime},
		"a year of five digits":            {"12021-06-30T20:00:00", event.CodeNoDateTime},
		"a blank before":                   {" 2021-06-30T20:00:00", event.CodeNoDateTime},
		"a blank after":                    {"2021-06-30T20:00:00 ", event.CodeNoDateTime},
		"something after":                  {"2021-06-30T20:00:00Zulu", event.CodeNoDateTime},
		"a point without a fraction":       {"2021-06-30T20:00:00.", event.CodeNoDateTime},
		"a fraction of a minute":           {"2021-06-30T20:00.5", event.CodeNoDateTime},
		"an offset without minutes":        {"2021-06-30T20:00:00+02", event.CodeNoDateTime},
		"an offset without a colon":        {"2021-06-30T20:00:00+0200", event.CodeNoDateTime},
		"an offset of a day":               {"2021-06-30T20:00:00+24:00", event.CodeNoDateTime},
		"an offset of 60 minutes":          {"2021-06-30T20:00:00+01:60", event.CodeNoDateTime},
		"two signs":                        {"2021-06-30T20:00:00+-2:00", event.CodeNoDateTime},
		"other digits":                     {"２０２１-06-30T20:00:00", event.CodeNoDateTime},
		"seconds since the epoch":          {"1625083200", event.CodeNoDateTime},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := event.ParseMoment(tt.text, zone(t, "Europe/Madrid"))
			assertCode(t, err, tt.code)
			_, err = event.ParseEnd(tt.text, zone(t, "Europe/Madrid"), event.MomentAt(0, 0))
			assertCode(t, err, tt.code)
			_, err = event.ParseInstant(tt.text)
			assertCode(t, err, tt.code)
		})
	}
}

func assertCode(t *testing.T, err error, want string) {
	t.Helper()
	var f *fault.Error
	if assert.ErrorAs(t, err, &f) {
		assert.Equal(t, fault.Invalid, f.Kind)
		assert.Equal(t, want, f.Code)
	}
}

func TestEnds(t *testing.T) {
	tests := map[string]struct{ start, end, want string }{
		"an hour later":                           {"2021-06-30T21:00:00", "2021-06-30T22:00:00", "2021-06-30T22:00:00+02:00"},
		"at once":                                 {"2021-06-30T21:00:00", "2021-06-30T21:00:00", "2021-06-30T21:00:00+02:00"},
		"through the gap":                         {"2026-03-29T01:30:00", "2026-03-29T03:30:00", "2026-03-29T03:30:00+02:00"},
		"through the double hour":                 {"2026-10-25T01:30:00", "2026-10-25T03:30:00", "2026-10-25T03:30:00+01:00"},
		"in the double hour: the earlier":         {"2026-10-25T01:30:00", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"},
		"both in it, in order: the earlier":       {"2026-10-25T02:15:00", "2026-10-25T02:45:00", "2026-10-25T02:45:00+02:00"},
		"both in it, the same: the earlier":       {"2026-10-25T02:30:00", "2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"},
		"both in it, out of order: the later":     {"2026-10-25T02:45:00", "2026-10-25T02:15:00", "2026-10-25T02:15:00+01:00"},
		"a start in the second hour: the later":   {"2026-10-25T02:10:00+01:00", "2026-10-25T02:45:00", "2026-10-25T02:45:00+01:00"},
		"the later would precede the start, too":  {"2026-10-25T03:30:00", "2026-10-25T02:45:00", ""},
		"a second before":                         {"2021-06-30T21:00:00", "2021-06-30T20:59:59", ""},
		"the day before":                          {"2021-06-30T21:00:00", "2021-06-29T22:00:00", ""},
		"with an offset, which may not be turned": {"2026-10-25T02:45:00", "2026-10-25T02:15:00+02:00", ""},
		// 02:30 that was skipped is 03:30 by the new clock, so 03:15 lies before it.
		"after a start that the clock skipped": {"2026-03-29T02:30:00", "2026-03-29T03:15:00", ""},
	}
	madrid := zone(t, "Europe/Madrid")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			start, err := event.ParseMoment(tt.start, madrid)
			require.NoError(t, err)
			end, err := event.ParseEnd(tt.end, madrid, start)
			if tt.want == "" {
				assertCode(t, err, event.CodeEndsBeforeStart)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, end.String())
			assert.GreaterOrEqual(t, end.Unix(), start.Unix())
		})
	}
}

// "For ever" is written like this, and Madrid is an hour ahead.
func TestAnOffsetMayLeadOutOfTheCalendar(t *testing.T) {
	_, err := event.ParseMoment("9999-12-31T23:59:59Z", zone(t, "Europe/Madrid"))
	assertCode(t, err, event.CodeNoSuchTime)
	start, err := event.ParseMoment("9999-12-31T23:59:59", zone(t, "Europe/Madrid"))
	require.NoError(t, err)
	_, err = event.ParseEnd("9999-12-31T23:59:59-01:00", zone(t, "Europe/Madrid"), start)
	assertCode(t, err, event.CodeNoSuchTime)
	_, err = event.ParseMoment("0000-01-01T00:00:00Z", zone(t, "America/New_York"))
	assertCode(t, err, event.CodeNoSuchTime)

	// What a store brings is written as it is.
	last := event.MomentAt(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix(), 3600)
	assert.Equal(t, "10000-01-01 00:59:59", string(last.AppendDate(nil))+" "+string(last.AppendClock(nil)))
}

func TestAnUnknownMoment(t *testing.T) {
	var m event.Moment
	assert.False(t, m.Known())
	assert.Empty(t, m.String())
	assert.Equal(t, event.Moment{}, m)
	assert.NotEqual(t, m, event.MomentAt(0, 0), "1970 is not unknown")
}

func TestAMomentIsAsItWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unix := rapid.OneOf(rapid.Int64Range(-5_000_000_000, 50_000_000_000), rapid.Int64Range(-100_000_000_000, 300_000_000_000)).Draw(t, "unix")
		offset := rapid.Int32Range(-16*3600, 16*3600).Draw(t, "offset")
		m := event.MomentAt(unix, offset)
		require.Equal(t, unix, m.Unix())
		require.Equal(t, offset, m.Offset())
		require.Equal(t, unix, m.Time().Unix())
		_, shown := m.Time().Zone()
		require.Equal(t, int(offset), shown)
		require.Equal(t, m.Time().Format("2006-01-02 15:04:05"), string(m.AppendDate(nil))+" "+string(m.AppendClock(nil)))
	})
}

// Every day that has digits, and those around them, by both ends of a day.
func TestTheWholeCalendar(t *testing.T) {
	first, last := time.Date(-1, 12, 30, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 3, 0, 0, 0, 0, time.UTC)
	var got, want []byte
	for day := first; day.Before(last); day = day.Add(24 * time.Hour) {
		for _, second := range [...]int64{0, 24*60*60 - 1} {
			at := day.Unix() + second
			m := event.MomentAt(at+3600, -3600)
			got = m.AppendClock(append(m.AppendDate(got[:0]), ' '))
			if want = time.Unix(at, 0).UTC().AppendFormat(want[:0], time.DateTime); !bytes.Equal(got, want) {
				t.Fatalf("%d is written %s, package time has %s", at, got, want)
			}
		}
	}
}

func TestMomentsOfAnyAgeAreWrittenAsPackageTimeDoes(t *testing.T) {
	const start, end = -62_167_219_200, 253_402_300_800 // of the years with four digits
	rapid.Check(t, func(t *rapid.T) {
		unix := rapid.OneOf(
			rapid.Int64Range(-1<<62, 1<<62), rapid.Int64Range(start, end),
			rapid.Int64Range(start-100_000, start+100_000), rapid.Int64Range(end-100_000, end+100_000),
		).Draw(t, "unix")
		m := event.MomentAt(unix, rapid.Int32().Draw(t, "offset"))
		wall := time.Unix(unix+int64(m.Offset()), 0).UTC()
		require.Equal(t, wall.Format("2006-01-02 15:04:05"), string(m.AppendDate(nil))+" "+string(m.AppendClock(nil)))
	})
}

// Zones with unusual histories: half hours, whole days, offsets with seconds, changes that overlap.
var zones = []string{
	"UTC", "Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein", "Asia/Manila",
	"America/Juneau", "Africa/Casablanca", "Europe/Dublin", "Asia/Kathmandu", "Africa/Monrovia", "Antarctica/Troll",
	"America/St_Johns", "Asia/Pyongyang", "Europe/Volgograd", "Asia/Gaza", "America/Caracas", "Pacific/Chatham", "Asia/Tehran",
}

// TestLocalTimesAgreeWithBruteForce looks for the wall clock among all instants that could show it.
func TestLocalTimesAgreeWithBruteForce(t *testing.T) {
	const layout = "2006-01-02T15:04:05"
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		require.NoError(t, err)
		wall := time.Unix(drawNearChange(t, loc), 0).UTC()

		var showing []int64
		for _, offset := range offsetsAround(wall.Unix(), loc) {
			at := wall.Unix() - offset
			if time.Unix(at, 0).In(loc).Format(layout) == wall.Format(layout) {
				showing = append(showing, at)
			}
		}
		slices.Sort(showing)
		showing = slices.Compact(showing)

		got, err := event.ParseMoment(wall.Format(layout), loc)
		require.NoError(t, err)
		require.True(t, got.Known())
		require.Equal(t, wall.Format(layout), string(got.AppendDate(nil))+"T"+string(got.AppendClock(nil)), "the wall clock is kept")
		if len(showing) == 0 {
			// Skipped. By the offset before the gap it comes after the change, by the one behind it before.
			start, _ := got.Time().In(loc).ZoneBounds()
			_, before := start.Add(-time.Second).Zone()
			require.Equal(t, int32(before), got.Offset(), "the offset before the gap")
			return
		}
		require.Equal(t, showing[0], got.Unix(), "the earliest instant that shows it")

		end, err := event.ParseEnd(wall.Format(layout), loc, event.MomentAt(showing[len(showing)-1], 0))
		require.NoError(t, err)
		require.Equal(t, showing[len(showing)-1], end.Unix(), "an end is the latest where it has to be")
	})
}

// drawNearChange draws a wall clock, mostly within a day of a change of the clock or of the year.
func drawNearChange(t *rapid.T, loc *time.Location) int64 {
	if rapid.IntRange(0, 3).Draw(t, "new year") == 0 {
		eve := time.Date(rapid.IntRange(1850, 2400).Draw(t, "year"), 12, 31, 0, 0, 0, 0, time.UTC)
		return eve.Unix() + rapid.Int64Range(-26*3600, 50*3600).Draw(t, "apart")
	}
	at := time.Unix(rapid.Int64Range(-4_000_000_000, 4_000_000_000).Draw(t, "about"), 0).In(loc)
	_, change := at.ZoneBounds()
	if change.IsZero() || rapid.IntRange(0, 2).Draw(t, "anywhere") == 0 {
		return at.Unix()
	}
	_, offset := change.Zone()
	return change.Unix() + int64(offset) + rapid.Int64Range(-26*3600, 26*3600).Draw(t, "apart")
}

// offsetsAround are all offsets that the zone has within two days, found minute by minute.
func offsetsAround(wall int64, loc *time.Location) []int64 {
	var offsets []int64
	for at := wall - 48*3600; at <= wall+48*3600; at += 60 {
		_, offset := time.Unix(at, 0).In(loc).Zone()
		if !slices.Contains(offsets, int64(offset)) {
			offsets = append(offsets, int64(offset))
		}
	}
	return offsets
}
