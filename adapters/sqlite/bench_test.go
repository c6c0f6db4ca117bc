package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/ingest"
)

const (
	chunkRecords = 500
	// The catalogue that chunks are applied to and searched in.
	catalogueChunks = 100
)

func benchChunk(run catalogue.RunRef, number int, price string) ingest.Chunk {
	c := ingest.Chunk{Run: run, Number: number, TimeZone: "Europe/Madrid", Records: make([]catalogue.Record, chunkRecords)}
	day := time.Date(2027, 1, 1, 21, 0, 0, 0, time.UTC)
	for i := range c.Records {
		n := number*chunkRecords + i
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

func openBench(b *testing.B) (*sqlite.Store, *ingest.Applier) {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "bench.db"), Clock: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s, ingest.NewApplier(s)
}

func apply(b *testing.B, a *ingest.Applier, run catalogue.RunRef, chunks int, price string) {
	b.Helper()
	for n := range chunks {
		if _, err := a.Apply(b.Context(), benchChunk(run, n, price)); err != nil {
			b.Fatal(err)
		}
	}
}

// Chunks of 500 events with three zones, into a catalogue of up to 50,000: new, unchanged, and changed ones.
func BenchmarkApply(b *testing.B) {
	for b.Loop() {
		_, a := openBench(b)
		began := time.Now()
		lap := func(what string) {
			b.ReportMetric(catalogueChunks*chunkRecords/time.Since(began).Seconds(), what+"-events/s")
			began = time.Now()
		}
		apply(b, a, catalogue.RunRef{Provider: "p", Number: 1}, catalogueChunks, "20.00")
		lap("new")
		apply(b, a, catalogue.RunRef{Provider: "p", Number: 2}, catalogueChunks, "20.00")
		lap("same")
		apply(b, a, catalogue.RunRef{Provider: "p", Number: 3}, catalogueChunks, "21.00")
		lap("changed")
	}
}

// Searches in 50,000 events over a year.
func BenchmarkSearch(b *testing.B) {
	s, a := openBench(b)
	apply(b, a, catalogue.RunRef{Provider: "p", Number: 1}, catalogueChunks, "20.00")
	from := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, days := range []int{1, 7} {
		b.Run(fmt.Sprintf("%d days", days), func(b *testing.B) {
			q := catalogue.Query{Range: event.TimeRange{From: event.NotBefore(from), To: event.NotAfter(from.AddDate(0, 0, days))}, Limit: 100_000}
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
