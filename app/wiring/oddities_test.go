package wiring_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/event"
)

// base is a base event of a feed in either dialect.
type base struct {
	id, mode, title string
	events          []occasion
}

type occasion struct {
	id, start, end string
	zones          []string // id, capacity, price
}

func feedOf(dialect string, bases ...base) []byte {
	b, e, list := "base_event", "event", "eventList"
	if dialect == "planList" {
		b, e, list = "base_plan", "plan", "planList"
	}
	var x strings.Builder
	fmt.Fprintf(&x, `<?xml version="1.0" encoding="UTF-8"?><%s version="1.0"><script/><output>`, list)
	for _, base := range bases {
		fmt.Fprintf(&x, `<%s %s_id="%s" sell_mode="%s" title="%s">`, b, b, base.id, base.mode, base.title)
		for _, o := range base.events {
			fmt.Fprintf(&x, `<%s %s_start_date="%s" %s_end_date="%s" %s_id="%s" sold_out="false">`, e, e, o.start, e, o.end, e, o.id)
			for _, zone := range o.zones {
				f := strings.Fields(zone)
				fmt.Fprintf(&x, `<zone zone_id="%s" capacity="%s" price="%s" name="Zone %s" numbered="true"/>`, f[0], f[1], f[2], f[0])
			}
			fmt.Fprintf(&x, `</%s>`, e)
		}
		fmt.Fprintf(&x, `</%s>`, b)
	}
	fmt.Fprintf(&x, `</output></%s>`, list)
	return []byte(x.String())
}

// What real feeds do to whoever reads them carelessly, seen from the public API.
func TestOddFeeds(t *testing.T) {
	for store, variables := range stores {
		for _, dialect := range []string{"eventList", "planList"} {
			t.Run(dialect+", "+store, func(t *testing.T) { oddFeed(t, dialect, variables(t)) })
		}
	}
}

