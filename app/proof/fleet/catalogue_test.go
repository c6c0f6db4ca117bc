package fleet

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// openStore opens the catalogue beside the fleet, for looking.
func openStore(t *testing.T, database string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Options{URL: database, Readers: 2, ReadOnly: true, Beside: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// view is an event as its users see it.
type view struct{ Title, Start, End, Cheapest, Dearest string }

func (l listed) view() view {
	return view{l.title, l.start, l.end, strings.TrimRight(l.cheapest, "0"), strings.TrimRight(l.dearest, "0")}
}

// full is an event as the store has it.
type full struct {
	view
	mode               string
	soldOut, available bool
}

func (m *model) full() map[string]full {
	all := map[string]full{}
	for base, e := range m.events {
		all[base] = full{e.view(), e.mode, e.soldOut, e.available}
	}
	return all
}

func asStored(e event.Event) full {
	f := full{view{Title: e.Facts.Title, Start: e.Facts.Start.Time().Format(feedTime), End: e.Facts.End.Time().Format(feedTime)}, e.Facts.SellMode, e.Facts.SoldOut, e.Available}
	if p := e.Facts.Prices; p.Known {
		f.Cheapest, f.Dearest = p.Min.String(), p.Max.String()
	}
	return f
}

// answered reads an answer of /search, by the ids of events.
func answered(body []byte) (map[string]view, error) {
	var answer struct {
		Data struct {
			Events []struct {
				ID        string      `json:"id"`
				Title     string      `json:"title"`
				StartDate string      `json:"start_date"`
				StartTime string      `json:"start_time"`
				EndDate   string      `json:"end_date"`
				EndTime   string      `json:"end_time"`
				MinPrice  json.Number `json:"min_price"`
				MaxPrice  json.Number `json:"max_price"`
			} `json:"events"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	all := map[string]view{}
	for _, e := range answer.Data.Events {
		all[e.ID] = view{e.Title, e.StartDate + "T" + e.StartTime, e.EndDate + "T" + e.EndTime, e.MinPrice.String(), e.MaxPrice.String()}
	}
	if len(all) != len(answer.Data.Events) {
		return nil, fmt.Errorf("%d of %d events are in an answer twice", len(answer.Data.Events)-len(all), len(answer.Data.Events))
	}
	return all, nil
}

// answers is what /search has to say of everything, and what it may say.
func (m *model) answers() (all map[string]view, awaited map[string]bool) {
	all, awaited = map[string]view{}, map[string]bool{}
	for base, e := range m.events {
		all[idOf(base).String()] = e.view()
		if e.awaited {
			awaited[idOf(base).String()] = true
		}
	}
	return all, awaited
}

// agrees compares the store with the model. book tells which issue a run has read.
func (m *model) agrees(t *testing.T, store *postgres.Store, book map[catalogue.RunNumber]int) (entries map[catalogue.ChangeKind]int) {
	t.Helper()
	page, err := store.Search(t.Context(), catalogue.Query{Limit: 1 << 20})
	require.NoError(t, err)
	got, stored := map[string]full{}, map[event.ID]event.Event{}
	for _, e := range page.Events {
		got[e.Identity.Base] = asStored(e)
		stored[e.ID] = e
	}
	prooftest.Same(t, "the events against the model", m.full(), got)

	batch, err := store.Changes(t.Context(), catalogue.Version{}, 1<<20)
	require.NoError(t, err)
	entries, replayed, logged := map[catalogue.ChangeKind]int{}, map[event.ID]event.Event{}, map[string]string{}
	for i, c := range batch.Changes {
		require.Equal(t, int64(i+1), c.Version.Number, "the numbers of the log have a gap")
		require.NotZero(t, c.Version.Tag, "entry %d has no tag", c.Version.Number)
		require.Equal(t, replayed[c.Event.ID].Revision+1, c.Event.Revision, "entry %d, event %s", c.Version.Number, c.Event.ID)
		replayed[c.Event.ID] = c.Event
		issue, known := book[c.Run]
		require.True(t, known, "run %d has changed something and never asked for the feed", c.Run)
		logged[c.Event.Identity.Base] += entry(c.Kind, issue)
		entries[c.Kind]++
	}
	require.NotEmpty(t, batch.Changes)
	assert.Equal(t, batch.Changes[len(batch.Changes)-1].Version, batch.Head, "the head is not the last entry")
	assert.Equal(t, batch.Head, page.At, "the head of the search is another one")
	prooftest.Same(t, "the log, replayed, against the events", stored, replayed)

	histories := map[string]string{}
	for base, e := range m.events {
		histories[base] = e.history
		if e.or != "" && e.or == logged[base] {
			histories[base] = e.or
		}
	}
	prooftest.Same(t, "the log against the model", histories, logged)
	return entries
}

// everything and the beacons are what is searched for.
const everything = ""

var theBeacons = "?starts_at=" + strconv.Itoa(beaconYear) + "-01-01T00:00:00Z&ends_at=" + strconv.Itoa(beaconYear) + "-12-31T00:00:00Z"

// beaconRange is the same for a store.
func beaconRange(t *testing.T) event.TimeRange {
	t.Helper()
	from, to := time.Date(beaconYear, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(beaconYear, time.December, 31, 0, 0, 0, 0, time.UTC)
	r, err := catalogue.NewRange(&from, &to)
	require.NoError(t, err)
	return r
}

// issueIn reads a beacon's title.
func issueIn(title string) int {
	k, err := strconv.Atoi(title[strings.LastIndexByte(title, ' ')+1:])
	if err != nil {
		return 0
	}
	return k
}
