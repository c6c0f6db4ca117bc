package memindex

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/zeebo/xxh3"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// What events are found by is no part of any: orders, places, counts and bitmaps. A base has one checksum of it all, and is made anew of
// its events where that is wrong. A delta has none: there is so little of it that it is looked at itself.

// sumOfLookups is the checksum of what the events of a base are found by.
func (b *base) sumOfLookups(ctx context.Context) (uint64, error) {
	s := &summing{rest: func() error { return rest(ctx) }}
	addNumbers(s, []int{b.size, b.priced, b.unused})
	for _, rows := range b.order {
		addNumbers(s, rows)
	}
	addNumbers(s, b.title)
	addNumbers(s, b.titleAt)
	addNumbers(s, b.lastEnd)
	addNumbers(s, b.ends.all) // the others are a column
	s.marks(&b.starts, &b.ends)
	s.wavelets(b.startsByEnd, b.endsByStart)
	addNumbers(s, []int64{b.longest.others})
	addNumbers(s, b.longest.starts.all)
	addNumbers(s, b.longest.ends.all)
	s.marks(&b.longest.starts, &b.longest.ends)
	s.wavelets(b.longest.startsByEnd)
	s.text(b.folds.list.text)
	addNumbers(s, b.folds.list.ends)
	addNumbers(s, b.folds.used)
	for _, gram := range b.folds.used {
		if gram < gramCount && b.folds.grams[gram] != nil { // or the list is wrong, which is enough
			s.bitmaps(b.folds.grams[gram])
		}
	}
	s.bitmaps(b.filters.available, b.filters.soldOut, b.filters.forSale)
	for _, rowsOf := range b.filters.values {
		for _, l := range inOrder(rowsOf) {
			s.text(l.value)
			s.bitmaps(l.rows)
		}
	}
	return s.hash.Sum64(), s.err
}

// summing makes a checksum of much. It gives way to others in between, and stops at the first error.
type summing struct {
	rest func() error // between two parts
	hash xxh3.Hasher
	room [breath * 8]byte
	err  error
}

