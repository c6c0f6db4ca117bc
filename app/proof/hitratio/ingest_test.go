package hitratio

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
)

// Of the events a fifth lie in the half year before today, the others are spread evenly over the year that begins with it.
const (
	pastDays   = 182
	futureDays = 365
)

// programme is the provider's events and what it says of them.
type programme struct {
	today  time.Time
	prices []int   // in cents, of each event
	byDay  [][]int // events of the days from today on
}

func newProgramme(events int, today time.Time) *programme {
	p := &programme{today: today, prices: make([]int, events), byDay: make([][]int, futureDays)}
	for n := range p.prices {
		p.prices[n] = 2000
		if day := dayOf(n); day >= 0 {
			p.byDay[day] = append(p.byDay[day], n)
		}
	}
	return p
}

// dayOf is the day of an event, counted from today.
func dayOf(n int) int {
	if n%5 == 0 {
		return -1 - n/5%pastDays
	}
	return (n - n/5) % futureDays
}

// record is the event as the feed has it now. It begins in the evening, lasts two hours, and never moves.
func (p *programme) record(n int) catalogue.Record {
	const form = "2006-01-02T15:04:05"
	at := p.today.AddDate(0, 0, dayOf(n)).Add(19*time.Hour + time.Duration(n%12)*15*time.Minute)
	name := strconv.Itoa(n)
	return catalogue.Record{
		Position: n,
		Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: name}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: "Orquesta Cámara Norte en concierto " + name}},
		Event: catalogue.Fields{
			{Name: catalogue.EventID, Value: name},
			{Name: catalogue.EventStart, Value: at.Format(form)}, {Name: catalogue.EventEnd, Value: at.Add(2 * time.Hour).Format(form)},
		},
		Zones: []catalogue.Fields{{
			{Name: catalogue.ZoneID, Value: "1"}, {Name: catalogue.ZoneCapacity, Value: "100"},
			{Name: catalogue.ZonePrice, Value: strconv.FormatFloat(float64(p.prices[n])/100, 'f', 2, 64)},
		}},
	}
}

// changes is how events are chosen that change.
type changes struct {
	name  string
	share float64 // of all events, in each second
	day   func(r *rand.Rand) int
}

// choose are the events that change now, each once.
func (p *programme) choose(c changes, r *rand.Rand) []int {
	chosen := map[int]bool{}
	var all []int
	for range max(1, int(c.share*float64(len(p.prices)))) {
		day := p.byDay[c.day(r)]
		if n := day[r.IntN(len(day))]; !chosen[n] {
			chosen[n] = true
			all = append(all, n)
		}
	}
	return all
}

// ingester applies what the provider says, as a consumer does.
type ingester struct {
	t       *testing.T
	applier *ingest.Applier
	run     catalogue.RunRef
}

func newIngester(t *testing.T, store *sqlite.Store) *ingester {
	t.Helper()
	return &ingester{t: t, applier: ingest.NewApplier(store), run: catalogue.RunRef{Provider: "default"}}
}

// apply brings records in, as a run that begins at that moment. It returns how many events were added and changed.
func (i *ingester) apply(at time.Time, readToEnd bool, records []catalogue.Record) (applied int) {
	i.t.Helper()
	i.run.Number = max(catalogue.RunAt(at), i.run.Number+1)
	const most = 500
	chunks := 0
	for ; len(records) > 0; chunks++ {
		n := min(most, len(records))
		out, err := i.applier.Apply(i.t.Context(), ingest.Chunk{Run: i.run, Number: chunks, TimeZone: "UTC", Currency: "EUR", Records: records[:n]})
		require.NoError(i.t, err)
		require.Zero(i.t, out.Rejected)
		applied += out.Added + out.Updated
		records = records[n:]
	}
	require.NoError(i.t, i.applier.Complete(i.t.Context(), catalogue.Completion{Run: i.run, Chunks: chunks, ReadToEnd: readToEnd}))
	ended, err := i.applier.Conclude(i.t.Context(), i.run)
	require.NoError(i.t, err)
	require.False(i.t, ended.State.Open())
	return applied
}
