package memindex

import (
	"bytes"
	"math"
	"sort"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// columns are events, a row each.
type columns struct {
	id                 []event.ID
	start, end         []int64
	minPrice, maxPrice []int64 // noPrice where there is none
	saleStart, saleEnd []int64 // always and never where the feed does not say
	flags              []flags
	title              []uint32 // rank of its fold
	record             []place
	seal               []uint64 // checksum of the row and its record as they were made
}

// bytesARow is what columns and orders take for each row, with the starts that are a column and the ends that are none.
const bytesARow = 16 + 6*8 + 1 + 4 + 8 + 8 + (orders-1)*4 + 8

const (
	noPrice = -1
	always  = math.MinInt64
	never   = math.MaxInt64
)

// flags are what is true of an event.
type flags uint8

const (
	isAvailable flags = 1 << iota
	isSoldOut
	isOnline
)

func flagsOf(e *event.Event) (f flags) {
	if e.Available {
		f |= isAvailable
	}
	if e.Facts.SoldOut {
		f |= isSoldOut
	}
	if e.Facts.SellMode == event.Online {
		f |= isOnline
	}
	return f
}

// The orders of the rows. Rows themselves stand in the order of start.
const (
	byStart = iota
	byEnd
	byTitle
	byMinPrice
	byMaxPrice
	byID // for finding events
	orders
)

// orderOf is the place of an order in arrays of them.
func orderOf(by catalogue.SortBy) int {
	switch by {
	case catalogue.ByEnd:
		return byEnd
	case catalogue.ByTitle:
		return byTitle
	case catalogue.ByMinPrice:
		return byMinPrice
	case catalogue.ByMaxPrice:
		return byMaxPrice
	case catalogue.ByStart:
	}
	return byStart
}

// base is a catalogue that does not change.
type base struct {
	columns
	texts texts
	size  int // rows

	// order has the rows in each order; nil for byStart, where they are themselves. In those of prices, rows without one are last.
	order  [orders][]uint32
	priced int // rows that have a price

	starts, ends instants // of all rows, in order
	startsByEnd  *wavelet // rows, in the order of their ends
	endsByStart  *wavelet // positions in the order of ends, by row
	longest      *longest
	lastEnd      []int64 // of each block of rows

	folds   *folds
	titleAt []uint32 // where the rows of each fold begin in the order of titles
	filters filters

	unused      int    // folds that no row has
	unusedNames int    // shared texts that no row has
	lookups     uint64 // checksum of what events are found by, as it was made
	bytes       int64  // that all of it takes, about
}

// blockRows are the rows of a block.
const blockRows = 1024

// narrow is a row, a position or a rank as columns have them. There are fewer of each than 2^32.
func narrow(n int) uint32 { return uint32(n) } //nolint:gosec // as it says

// row is the one at a position of an order.
func (b *base) row(order int, position uint32) uint32 {
	if order == byStart {
		return position
	}
	return b.order[order][position]
}

// read is the event of a row.
func (b *base) read(row uint32, shared []string, e *event.Event) {
	e.ID = b.id[row]
	r := b.texts.at(b.record[row])
	r.read(e, shared, b.start[row], b.end[row], b.saleStart[row], b.saleEnd[row])
	f := &e.Facts
	f.SoldOut, e.Available = b.flags[row]&isSoldOut != 0, b.flags[row]&isAvailable != 0
	f.Prices = event.PriceRange{}
	if b.minPrice[row] != noPrice {
		f.Prices = event.PriceRange{Min: event.Price(b.minPrice[row]), Max: event.Price(b.maxPrice[row]), Known: true}
	}
}

// find is the row of an event.
func (b *base) find(id event.ID) (uint32, bool) {
	rows, i := b.order[byID], b.beforeID(id)
	if i == len(rows) || b.id[rows[i]] != id {
		return 0, false
	}
	return rows[i], true
}

// beforeID is the position in the order of IDs before which an ID stands, or that it has.
func (b *base) beforeID(id event.ID) int {
	rows := b.order[byID]
	return sort.Search(len(rows), func(i int) bool { return bytes.Compare(b.id[rows[i]][:], id[:]) >= 0 })
}

// key is what an order compares before the ID, but for titles, of which the rank is.
func (b *base) key(order int, row uint32) int64 {
	switch order {
	case byEnd:
		return b.end[row]
	case byTitle:
		return int64(b.title[row])
	case byMinPrice:
		return b.minPrice[row]
	case byMaxPrice:
		return b.maxPrice[row]
	default:
		return b.start[row]
	}
}

// lowerBound is the first position of an order that does not stand before what is told.
func (b *base) lowerBound(order int, p catalogue.Position) int {
	lo, hi, behind := b.bounding(order, p)
	return lo + sort.Search(hi-lo, func(i int) bool { return behind(lo + i) })
}

// bounding is where the lower bound lies, the limit included, and tells of each position before the limit whether it does not stand before
// what is told.
func (b *base) bounding(order int, p catalogue.Position) (first, limit int, behind func(position int) bool) {
	limit = b.size
	key, exact := p.Number, true
	switch order {
	case byMinPrice, byMaxPrice:
		if p.None {
			first, key = b.priced, noPrice
		} else {
			limit = b.priced
		}
	case byTitle:
		var rank int
		rank, exact = b.folds.rank(p.Text)
		key = int64(rank)
	}
	return first, limit, func(position int) bool {
		row := b.row(order, narrow(position))
		if k := b.key(order, row); k != key || !exact {
			return k >= key
		}
		return bytes.Compare(b.id[row][:], p.ID[:]) >= 0
	}
}

func (b *base) count() int64 {
	return int64(b.size)*bytesARow + b.starts.bytes() + b.ends.bytes() + b.longest.bytes() + b.texts.bytes + b.startsByEnd.bytes() + b.endsByStart.bytes() +
		b.folds.bytes + int64(len(b.titleAt))*4 + b.filters.bytes()
}

// rowsOf are rows as a bitmap.
func rowsOf(rows []uint32, size int) *roaring.Bitmap {
	if len(rows) == 0 {
		return roaring.New()
	}
	dense := make([]uint64, (size+63)/64)
	for _, row := range rows {
		dense[row/64] |= 1 << (row % 64)
	}
	return roaring.FromDense(dense, true)
}
