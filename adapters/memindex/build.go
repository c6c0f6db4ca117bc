package memindex

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// builder makes a base of events, in whatever order they come.
type builder struct {
	columns
	texts  texts
	names  *names
	labels [fields]labels
	folds  map[string]uint32
	list   []string // of folds, by the numbers that folds has
	size   int64    // of the folds, about
}

func newBuilder(n *names) *builder {
	return &builder{names: n, folds: map[string]uint32{}}
}

// add takes an event. Its texts are copied.
func (b *builder) add(e *event.Event) {
	fold := event.Fold(e.Facts.Title)
	number, known := b.folds[fold]
	if !known {
		number = narrow(len(b.list))
		fold = string(append([]byte(nil), fold...))
		b.folds[fold], b.list = number, append(b.list, fold)
		b.size += int64(len(fold)) + 16
	}
	at, record := b.texts.add(e, b.names)
	b.columns.add(e, at, record, number)
	for field, value := range valuesOf(e) {
		b.labels[field].add(value)
	}
}

// bytes is at least about what the base will take.
func (b *builder) bytes() int64 {
	return int64(len(b.id))*bytesARow + b.texts.bytes + int64(len(b.texts.open)) + b.size + b.names.bytes
}

// add adds a row, of which the record, its checksum and the rank of its fold are told.
func (c *columns) add(e *event.Event, at place, record uint64, title uint32) {
	f := &e.Facts
	c.id = append(c.id, e.ID)
	c.start, c.end = append(c.start, f.Start.Unix()), append(c.end, f.End.Unix())
	low, high := pricesOf(e)
	c.minPrice, c.maxPrice = append(c.minPrice, low), append(c.maxPrice, high)
	from, to := saleOf(e)
	c.saleStart, c.saleEnd = append(c.saleStart, from), append(c.saleEnd, to)
	c.flags = append(c.flags, flagsOf(e))
	c.title = append(c.title, title)
	c.record = append(c.record, at)
	c.seal = append(c.seal, c.sealOf(len(c.id)-1, record))
}

func pricesOf(e *event.Event) (low, high int64) {
	if p := e.Facts.Prices; p.Known {
		return int64(p.Min), int64(p.Max)
	}
	return noPrice, noPrice
}

func saleOf(e *event.Event) (from, to int64) {
	from, to = always, never
	if f := &e.Facts; f.SaleStart.Known() {
		from = f.SaleStart.Unix()
	}
	if f := &e.Facts; f.SaleEnd.Known() {
		to = f.SaleEnd.Unix()
	}
	return from, to
}

// build makes the base. The builder is of no use afterwards. An event that came twice is fault.Internal.
func (b *builder) build() (*base, error) {
	b.texts.close()
	// Folds by number become folds by rank.
	ranked := slices.Sorted(slices.Values(b.list))
	ranks := make([]uint32, len(ranked))
	for rank, fold := range ranked {
		ranks[b.folds[fold]] = narrow(rank)
	}
	for i, number := range b.title {
		b.title[i] = ranks[number]
	}
	b.folds, b.list = nil, nil
	return assemble(b.columns, b.texts, newFolds(ranked), b.labels)
}

// assemble brings rows into their orders and makes all that is looked up by them.
func assemble(c columns, t texts, f *folds, all [fields]labels) (*base, error) {
	size := len(c.id)
	unordered := make([]uint32, size)
	for i := range unordered {
		unordered[i] = narrow(i)
	}
	ids, err := orderedByID(c.id, unordered)
	if err != nil {
		return nil, err
	}
	rows := sorted(ids, func(i uint32) uint64 { return signed(c.start[i]) })
	c.permute(rows)
	for field := range all {
		all[field].rows = permuted(all[field].rows, rows)
	}
	places := unordered // of what stood at i before
	for row, i := range rows {
		places[i] = narrow(row)
	}
	for i := range ids {
		ids[i] = places[ids[i]]
	}

	t.rewrite(c.record) // the records of a page lie together: most of what a search takes is looks into memory that nobody looked into of late
	b := &base{columns: c, texts: t, size: size, folds: f}
	b.order[byID] = ids
	b.order[byEnd] = sorted(ids, func(row uint32) uint64 { return signed(c.end[row]) })
	b.order[byTitle] = sorted(ids, func(row uint32) uint64 { return uint64(c.title[row]) })
	b.order[byMinPrice] = sorted(ids, func(row uint32) uint64 { return priceKey(c.minPrice[row]) })
	b.order[byMaxPrice] = sorted(ids, func(row uint32) uint64 { return priceKey(c.maxPrice[row]) })
	b.finish(all)
	return b, nil
}

