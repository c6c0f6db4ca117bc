package porttest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Searcher is what every ports.Searcher promises.
func Searcher(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s := newShop(t, store, "default")

	t.Run("an empty catalogue", func(t *testing.T) {
		page, err := store.Search(t.Context(), catalogue.Query{Limit: 10, WantTotal: true})
		require.NoError(t, err)
		assert.Empty(t, page.Events)
		assert.Zero(t, page.Total)
		assert.Zero(t, page.At)
	})

	s.apply(s.run(c.Now()), 0,
		record("late", lasting("2027-06-03T20:00:00", "2027-06-03T22:00:00")),
		record("early", lasting("2027-06-01T20:00:00", "2027-06-01T22:00:00")),
		record("long", lasting("2027-06-01T10:00:00", "2027-06-30T22:00:00")),
		record("point", lasting("2027-06-02T00:00:00", "2027-06-02T00:00:00")),
		record("early-too", lasting("2027-06-01T20:00:00", "2027-06-01T23:00:00")),
		record("free", lasting("2027-07-01T20:00:00", "2027-07-01T22:00:00"), zones(zone("1", "0", 5), zone("1", "7.1234", 5))),
		record("no-zones", lasting("2027-07-02T20:00:00", "2027-07-02T22:00:00"), zones()),
		record("sold-out", lasting("2027-07-03T20:00:00", "2027-07-03T22:00:00"), zones(zone("1", "10", 0), zone("2", "30", 0))),
		record("mañana ✨", lasting("1969-12-31T20:00:00", "1969-12-31T22:00:00"), titled("Mañana, 今日 & <b>'demà'</b>")),
	)

	at := func(s string) *time.Time {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		require.NoError(t, err)
		return &parsed
	}
	tests := []struct {
		name     string
		from, to *time.Time
		want     []string
	}{
		{"everything, by start then id", nil, nil, []string{"mañana ✨", "long", "early", "early-too", "point", "late", "free", "no-zones", "sold-out"}},
		{"both edges are inside", at("2027-06-01T20:00:00Z"), at("2027-06-01T23:00:00Z"), []string{"early", "early-too"}},
		{"a second after the start", at("2027-06-01T20:00:01Z"), at("2027-06-03T00:00:00Z"), []string{"point"}},
		{"a nanosecond after the start", at("2027-06-01T20:00:00.000000001Z"), at("2027-06-03T00:00:00Z"), []string{"point"}},
		{"a nanosecond before the next second keeps the end", at("2027-06-01T20:00:00Z"), at("2027-06-01T22:00:00.999999999Z"), []string{"early"}},
		{"a second before the end", at("2027-06-01T20:00:00Z"), at("2027-06-01T21:59:59Z"), nil},
		{"an instant", at("2027-06-02T00:00:00Z"), at("2027-06-02T00:00:00Z"), []string{"point"}},
		{"an offset names the same instant", at("2027-06-02T02:00:00+02:00"), at("2027-06-01T19:00:00-05:00"), []string{"point"}},
		{"open to the past", nil, at("2027-06-01T22:00:00Z"), []string{"mañana ✨", "early"}},
		{"open to the future", at("2027-06-03T00:00:00Z"), nil, []string{"late", "free", "no-zones", "sold-out"}},
		{"before the epoch", at("1900-01-01T00:00:00Z"), at("1970-01-01T00:00:00Z"), []string{"mañana ✨"}},
		{"nothing", at("2030-01-01T00:00:00Z"), at("2031-01-01T00:00:00Z"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := catalogue.NewRange(tt.from, tt.to)
			require.NoError(t, err)
			page, err := store.Search(t.Context(), catalogue.Query{Criteria: catalogue.Criteria{Range: r}, Limit: 100, WantTotal: true})
			require.NoError(t, err)
			assert.Equal(t, byStart(page.Events), page.Events, "ordered by start, then id")
			assert.ElementsMatch(t, tt.want, names(page.Events))
			assert.Equal(t, len(tt.want), page.Total)

			first, err := store.Search(t.Context(), catalogue.Query{Criteria: catalogue.Criteria{Range: r}, Limit: 1, WantTotal: true})
			require.NoError(t, err)
			assert.Equal(t, page.Events[:min(1, len(page.Events))], slices.Clip(first.Events))
			assert.Equal(t, len(tt.want), first.Total, "the total does not depend on the page")
		})
	}

	t.Run("values survive", func(t *testing.T) {
		got := s.events()
		e := got[s.id("mañana ✨", "mañana ✨")]
		assert.Equal(t, "Mañana, 今日 & <b>'demà'</b>", e.Facts.Title)
		assert.Equal(t, event.MomentAt(-4*3600, 0), e.Facts.Start)
		assert.Equal(t, c.Now().Truncate(time.Millisecond), e.FirstSeen)
		assert.True(t, e.Available)
		assert.EqualValues(t, 1, e.Revision)
		assert.Equal(t, "UTC", e.Facts.TimeZone)
		assert.EqualValues(t, 100, e.Facts.Capacity)
		assert.Equal(t, event.PriceRange{Min: 0, Max: 71_234, Known: true}, got[s.id("free", "free")].Facts.Prices)
		assert.Equal(t, event.PriceRange{}, got[s.id("no-zones", "no-zones")].Facts.Prices)
		assert.Equal(t, event.PriceRange{Min: 100_000, Max: 300_000, Known: true}, got[s.id("sold-out", "sold-out")].Facts.Prices)
	})

	t.Run("the page tells its version", func(t *testing.T) {
		page, err := store.Search(t.Context(), catalogue.Query{Limit: 1})
		require.NoError(t, err)
		batch, err := store.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		assert.Equal(t, batch.Head, page.At)
		assert.EqualValues(t, 9, page.At.Number)
	})

	t.Run("a limit below 1 is invalid", func(t *testing.T) {
		_, err := store.Search(t.Context(), catalogue.Query{})
		assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
	})
}

func names(events []event.Event) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.Identity.Event)
	}
	return list
}

func byStart(events []event.Event) []event.Event {
	return slices.SortedFunc(slices.Values(events), func(a, b event.Event) int {
		if a.Facts.Start.Unix() != b.Facts.Start.Unix() {
			return int(a.Facts.Start.Unix() - b.Facts.Start.Unix())
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
}

func recordsOf(prefix string, n int) []catalogue.Record {
	list := make([]catalogue.Record, n)
	for i := range list {
		list[i] = record(fmt.Sprintf("%s-%04d", prefix, i))
	}
	return list
}
