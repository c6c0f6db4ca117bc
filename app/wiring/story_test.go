package wiring_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

var testStory = os.DirFS("testdata/story")

// Three readings of a feed, through real HTTP, broker and database. The first has the events A, B and C. In the
// second B is missing, C ends later and has other capacities, and there is D, offline and on a day that
// does not exist. In the third A ends later and one of its zones is sold out.
func TestThreeSnapshots(t *testing.T) {
	for store, variables := range stores {
		t.Run(store, func(t *testing.T) { threeSnapshots(t, variables(t)) })
	}
}

func threeSnapshots(t *testing.T, variables []string) {
	p := start(t, settings(t, wiring.AllRoles, append(variables, "MARQUEE_PROVIDER_URL="+replay(t, testStory), "MARQUEE_FETCH_INTERVAL=1h")...))
	id := func(base, own string) string {
		return event.Identity{Provider: "default", Base: base, Event: own}.ID().String()
	}
	a, b, c, d := id("A", "10"), id("B", "20"), id("C", "30"), id("D", "40")

	require.Equal(t, catalogue.Concluded, p.awaitFirstRun().Current.State)
	first := p.search("", "")
	require.Equal(t, []string{a, b, c}, ids(first))
	assert.Equal(t, [2]string{"15", "30"}, first[0].prices())
	assert.Equal(t, [2]string{"65", "65"}, first[2].prices(), "only zones with capacity left count")

	second := p.fetch()
	require.Empty(t, second.Problem)
	assert.Equal(t, 2, second.Here)
	third := p.fetch()
	require.Empty(t, third.Problem)

	got := p.search("2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z")
	assert.Equal(t, []string{a, b, c}, ids(got), "all that were ever online, with the ids that they had from the start")
	assert.NotContains(t, ids(got), d)
	assert.Equal(t, "2027-06-30 21:00:00 – 2027-06-30 22:45:00", got[0].when())
	assert.Equal(t, [2]string{"20", "30"}, got[0].prices(), "the cheapest zone is sold out")
	assert.Equal(t, "2027-07-10 21:00:00 – 2027-07-10 21:30:00", got[1].when())
	assert.Equal(t, [2]string{"55", "55"}, got[1].prices())
	assert.Equal(t, "2027-12-22 20:00:00 – 2027-12-22 22:15:00", got[2].when())
	assert.Equal(t, [2]string{"65", "75"}, got[2].prices())

	log, err := p.changes.Changes(t.Context(), catalogue.Version{}, 100)
	require.NoError(t, err)
	type entry struct {
		id        string
		kind      catalogue.ChangeKind
		end       string
		capacity  int64
		available bool
		revision  int64
	}
	var told []entry
	for _, change := range log.Changes {
		e := change.Event
		told = append(told, entry{e.ID.String(), change.Kind, e.Facts.End.String(), e.Facts.Capacity, e.Available, e.Revision})
	}
	slices.SortStableFunc(told[:3], func(x, y entry) int {
		return slices.Index([]string{a, b, c}, x.id) - slices.Index([]string{a, b, c}, y.id)
	})
	assert.Equal(t, []entry{
		{a, catalogue.Added, "2027-06-30T22:00:00Z", 433, true, 1},
		{b, catalogue.Added, "2027-07-10T21:30:00Z", 2, true, 1},
		{c, catalogue.Added, "2027-12-22T21:30:00Z", 22, true, 1},
		{c, catalogue.Updated, "2027-12-22T22:15:00Z", 15, true, 2},
		{b, catalogue.Withdrawn, "2027-07-10T21:30:00Z", 2, false, 2},
		{a, catalogue.Updated, "2027-06-30T22:45:00Z", 333, true, 2},
	}, told)

	status, body := p.get("/status")
	require.Equal(t, 200, status)
	var report struct {
		Status string
		Feeds  []struct{ Available, Known, Rejected int }
	}
	require.NoError(t, json.Unmarshal(body, &report))
	assert.Equal(t, "ok", report.Status)
	require.Len(t, report.Feeds, 1)
	assert.Equal(t, 2, report.Feeds[0].Available)
	assert.Equal(t, 3, report.Feeds[0].Known)
	assert.Equal(t, 1, report.Feeds[0].Rejected, "D is looked at by nobody but whoever asks what was rejected")
}

func ids(events []summary) []string {
	var list []string
	for _, e := range events {
		list = append(list, e.ID)
	}
	return list
}
