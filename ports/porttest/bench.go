package porttest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/ingest"
)

const (
	benchRecords = 500 // of a chunk
	benchChunks  = 100 // of a run
)

func benchChunk(run catalogue.RunRef, number int, price string) ingest.Chunk {
	c := ingest.Chunk{Run: run, Number: number, TimeZone: "Europe/Madrid", Records: make([]catalogue.Record, benchRecords)}
	day := time.Date(2027, 1, 1, 21, 0, 0, 0, time.UTC)
	for i := range c.Records {
		n := number*benchRecords + i
		at := day.AddDate(0, 0, n%365)
		name := fmt.Sprint(n)
		c.Records[i] = catalogue.Record{
			Position: n,
			Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: name}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: "An evening with number " + name}},
			Event: catalogue.Fields{
				{Name: catalogue.EventID, Value: name},
				{Name: catalogue.EventStart, Value: at.Format("2006-01-02T15:04:05")}, {Name: catalogue.EventEnd, Value: at.Add(2 * time.Hour).Format("2006-01-02T15:04:05")},
			},
		}
		for z := range 3 {
			c.Records[i].Zones = append(c.Records[i].Zones, catalogue.Fields{
				{Name: catalogue.ZoneID, Value: fmt.Sprint(z)}, {Name: catalogue.ZoneCapacity, Value: "100"}, {Name: catalogue.ZonePrice, Value: price},
				{Name: catalogue.ZoneName, Value: "Platea"}, {Name: catalogue.ZoneNumbered, Value: "true"},
			})
		}
	}
	return c
}

// applyRun applies all chunks of a run, by several consumers.
func applyRun(b *testing.B, a *ingest.Applier, run catalogue.RunRef, consumers int, price string) {
	b.Helper()
	var next atomic.Int64
	var busy sync.WaitGroup
	for range consumers {
		busy.Go(func() {
			for n := int(next.Add(1)) - 1; n < benchChunks; n = int(next.Add(1)) - 1 {
				if _, err := a.Apply(b.Context(), benchChunk(run, n, price)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	busy.Wait()
}

// BenchmarkApply applies chunks of 500 events with three zones each, into a catalogue of up to 50,000: new, unchanged,
// and changed ones.
func BenchmarkApply(b *testing.B, consumers int, open func(*testing.B) EventStore) {
	for b.Loop() {
		a := ingest.NewApplier(open(b))
		for i, run := range []struct{ name, price string }{{"new", "20.00"}, {"same", "20.00"}, {"changed", "21.00"}} {
			began := time.Now()
			applyRun(b, a, catalogue.RunRef{Provider: "p", Number: catalogue.RunNumber(i + 1)}, consumers, run.price)
			b.ReportMetric(benchChunks*benchRecords/time.Since(began).Seconds(), run.name+"-events/s")
		}
	}
}

// BenchmarkSearch searches in 50,000 events over a year.
func BenchmarkSearch(b *testing.B, open func(*testing.B) EventStore) {
	s := open(b)
	applyRun(b, ingest.NewApplier(s), catalogue.RunRef{Provider: "p", Number: 1}, 1, "20.00")
	from := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, days := range []int{1, 7} {
		b.Run(fmt.Sprintf("%d days", days), func(b *testing.B) {
			q := catalogue.Query{Criteria: catalogue.Criteria{Range: event.TimeRange{From: event.NotBefore(from), To: event.NotAfter(from.AddDate(0, 0, days))}}, Limit: 100_000}
			b.ReportAllocs()
			found := 0
			for b.Loop() {
				page, err := s.Search(b.Context(), q)
				if err != nil {
					b.Fatal(err)
				}
				found = len(page.Events)
			}
			b.ReportMetric(float64(found), "events")
		})
	}
}

// BenchmarkSnapshot reads 100,000 events: all of them, those of a day, and the first one, after which it is ended.
func BenchmarkSnapshot(b *testing.B, open func(*testing.B) EventStore) {
	const runs = 2
	s := open(b)
	for n := range runs {
		applyRun(b, ingest.NewApplier(s), catalogue.RunRef{Provider: fmt.Sprint(n), Number: 1}, 1, "20.00")
	}
	enough := errors.New("enough")
	day := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, of := range []struct {
		name   string
		starts event.TimeRange
		then   error
	}{
		{"everything", event.TimeRange{}, nil},
		{"a day", event.TimeRange{From: event.NotBefore(day), To: event.NotAfter(day.AddDate(0, 0, 1))}, nil},
		{"the first", event.TimeRange{}, enough},
	} {
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			events := 0
			for b.Loop() {
				if _, err := s.Snapshot(b.Context(), of.starts, func(*event.Event) error { events++; return of.then }); !errors.Is(err, of.then) {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(events)/float64(b.N), "events")
		})
	}
}
