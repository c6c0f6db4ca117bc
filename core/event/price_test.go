package event_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

func TestPricesAreExact(t *testing.T) {
	tests := []struct {
		text  string
		want  event.Price // in ten-thousandths
		shown string
	}{
		{"20", 20_0000, "20"},
		{"20.00", 20_0000, "20"},
		{"19.90", 19_9000, "19.9"},
		{"0", 0, "0"},
		{"0.00", 0, "0"},
		{"0.1", 1000, "0.1"},
		{"0.0001", 1, "0.0001"},
		{"12.3456", 12_3456, "12.3456"},
		{"12.34560000000", 12_3456, "12.3456"},
		{"65.0500", 65_0500, "65.05"},
		{"0020.5", 20_5000, "20.5"},
		{"000000000000000000000000000000", 0, "0"},
		{"999999999.9999", 999_999_999_9999, "999999999.9999"},
		{"1000000000", event.MaxPrice, "1000000000"},
		{"1000000000.0000", event.MaxPrice, "1000000000"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := event.ParsePrice(tt.text)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.shown, got.String())
		})
	}
}

func TestWhatIsNoPrice(t *testing.T) {
	const noPrice, decimals, large = "is no price", "more than 4 decimals", "more than the largest price, 1000000000"
	tests := []struct{ text, says string }{
		{"", noPrice}, {".", noPrice}, {"1.", noPrice}, {".5", noPrice}, {"1..5", noPrice}, {"1.2.3", noPrice},
		{"abc", noPrice}, {"20€", noPrice}, {"1e3", noPrice}, {"0x10", noPrice}, {"NaN", noPrice}, {"Inf", noPrice},
		{"-1", noPrice}, {"-0", noPrice}, {"+1", noPrice}, {"1.-5", noPrice},
		{" 1", noPrice}, {"1 ", noPrice}, {"1,5", noPrice}, {"1,000", noPrice}, {"1_000", noPrice}, {"٣", noPrice},
		{"12.34567", decimals}, {"0.00001", decimals},
		{"1000000000.0001", large}, {"1000000001", large}, {"9223372036854775807", large}, {"922337203685477.5808", large},
		{"1" + strings.Repeat("0", 5000), large},
	}
	for _, tt := range tests {
		t.Run(tt.text[:min(len(tt.text), 30)], func(t *testing.T) {
			_, err := event.ParsePrice(tt.text)
			require.Error(t, err)
			assert.Equal(t, fault.Invalid, fault.KindOf(err))
			assert.Contains(t, err.Error(), tt.says)
			assert.Less(t, len(err.Error()), 300)
		})
	}
}

func TestAPriceReadsAsItPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := event.Price(rapid.Int64Range(0, int64(event.MaxPrice)).Draw(t, "price"))
		text := p.String()
		got, err := event.ParsePrice(text)
		require.NoError(t, err)
		require.Equal(t, p, got)
		require.True(t, json.Valid([]byte(text)), "%s is no JSON", text)
		if strings.Contains(text, ".") {
			require.False(t, strings.HasSuffix(text, "0"), "%s is not the shortest", text)
		}
		require.Equal(t, "min="+text, string(p.Append([]byte("min="))))
	})
}

func TestTheSpanOfPrices(t *testing.T) {
	zone := func(capacity int64, price event.Price) event.Zone {
		return event.Zone{Capacity: capacity, Price: price}
	}
	span := func(lowest, highest event.Price) event.PriceRange {
		return event.PriceRange{Min: lowest, Max: highest, Known: true}
	}
	tests := map[string]struct {
		zones    []event.Zone
		prices   event.PriceRange
		capacity int64
	}{
		"without zones nobody knows":           {nil, event.PriceRange{}, 0},
		"one zone":                             {[]event.Zone{zone(3, 20)}, span(20, 20), 3},
		"in any order":                         {[]event.Zone{zone(1, 20), zone(1, 15), zone(1, 30)}, span(15, 30), 3},
		"a sold-out zone has no price to pay":  {[]event.Zone{zone(0, 1), zone(1, 20), zone(0, 99), zone(2, 30)}, span(20, 30), 3},
		"a sold-out event keeps its prices":    {[]event.Zone{zone(0, 20), zone(0, 15)}, span(15, 20), 0},
		"free is a price":                      {[]event.Zone{zone(5, 0)}, span(0, 0), 5},
		"free and not free":                    {[]event.Zone{zone(5, 10), zone(5, 0)}, span(0, 10), 10},
		"one id twice, at different prices":    {[]event.Zone{{ID: "186", Capacity: 2, Price: 75}, {ID: "186", Capacity: 14, Price: 65}}, span(65, 75), 16},
		"sold out next to free, which is left": {[]event.Zone{zone(0, 10), zone(1, 0)}, span(0, 0), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.prices, event.Prices(tt.zones))
			assert.Equal(t, tt.capacity, event.Capacity(tt.zones))
		})
	}
}