func oddFeed(t *testing.T, dialect string, variables []string) {
	one := func(o occasion) []occasion { return []occasion{o} }
	first := []base{
		{"several", "online", "Several", []occasion{
			{"1", "2027-01-10T10:00:00", "2027-01-10T11:00:00", []string{"1 5 10.00"}},
			{"2", "2027-01-11T10:00:00", "2027-01-11T11:00:00", []string{"1 5 11.00"}},
		}},
		{"322", "online", "Shared id, one", one(occasion{"1642", "2027-01-12T10:00:00", "2027-01-12T11:00:00", []string{"1 5 1"}})},
		{"1591", "online", "Shared id, other", one(occasion{"1642", "2027-01-12T10:00:00", "2027-01-12T11:00:00", []string{"1 5 2"}})},
		{"repeated-zone", "online", "Repeated zone", one(occasion{"1", "2027-01-13T10:00:00", "2027-01-13T11:00:00", []string{"186 2 75.00", "186 2 65.5000"}})},
		{"flips", "online", "Turns offline", one(occasion{"1", "2027-01-14T10:00:00", "2027-01-14T11:00:00", []string{"1 5 3.3333"}})},
		{"no-zones", "online", "No zones", one(occasion{"1", "2027-01-15T10:00:00", "2027-01-15T11:00:00", nil})},
		{"sold-out", "online", "Sold out", one(occasion{"1", "2027-01-16T10:00:00", "2027-01-16T11:00:00", []string{"1 0 8", "2 0 9.90"}})},
		{"free", "online", "Free", one(occasion{"1", "2027-01-17T10:00:00", "2027-01-17T11:00:00", []string{"1 5 0.00"}})},
		{"unicode", "online", "Jazz &amp; Poesía – 今夜 🎷 &lt;O’Hara&gt;", one(occasion{"1", "2027-01-18T10:00:00", "2027-01-18T11:00:00", []string{"1 5 1"}})},
		{"point", "online", "Equal start and end", one(occasion{"1", "2027-01-19T10:00:00", "2027-01-19T10:00:00", []string{"1 5 1"}})},
		// Madrid: the clock jumps from 02:00 to 03:00 on 2027-03-28 and falls from 03:00 to 02:00 on 2027-10-31.
		{"missing-hour", "online", "In the missing hour", one(occasion{"1", "2027-03-28T02:30:00", "2027-03-28T05:00:00", []string{"1 5 1"}})},
		{"double-hour", "online", "In the double hour", one(occasion{"1", "2027-10-31T02:30:00", "2027-10-31T02:45:00", []string{"1 5 1"}})},
		{"around-double", "online", "Around the double hour", one(occasion{"1", "2027-10-31T02:45:00", "2027-10-31T02:15:00", []string{"1 5 1"}})},
		{"impossible", "online", "Impossible", one(occasion{"1", "2027-02-29T10:00:00", "2027-02-29T11:00:00", nil})},
		{"backwards", "online", "Backwards", one(occasion{"1", "2027-02-20T10:00:00", "2027-02-19T11:00:00", nil})},
	}
	second := append([]base(nil), first...)
	second[4].mode, second[4].title = "offline", "Turned offline"
	p := start(t, settings(t, wiring.AllRoles, append(variables, "MARQUEE_FETCH_INTERVAL=1h", "MARQUEE_PROVIDER_TIMEZONE=Europe/Madrid",
		"MARQUEE_PROVIDER_URL="+replay(t, fstest.MapFS{"1.xml": {Data: feedOf(dialect, first...)}, "2.xml": {Data: feedOf(dialect, second...)}}))...))
	p.awaitFirstRun()
	require.Empty(t, p.fetch().Problem)

	got := map[string]summary{}
	for _, e := range p.search("", "") {
		got[e.ID] = e
	}
	find := func(base, own string) summary {
		t.Helper()
		e, ok := got[event.Identity{Provider: "default", Base: base, Event: own}.ID().String()]
		require.True(t, ok, "%s/%s is missing", base, own)
		return e
	}
	assert.Len(t, got, 14)
	assert.Equal(t, "10", find("several", "1").MinPrice.String())
	assert.Equal(t, "11", find("several", "2").MinPrice.String())
	assert.Equal(t, "Shared id, one", find("322", "1642").Title)
	assert.Equal(t, "Shared id, other", find("1591", "1642").Title)
	assert.Equal(t, [2]string{"65.5", "75"}, find("repeated-zone", "1").prices())
	assert.Equal(t, "Turned offline", find("flips", "1").Title, "it stays, with its latest values")
	assert.Equal(t, [2]string{"3.3333", "3.3333"}, find("flips", "1").prices())
	assert.Equal(t, [2]string{"null", "null"}, find("no-zones", "1").prices())
	assert.Equal(t, [2]string{"8", "9.9"}, find("sold-out", "1").prices())
	assert.Equal(t, [2]string{"0", "0"}, find("free", "1").prices())
	assert.Equal(t, "Jazz & Poesía – 今夜 🎷 <O’Hara>", find("unicode", "1").Title)

	titles := func(startsAt, endsAt string) []string {
		var list []string
		for _, e := range p.search(startsAt, endsAt) {
			list = append(list, e.Title)
		}
		return list
	}
	t.Run("edges are inside, in every way to write them", func(t *testing.T) {
		point := []string{"Equal start and end"}
		assert.Equal(t, point, titles("2027-01-19T09:00:00Z", "2027-01-19T09:00:00Z"))
		assert.Equal(t, point, titles("2027-01-19T10:00:00+01:00", "2027-01-19T04:00:00-05:00"))
		assert.Equal(t, point, titles("2027-01-19T10:00:00 01:00", "2027-01-19T10:00:00 01:00"), "a blank where a plus was decoded")
		assert.Equal(t, point, titles("2027-01-19T09:00:00", "2027-01-19T09:00:00"), "without an offset it is UTC")
		assert.Empty(t, titles("2027-01-19T09:00:01Z", "2027-01-19T23:00:00Z"))
		assert.Empty(t, titles("2027-01-19T00:00:00Z", "2027-01-19T08:59:59Z"))
	})
	t.Run("open bounds", func(t *testing.T) {
		assert.Equal(t, []string{"Several", "Several"}, titles("", "2027-01-11T10:00:00Z"))
		assert.Equal(t, []string{"In the double hour", "Around the double hour"}, titles("2027-10-01T00:00:00Z", ""))
	})
	t.Run("the clocks of Madrid", func(t *testing.T) {
		assert.Equal(t, "2027-03-28 02:30:00 – 2027-03-28 05:00:00", find("missing-hour", "1").when())
		missing := []string{"In the missing hour"}
		assert.Equal(t, missing, titles("2027-03-28T01:30:00Z", "2027-03-28T03:00:00Z"), "the offset before the gap")
		assert.Empty(t, titles("2027-03-28T01:30:01Z", "2027-03-28T03:00:00Z"))
		assert.Empty(t, titles("2027-03-28T01:30:00Z", "2027-03-28T02:59:59Z"))

		assert.Equal(t, []string{"In the double hour"}, titles("2027-10-31T00:30:00Z", "2027-10-31T00:45:00Z"), "the earlier of the two")
		assert.Equal(t, []string{"Around the double hour"}, titles("2027-10-31T00:45:00Z", "2027-10-31T01:15:00Z"), "the later, for an end that would precede its start")
	})
	feed := p.awaitFirstRun()
	assert.Equal(t, 2, feed.Rejected)
	assert.Equal(t, 14, feed.Available)
}
