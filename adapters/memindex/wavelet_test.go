package memindex

import (
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// TestWavelet holds every question against looking at all numbers, for lengths around the sizes of lines and levels.
func TestWavelet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 3, 63, 64, 65, 447, 448, 449, 1000, 4096, 5000} {
		sequence := make([]uint32, n)
		for i, v := range r.Perm(n) {
			sequence[i] = uint32(v)
		}
		w := newWavelet(sequence)
		for range 300 {
			lo, hi := r.IntN(n+1), r.IntN(n+1)
			if lo > hi {
				lo, hi = hi, lo
			}
			part := slices.Sorted(slices.Values(sequence[lo:hi]))
			bound := r.IntN(n + 2)
			require.Equal(t, sort.Search(len(part), func(i int) bool { return int(part[i]) >= bound }), w.below(lo, hi, bound), "of %d from %d to %d below %d", n, lo, hi, bound)
			if len(part) > 0 {
				nth := r.IntN(len(part))
				require.Equal(t, part[nth], w.nth(lo, hi, nth), "of %d from %d to %d number %d", n, lo, hi, nth)
			}
		}
	}
}

func TestSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []int64{1, 3, 1 << 16, 1 << 40, 1 << 62} {
		for _, n := range []int{0, 1, 2, 1000, 2 * fewRows} {
			keys := make([]int64, n)
			order := make([]uint32, n)
			for i, row := range r.Perm(n) {
				keys[i], order[i] = r.Int64N(spread)-spread/2, uint32(row)
			}
			want := slices.Clone(order)
			sort.SliceStable(want, func(i, j int) bool { return keys[want[i]] < keys[want[j]] })
			require.Equal(t, want, sorted(order, func(row uint32) uint64 { return signed(keys[row]) }))
		}
	}
}

// lists are the other way to count and find what lies inside of a range that was considered, without a wavelet matrix: events by
// start in classes of how long they last, each twice as long as the one before. Of a class, those that begin early enough surely end in time, those that
// begin late surely do not, and those in between are looked at.
type lists struct {
	starts, ends []int64
	classes      []class
}

type class struct {
	least      int64 // that its events last
	start, end []int64
}

func newLists(b *base) *lists {
	l := &lists{starts: b.start, ends: b.ends.all}
	for row, start := range b.start {
		lasts := b.end[row] - start
		c := 0
		for least := int64(1); least <= lasts; least *= 2 {
			c++
		}
		for len(l.classes) <= c {
			l.classes = append(l.classes, class{least: int64(1) << len(l.classes) >> 1})
		}
		l.classes[c].start, l.classes[c].end = append(l.classes[c].start, start), append(l.classes[c].end, b.end[row])
	}
	return l
}

// within is how many lie inside: those that end in time, less those that start too early, of which those that span all of it
// were not among the first.
func (l *lists) within(from, to int64) int {
	before := func(all []int64, unix int64) int {
		return sort.Search(len(all), func(i int) bool { return all[i] >= unix })
	}
	count := before(l.ends, to+1) - before(l.starts, from)
	for _, c := range l.classes {
		if c.least*2 < to-from {
			continue
		}
		early := before(c.start, min(from, to-2*c.least))
		sure := before(c.start, min(from, to-c.least+1))
		late := before(c.start, from)
		for _, end := range c.end[early:max(sure, early)] {
			if end > to {
				count++
			}
		}
		count += late - max(sure, early)
	}
	return count
}

// timed is a base of times alone, in which one event of so many lasts for weeks.
func timed(n int, long int) *base {
	const day = int64(24 * 3600)
	r := rand.New(rand.NewPCG(1, 3))
	c := columns{start: make([]int64, n), end: make([]int64, n)}
	for i := range n {
		c.start[i] = r.Int64N(timedDays * day)
	}
	slices.Sort(c.start)
	unordered := make([]uint32, n)
	for i := range n {
		unordered[i] = uint32(i)
		c.end[i] = c.start[i] + r.Int64N(5)*3600
		if r.IntN(long) == 0 {
			c.end[i] = c.start[i] + (7+r.Int64N(120))*day
		}
	}
	b := &base{columns: c, size: n}
	b.order[byEnd] = sorted(unordered, func(row uint32) uint64 { return signed(c.end[row]) })
	inOrder := make([]int64, n)
	for position, row := range b.order[byEnd] {
		inOrder[position] = c.end[row]
	}
	b.starts, b.ends, b.startsByEnd = newInstants(c.start), newInstants(inOrder), newWavelet(b.order[byEnd])
	return b
}

const timedDays = 3650

func (b *base) within(from, to int64) int {
	q := catalogue.Query{Criteria: catalogue.Criteria{Range: event.TimeRange{From: event.NotBefore(time.Unix(from, 0)), To: event.NotAfter(time.Unix(to, 0))}}}
	s := newQuestion(&version{base: b, delta: emptyDelta()}, &q)
	return s.span().total
}

func TestBothWaysCountAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for _, long := range []int{2, 50} {
		b := timed(20_000, long)
		l := newLists(b)
		quick := *b
		quick.longest = newLongest(b.start, b.end, b.order[byEnd])
		for range 500 {
			from := r.Int64N(timedDays * 24 * 3600)
			to := from + r.Int64N(400*24)*3600
			want := l.within(from, to)
			require.Equal(t, want, b.within(from, to), "from %d to %d", from, to)
			require.Equal(t, want, quick.within(from, to), "from %d to %d", from, to)
		}
	}
}

// BenchmarkCounting compares the two, and what asks the wavelet matrix of all only where it has to, on a million events of which one in fifty lasts for weeks, and on as many of which half do.
func BenchmarkCounting(b *testing.B) {
	const day = int64(24 * 3600)
	for name, long := range map[string]int{"few-long": 50, "half-long": 2} {
		x := timed(1_000_000, long)
		l, quick := newLists(x), *x
		quick.longest = newLongest(x.start, x.end, x.order[byEnd])
		r := rand.New(rand.NewPCG(1, 5))
		for width, seconds := range map[string]int64{"day": day, "month": 30 * day, "year": 365 * day} {
			for way, within := range map[string]func(from, to int64) int{"wavelet": x.within, "lists": l.within, "longest": quick.within} {
				b.Run(name+"/"+width+"/"+way, func(b *testing.B) {
					for b.Loop() {
						from := r.Int64N(timedDays*day - seconds)
						if within(from, from+seconds) == 0 {
							b.Fatal("nothing")
						}
					}
				})
			}
		}
	}
}