// addNumbers adds numbers.
func addNumbers[T uint32 | uint64 | int | int64](s *summing, all []T) {
	for some := range slices.Chunk(all, breath) {
		b := s.room[:0]
		for _, n := range some {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		s.add(func(to io.Writer) (err error) { _, err = to.Write(b); return err })
	}
}

// add adds what write writes.
func (s *summing) add(write func(to io.Writer) error) {
	if s.err != nil {
		return
	}
	if s.err = s.rest(); s.err != nil {
		return
	}
	s.err = fault.Wrap(fault.Internal, "read the index", write(&s.hash))
}

func (s *summing) text(text string) {
	const piece = breath * 8
	addNumbers(s, []int{len(text)})
	for ; len(text) > piece; text = text[piece:] {
		s.add(func(to io.Writer) (err error) { _, err = io.WriteString(to, text[:piece]); return err })
	}
	s.add(func(to io.Writer) (err error) { _, err = io.WriteString(to, text); return err })
}

func (s *summing) bitmaps(all ...*roaring.Bitmap) {
	for _, b := range all {
		s.add(func(to io.Writer) (err error) { _, err = b.WriteTo(to); return err })
	}
}

func (s *summing) marks(all ...*instants) {
	for _, i := range all {
		for _, marks := range i.marks {
			addNumbers(s, marks)
		}
	}
}

func (s *summing) wavelets(all ...*wavelet) {
	for _, w := range all {
		addNumbers(s, []int{w.length})
		for i := range w.levels {
			addNumbers(s, []int{w.levels[i].zeros})
			for j := range w.levels[i].bits {
				addNumbers(s, w.levels[i].bits[j][:])
			}
		}
	}
}

// labelled are the rows of a value.
type labelled struct {
	value string
	rows  *roaring.Bitmap
}

// inOrder are the rows of each value. None is looked up, which a value that is wrong would not be.
func inOrder(of map[string]*roaring.Bitmap) (list []labelled) {
	for value, rows := range of {
		list = append(list, labelled{value, rows})
	}
	slices.SortFunc(list, func(a, b labelled) int { return strings.Compare(a.value, b.value) })
	return list
}

// findable tells whether the events of a base are found by what was made for that.
func (b *base) findable(ctx context.Context) (bool, error) {
	return surely(func() (bool, error) {
		sum, err := b.sumOfLookups(ctx)
		return sum == b.lookups, err
	})
}

// surely is what a look says; no, where it cannot be finished because of what is wrong.
func surely(look func() (bool, error)) (bool, error) {
	is, err := func() (is bool, err error) {
		defer guard("read the index", &err)
		return look()
	}()
	if fault.Is(err, fault.Internal) {
		return false, nil
	}
	return is && err == nil, err
}

// findable tells whether what a delta says of the order of its events, of their places in a base, and of rows that are dead is so.
func (d *delta) findable(ctx context.Context, b *base) (bool, error) {
	return surely(func() (bool, error) {
		added, err := d.addedFindable(ctx, b)
		return added && d.deadFindable(b), err
	})
}

func (d *delta) addedFindable(ctx context.Context, b *base) (bool, error) {
	var pace breaths
	for order, added := range d.added {
		if len(added) != len(d.added[byStart]) {
			return false, nil
		}
		priced := 0
		for i, f := range added {
			if err := pace.next(ctx); err != nil {
				return false, err
			}
			if order == byTitle && f.fold != event.Fold(f.event.Facts.Title) || i > 0 && compare(order, added[i-1], f) >= 0 || !f.settled(b, order) {
				return false, nil
			}
			if f.event.Facts.Prices.Known {
				priced++
			}
		}
		if (order == byMinPrice || order == byMaxPrice) && d.priced[order] != priced {
			return false, nil
		}
	}
	return d.plus.are(len(d.added[byStart]), func(i int) (start, end, nth int64) {
		f := &d.added[byStart][i].event.Facts
		return f.Start.Unix(), f.End.Unix(), d.added[byEnd][i].event.Facts.End.Unix()
	}), nil
}

// settled tells whether settle would find the place that the event has in an order.
func (f *fresh) settled(b *base, order int) bool {
	first, limit, behind := b.bounding(order, f.position(order))
	at := int(f.before[order])
	return at >= first && at <= limit && (at == limit || behind(at)) && (at == first || !behind(at-1))
}

func (d *delta) deadFindable(b *base) bool {
	if d.gone.GetCardinality() != uint64(len(d.dead)) || len(d.deadByEnd) != len(d.dead) || !slices.IsSorted(d.dead) || !slices.IsSorted(d.deadByEnd) {
		return false
	}
	for i, row := range d.dead {
		if !d.gone.Contains(row) || int(row) >= b.size {
			return false
		}
		if position := d.deadByEnd[i]; int(position) >= b.size || !d.gone.Contains(b.order[byEnd][position]) {
			return false
		}
	}
	return d.minus.are(len(d.dead), func(i int) (start, end, nth int64) {
		return b.start[d.dead[i]], b.end[d.dead[i]], b.end[b.order[byEnd][d.deadByEnd[i]]]
	})
}

// are tells whether the spans are of so many events, of which is told when each starts and ends, and when the one ends that is in its
// place in the order of ends.
func (s *spans) are(count int, of func(i int) (start, end, nth int64)) bool {
	if len(s.start) != count || len(s.end) != count || len(s.ends) != count {
		return false
	}
	for i := range count {
		if start, end, nth := of(i); s.start[i] != start || s.end[i] != end || s.ends[i] != nth {
			return false
		}
	}
	return true
}

// guard makes an error of what wrong memory leads to: a look at a place that there is not.
func guard(doing string, err *error) {
	switch cause := recover().(type) {
	case nil:
	case runtime.Error:
		*err = fault.Wrap(fault.Internal, doing, fmt.Errorf("%w\n%s", cause, debug.Stack()))
	default:
		panic(cause)
	}
}
