package event_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

func TestWithin(t *testing.T) {
	at := func(clock string) time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, "2021-06-30T"+clock+"Z")
		require.NoError(t, err)
		return parsed
	}
	moment := func(clock string) event.Moment { return event.MomentAt(at(clock).Unix(), 7200) }
	from := func(clock string) event.Bound { return event.NotBefore(at(clock)) }
	to := func(clock string) event.Bound { return event.NotAfter(at(clock)) }

	tests := map[string]struct {
		r      event.TimeRange
		within bool // an event from 19:00:00 to 20:00:00
	}{
		"open on both sides":                    {event.TimeRange{}, true},
		"both bounds are included":              {event.TimeRange{From: from("19:00:00"), To: to("20:00:00")}, true},
		"begins a second early":                 {event.TimeRange{From: from("19:00:01")}, false},
		"begins a nanosecond early":             {event.TimeRange{From: from("19:00:00.000000001")}, false},
		"a bound just before it begins":         {event.TimeRange{From: from("18:59:59.999999999")}, true},
		"ends a second late":                    {event.TimeRange{To: to("19:59:59")}, false},
		"ends a nanosecond late":                {event.TimeRange{To: to("19:59:59.999999999")}, false},
		"a bound just after it ends":            {event.TimeRange{To: to("20:00:00.000000001")}, true},
		"from alone":                            {event.TimeRange{From: from("12:00:00")}, true},
		"to alone":                              {event.TimeRange{To: to("21:00:00")}, true},
		"it begins inside and ends outside":     {event.TimeRange{From: from("18:00:00"), To: to("19:30:00")}, false},
		"it begins outside and ends inside":     {event.TimeRange{From: from("19:30:00"), To: to("21:00:00")}, false},
		"it goes on all through":                {event.TimeRange{From: from("19:15:00"), To: to("19:30:00")}, false},
		"a range that is turned holds nothing":  {event.TimeRange{From: from("20:00:00"), To: to("19:00:00")}, false},
		"1970 is a bound and not an open range": {event.TimeRange{To: event.NotAfter(time.Unix(0, 0))}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.within, tt.r.Within(moment("19:00:00"), moment("20:00:00")))
		})
	}
}

// Events are to the second and bounds to the nanosecond; rounding must not move one across the other.
func TestRoundingABoundChangesNoAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bound := time.Unix(rapid.Int64Range(-3, 3).Draw(t, "seconds"), rapid.SampledFrom([]int64{0, 1, 500_000_000, 999_999_999}).Draw(t, "nanos"))
		at := time.Unix(rapid.Int64Range(-5, 5).Draw(t, "event"), 0)
		m := event.MomentAt(at.Unix(), 0)
		require.Equal(t, !at.Before(bound), event.TimeRange{From: event.NotBefore(bound)}.Within(m, m), "from")
		require.Equal(t, !at.After(bound), event.TimeRange{To: event.NotAfter(bound)}.Within(m, m), "to")
	})
}

func TestABoundTellsWhetherItIsThere(t *testing.T) {
	_, set := event.Bound{}.Unix()
	assert.False(t, set)
	unix, set := event.NotBefore(time.Unix(0, 0)).Unix()
	assert.True(t, set)
	assert.Zero(t, unix)
}
