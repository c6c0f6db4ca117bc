package catalogue_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

func TestNewRange(t *testing.T) {
	noon := time.Date(2021, 6, 30, 12, 0, 0, 0, time.UTC)
	later := noon.Add(time.Nanosecond)
	elsewhere := noon.In(time.FixedZone("", 7200))
	tests := map[string]struct {
		from, to *time.Time
		want     event.TimeRange
	}{
		"open":                  {nil, nil, event.TimeRange{}},
		"from alone":            {&noon, nil, event.TimeRange{From: event.NotBefore(noon)}},
		"to alone":              {nil, &noon, event.TimeRange{To: event.NotAfter(noon)}},
		"both":                  {&noon, &later, event.TimeRange{From: event.NotBefore(noon), To: event.NotAfter(later)}},
		"an instant":            {&noon, &noon, event.TimeRange{From: event.NotBefore(noon), To: event.NotAfter(noon)}},
		"the same, told abroad": {&noon, &elsewhere, event.TimeRange{From: event.NotBefore(noon), To: event.NotAfter(noon)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := catalogue.NewRange(tt.from, tt.to)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}

	t.Run("turned", func(t *testing.T) {
		_, err := catalogue.NewRange(&later, &noon)
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		assert.Equal(t, fault.Invalid, f.Kind)
		assert.Equal(t, "starts_at", f.Field)
		assert.Equal(t, "starts_at 2021-06-30T12:00:00.000000001Z is after ends_at 2021-06-30T12:00:00Z; swap them", f.Message)
	})
}

func TestAPageHoldsAtLeastOneEvent(t *testing.T) {
	for _, limit := range []int{-1, 0} {
		err := catalogue.Query{Limit: limit}.Validate()
		var f *fault.Error
		if assert.ErrorAs(t, err, &f, "limit %d", limit) {
			assert.Equal(t, fault.Invalid, f.Kind)
			assert.Equal(t, "limit", f.Field)
		}
	}
	assert.NoError(t, catalogue.Query{Limit: 1}.Validate())
}
