package memindex_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports/porttest"
)

// sizes are those of the catalogues; MARQUEE_BENCH_EVENTS names others.
func sizes() []int {
	list := []int{100_000, 1_000_000}
	if named := os.Getenv("MARQUEE_BENCH_EVENTS"); named != "" {
		list = nil
		for text := range strings.SplitSeq(named, ",") {
			n, err := strconv.Atoi(text)
			if err != nil {
				panic(err)
			}
			list = append(list, n)
		}
	}
	return list
}

type benched struct {
	*memindex.Index
	bytes uint64 // of the heap
	took  time.Duration
}

// filled are indexes, each made once.
var filled = map[int]func() benched{}

func filledWith(n int) benched {
	if filled[n] == nil {
		filled[n] = sync.OnceValue(func() benched {
			heap := func() uint64 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before := heap()
			x := memindex.New(memindex.Options{})
			began := time.Now()
			if err := x.Fill(context.Background(), porttest.Programme(n)); err != nil {
				panic(err)
			}
			took := time.Since(began)
			return benched{x, heap() - before, took}
		})
	}
	return filled[n]()
}

// BenchmarkSearch searches for 20 events with the total, each time in another range.
func BenchmarkSearch(b *testing.B) {
	const day = 24 * time.Hour
	const span = porttest.ProgrammeYears * 365 * day
	queries := []struct {
		name  string
		width time.Duration // 0 for everything
		ask   func(q *catalogue.Query, r *rand.Rand)
	}{
		{"day", day, nil},
		{"month", 30 * day, nil},
		{"year", 365 * day, nil},
		{"all", 0, nil},
		{"all/any-page", 0, func(q *catalogue.Query, r *rand.Rand) { q.Offset = -1 }},
		{"year/any-page", 365 * day, func(q *catalogue.Query, r *rand.Rand) { q.Offset = -1 }},
		{"year/overlaps/any-page", 365 * day, func(q *catalogue.Query, r *rand.Rand) { q.Match, q.Offset = catalogue.Overlaps, -1 }},
		{"year/by-end-desc/any-page", 365 * day, func(q *catalogue.Query, r *rand.Rand) {
			q.Order, q.Offset = catalogue.Order{By: catalogue.ByEnd, Desc: true}, -1
		}},
		{"year/by-title", 365 * day, func(q *catalogue.Query, r *rand.Rand) { q.Order.By = catalogue.ByTitle }},
		{"year/by-title/any-page", 365 * day, func(q *catalogue.Query, r *rand.Rand) { q.Order.By, q.Offset = catalogue.ByTitle, -1 }},
		{"all/by-price/any-page", 0, func(q *catalogue.Query, r *rand.Rand) { q.Order.By, q.Offset = catalogue.ByMinPrice, -1 }},
		{"year/city", 365 * day, func(q *catalogue.Query, r *rand.Rand) {
			q.City = porttest.ProgrammeCities[r.IntN(len(porttest.ProgrammeCities))]
		}},
		{"all/city+category/any-page", 0, func(q *catalogue.Query, r *rand.Rand) { q.City, q.Category, q.Offset = "Madrid", "music", -1 }},
		{"all/available", 0, func(q *catalogue.Query, r *rand.Rand) { q.Available = new(true) }},
		{"month/on-sale", 30 * day, func(q *catalogue.Query, r *rand.Rand) {
			q.OnSale, q.Now = new(true), time.Unix(benchUnix(q.Range.From), 0)
		}},
		{"all/max-price", 0, func(q *catalogue.Query, r *rand.Rand) { q.MaxPrice, q.Currency = new(event.Price(100_000)), "EUR" }},
		{"all/word", 0, func(q *catalogue.Query, r *rand.Rand) { q.Words = []string{"sinfonica"} }},
		{"all/rare-word", 0, func(q *catalogue.Query, r *rand.Rand) { q.Words = []string{strconv.Itoa(r.IntN(40_000) + 10_001)} }},
		{"all/word/by-price", 0, func(q *catalogue.Query, r *rand.Rand) {
			q.Words, q.Order.By = []string{"sinfonica"}, catalogue.ByMinPrice
		}},
	}
	for _, n := range sizes() {
		for _, query := range queries {
			b.Run(fmt.Sprintf("%d/%s", n, query.name), func(b *testing.B) {
				x := filledWith(n)
				r := rand.New(rand.NewPCG(3, 4))
				found := 0
				b.ReportAllocs()
				b.ResetTimer()
				for b.Loop() {
					q := catalogue.Query{Limit: 20, WantTotal: true}
					if query.width > 0 {
						from := porttest.ProgrammeBegin.Add(time.Duration(r.Int64N(int64(span - query.width))))
						q.Range = event.TimeRange{From: event.NotBefore(from), To: event.NotAfter(from.Add(query.width))}
					}
					if query.ask != nil {
						query.ask(&q, r)
					}
					if q.Offset < 0 {
						q.Offset = 0
						q.Offset = r.IntN(max(1, found))
					}
					page, err := x.Search(b.Context(), q)
					if err != nil {
						b.Fatal(err)
					}
					found = page.Total
					if page.Release != nil { // as who writes the answer does
						page.Release()
					}
				}
				b.ReportMetric(float64(found), "matches")
			})
		}
	}
}

// BenchmarkFill fills an index, and tells what it takes.
func BenchmarkFill(b *testing.B) {
	for _, n := range sizes() {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				delete(filled, n)
				x := filledWith(n)
				b.ReportMetric(float64(x.bytes)/float64(n), "heap-B/event")
				b.ReportMetric(float64(x.Size().Bytes)/float64(n), "told-B/event")
				b.ReportMetric(float64(n)/x.took.Seconds(), "events/s")
			}
		})
	}
}

// BenchmarkFollow makes changes, fifty at a time, as a feed does: the prices of events, and one in twenty is new. Bases are merged beside
// it, and waited for at the end.
func BenchmarkFollow(b *testing.B) {
	const batch = 50
	for _, n := range sizes() {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			x := memindex.New(memindex.Options{})
			if err := x.Fill(b.Context(), porttest.Programme(n)); err != nil {
				b.Fatal(err)
			}
			at, _ := x.At()
			r := rand.New(rand.NewPCG(5, 6))
			came := n
			b.ReportAllocs()
			b.ResetTimer()
			for made := 0; made < b.N; made += batch {
				changes := make([]catalogue.Change, batch)
				for i := range changes {
					at.Number++
					changes[i] = catalogue.Change{Version: at, Kind: catalogue.Updated}
					if i%20 == 0 {
						changes[i].Event = porttest.ProgrammeEvent(came)
						came++
						continue
					}
					changes[i].Event = porttest.ProgrammeEvent(r.IntN(n))
					changes[i].Event.Facts.Prices.Max += event.Price(r.IntN(100)) * 10_000
				}
				if err := x.Apply(b.Context(), changes); err != nil {
					b.Fatal(err)
				}
			}
			x.Close()
		})
	}
}

func benchUnix(b event.Bound) int64 {
	unix, _ := b.Unix()
	return unix
}

// BenchmarkDamaged looks at everything once.
func BenchmarkDamaged(b *testing.B) {
	for _, n := range sizes() {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			x := filledWith(n)
			b.ReportAllocs()
			for b.Loop() {
				if found, err := x.Damaged(b.Context()); err != nil || len(found.Days) > 0 || found.Lookups {
					b.Fatal(found, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/event")
		})
	}
}
