package memindex

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// delta is what changed since a base was made: events that came or changed, and rows of the base that are no longer so. It never
// changes; a change makes another one.
type delta struct {
	added  [sorts][]*fresh // in each order
	priced [sorts]int      // of the orders by prices: those that have one, which come first

	dead      []uint32 // rows, in order
	deadByEnd []uint32 // their positions in the order of ends, in order
	gone      *roaring.Bitmap

	plus, minus spans // of what was added, and of the rows that are dead
}

// sorts are the orders that searches ask for.
const sorts = byID

var sortBy = [sorts]catalogue.SortBy{catalogue.ByStart, catalogue.ByEnd, catalogue.ByTitle, catalogue.ByMinPrice, catalogue.ByMaxPrice}

// fresh is an event of a delta.
type fresh struct {
	event event.Event
	fold  string
	sum   uint64
	// before are the positions of each order of the base before which it stands.
	before [sorts]uint32
}

// emptyDelta is one without anything in it.
func emptyDelta() *delta { return &delta{gone: roaring.New()} }

// size is how much there is to be brought into the base.
func (d *delta) size() int { return len(d.added[byStart]) + len(d.dead) }

// position is where it stands in an order.
func (f *fresh) position(order int) catalogue.Position {
	p := catalogue.Position{ID: f.event.ID}
	switch facts := &f.event.Facts; order {
	case byTitle:
		p.Text = f.fold
	case byMinPrice, byMaxPrice:
		p = catalogue.Order{By: sortBy[order]}.PositionOf(&f.event)
	case byEnd:
		p.Number = facts.End.Unix()
	default:
		p.Number = facts.Start.Unix()
	}
	return p
}

// compare orders by what an order compares, and then by ID, those without a price last.
func compare(order int, a, b *fresh) int {
	var c int
	switch x, y := &a.event.Facts, &b.event.Facts; order {
	case byTitle:
		c = strings.Compare(a.fold, b.fold)
	case byMinPrice:
		c = cmp.Or(-compareBool(x.Prices.Known, y.Prices.Known), cmp.Compare(x.Prices.Min, y.Prices.Min))
	case byMaxPrice:
		c = cmp.Or(-compareBool(x.Prices.Known, y.Prices.Known), cmp.Compare(x.Prices.Max, y.Prices.Max))
	case byEnd:
		c = cmp.Compare(x.End.Unix(), y.End.Unix())
	default:
		c = cmp.Compare(x.Start.Unix(), y.Start.Unix())
	}
	return cmp.Or(c, bytes.Compare(a.event.ID[:], b.event.ID[:]))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// lowerBound is the first of what was added that does not stand before what is told.
func (d *delta) lowerBound(order int, p catalogue.Position) int {
	ascending := catalogue.Order{By: sortBy[order]}
	return sort.Search(len(d.added[order]), func(i int) bool {
		return ascending.Compare(d.added[order][i].position(order), p) >= 0
	})
}

// with is the delta after a change: without what was replaced, and with what came and with other rows that are dead.
func (d *delta) with(b *base, replaced map[*fresh]bool, came []*fresh, died []uint32) *delta {
	next := &delta{gone: d.gone, dead: d.dead, deadByEnd: d.deadByEnd, minus: d.minus}
	for order := range next.added {
		slices.SortFunc(came, func(x, y *fresh) int { return compare(order, x, y) })
		e := d.edit(order, replaced, came)
		next.added[order] = edited(d.added[order], e, func(i int) *fresh { return came[i] })
		switch order {
		case byStart:
			next.plus.start = edited(d.plus.start, e, func(i int) int64 { return came[i].event.Facts.Start.Unix() })
			next.plus.end = edited(d.plus.end, e, func(i int) int64 { return came[i].event.Facts.End.Unix() })
		case byEnd:
			next.plus.ends = edited(d.plus.ends, e, func(i int) int64 { return came[i].event.Facts.End.Unix() })
		case byMinPrice, byMaxPrice:
			next.priced[order] = sort.Search(len(next.added[order]), func(i int) bool { return !next.added[order][i].event.Facts.Prices.Known })
		}
	}
	if len(died) > 0 {
		next.bury(b, died)
	}
	return next
}

// edit is how an order changes. What came is in that order.
func (d *delta) edit(order int, replaced map[*fresh]bool, came []*fresh) (e edit) {
	old := d.added[order]
	position := func(f *fresh) int {
		return sort.Search(len(old), func(i int) bool { return compare(order, old[i], f) >= 0 })
	}
	for f := range replaced {
		at := position(f)
		if at == len(old) || old[at] != f { // it is not what it was when it got its place
			at = slices.Index(old, f)
		}
		e.gone = append(e.gone, at)
	}
	slices.Sort(e.gone)
	for _, f := range came {
		e.before = append(e.before, position(f))
	}
	return e
}

// bury adds rows to those that are dead.
func (d *delta) bury(b *base, died []uint32) {
	d.gone = d.gone.Clone()
	d.gone.AddMany(died)
	slices.Sort(died)
	e := amongst(d.dead, died)
	d.dead = edited(d.dead, e, func(i int) uint32 { return died[i] })
	d.minus.start = edited(d.minus.start, e, func(i int) int64 { return b.start[died[i]] })
	d.minus.end = edited(d.minus.end, e, func(i int) int64 { return b.end[died[i]] })
	positions := make([]uint32, len(died))
	for i, row := range died {
		at := b.lowerBound(byEnd, catalogue.Position{Number: b.end[row], ID: b.id[row]})
		if at == b.size || b.order[byEnd][at] != row { // its end is not what it was when it got its place
			at = slices.Index(b.order[byEnd], row)
		}
		positions[i] = narrow(at)
	}
	slices.Sort(positions)
	e = amongst(d.deadByEnd, positions)
	d.deadByEnd = edited(d.deadByEnd, e, func(i int) uint32 { return positions[i] })
	d.minus.ends = edited(d.minus.ends, e, func(i int) int64 { return b.end[b.order[byEnd][positions[i]]] })
}

// amongst is how numbers come in between others, both in order.
func amongst(old, came []uint32) (e edit) {
	for _, n := range came {
		before, _ := slices.BinarySearch(old, n)
		e.before = append(e.before, before)
	}
	return e
}

// spans are the times of some events, of which those in a range can be counted without looking at most of them.
type spans struct {
	start, end []int64 // of each, by start
	ends       []int64 // in order
}

// within is how many lie inside of from to to.
func (s *spans) within(from, to int64) int {
	if from > to {
		return 0
	}
	before := sort.Search(len(s.start), func(i int) bool { return s.start[i] >= from })
	after := sort.Search(len(s.start), func(i int) bool { return s.start[i] > to })
	count := 0
	if before > after-before {
		for _, end := range s.end[before:after] {
			if end <= to {
				count++
			}
		}
		return count
	}
	// Those that end in time, less those that start too early, of which those that end too late were not among the first.
	ended := sort.Search(len(s.ends), func(i int) bool { return s.ends[i] > to })
	for _, end := range s.end[:before] {
		if end > to {
			count++
		}
	}
	return ended - before + count
}

// overlapping is how many have a moment in common with from to to.
func (s *spans) overlapping(from, to int64) int {
	return max(0, sort.Search(len(s.start), func(i int) bool { return s.start[i] > to })-
		sort.Search(len(s.ends), func(i int) bool { return s.ends[i] >= from }))
}