// finish makes all that is looked up by the orders.
func (b *base) finish(all [fields]labels) {
	for _, price := range b.minPrice {
		if price != noPrice {
			b.priced++
		}
	}
	b.titleAt = make([]uint32, b.folds.list.count()+1)
	for _, rank := range b.title {
		b.titleAt[rank+1]++
	}
	for rank := range b.folds.list.count() {
		if b.titleAt[rank+1] == 0 {
			b.unused++
		}
		b.titleAt[rank+1] += b.titleAt[rank]
	}
	inOrder, ends := make([]int64, b.size), make([]uint32, b.size)
	for position, row := range b.order[byEnd] {
		inOrder[position] = b.end[row]
		ends[row] = narrow(position)
	}
	b.starts, b.ends = newInstants(b.start), newInstants(inOrder)
	b.startsByEnd, b.endsByStart = newWavelet(b.order[byEnd]), newWavelet(ends)
	b.longest = newLongest(b.start, b.end, b.order[byEnd])
	b.lastEnd = make([]int64, (b.size+blockRows-1)/blockRows)
	for block := range b.lastEnd {
		b.lastEnd[block] = slices.Max(b.end[block*blockRows : min((block+1)*blockRows, b.size)])
	}
	b.filters = newFilters(all, b.flags)
	b.lookups, _ = b.sumOfLookups(context.Background()) // nothing else can end it
	b.bytes = b.count()
}

// priceKey orders rows without a price behind all others.
func priceKey(price int64) uint64 {
	if price == noPrice {
		return uint64(event.MaxPrice) + 1
	}
	return uint64(price) //nolint:gosec // never negative
}

// orderedByID is the order of IDs.
func orderedByID(ids []event.ID, unordered []uint32) ([]uint32, error) {
	order := sorted(unordered, func(i uint32) uint64 { return binary.BigEndian.Uint64(ids[i][:8]) })
	compare := func(a, b uint32) int { return bytes.Compare(ids[a][:], ids[b][:]) }
	for i := 0; i+1 < len(order); i++ { // the few of which the first halves are the same
		if compare(order[i], order[i+1]) < 0 {
			continue
		}
		run := i + 2
		for run < len(order) && [8]byte(ids[order[run]][:8]) == [8]byte(ids[order[i]][:8]) {
			run++
		}
		slices.SortFunc(order[i:run], compare)
		for j := i; j+1 < run; j++ {
			if ids[order[j]] == ids[order[j+1]] {
				return nil, fault.New(fault.Internal, "the event %s came twice", ids[order[j]])
			}
		}
		i = run - 2
	}
	return order, nil
}

// permute brings the rows into an order.
func (c *columns) permute(rows []uint32) {
	c.id = permuted(c.id, rows)
	c.start, c.end = permuted(c.start, rows), permuted(c.end, rows)
	c.minPrice, c.maxPrice = permuted(c.minPrice, rows), permuted(c.maxPrice, rows)
	c.saleStart, c.saleEnd = permuted(c.saleStart, rows), permuted(c.saleEnd, rows)
	c.flags = permuted(c.flags, rows)
	c.title = permuted(c.title, rows)
	c.record = permuted(c.record, rows)
	c.seal = permuted(c.seal, rows)
}

func permuted[T any](column []T, rows []uint32) []T {
	moved := make([]T, len(rows))
	for row, i := range rows {
		moved[row] = column[i]
	}
	return moved
}
