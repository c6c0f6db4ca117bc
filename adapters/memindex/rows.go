package memindex

import (
	"math/bits"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/catalogue"
)

// rows are those of the base that match all that is asked.
func (s *question) rows() *roaring.Bitmap {
	b, c := s.base, &s.q.Criteria
	p := s.span()
	if s.order == byEnd { // rows stand in the order of starts
		byStarts := *s
		byStarts.order = byStart
		p = byStarts.span()
	}
	with, without, none := s.bitmaps()
	if none || p.first >= p.limit {
		return roaring.New()
	}
	if len(with) == 0 || p.first > 0 || p.limit < b.size {
		interval := roaring.New()
		interval.AddRange(uint64(p.first), uint64(p.limit)) //nolint:gosec // rows
		with = append(with, interval)
	}
	rows := roaring.FastAnd(with...)
	if p.total < p.limit-p.first {
		without = append(without, s.outside(&p))
	}
	if len(s.dead) > 0 {
		without = append(without, s.gone)
	}
	for _, w := range without {
		rows.AndNot(w)
	}
	if c.MinPrice == nil && c.MaxPrice == nil && c.OnSale == nil {
		return rows
	}
	return keep(rows, b.size, func(row uint32) bool {
		return s.hasPrice(row) && (c.OnSale == nil || *c.OnSale == s.onSale(row))
	})
}

// bitmaps are those of which a row has to be in each, or in none. none tells that no row can match.
func (s *question) bitmaps() (with, without []*roaring.Bitmap, none bool) {
	b, c := s.base, &s.q.Criteria
	for field, value := range wanted(c) {
		if value == "" {
			continue
		}
		rows := b.filters.values[field][value]
		if rows == nil {
			return nil, nil, true
		}
		with = append(with, rows)
	}
	for _, flag := range [...]struct {
		wanted *bool
		rows   *roaring.Bitmap
	}{{c.SoldOut, b.filters.soldOut}, {c.Available, b.filters.available}} {
		switch {
		case flag.wanted == nil:
		case *flag.wanted:
			with = append(with, flag.rows)
		default:
			without = append(without, flag.rows)
		}
	}
	if c.OnSale != nil && *c.OnSale {
		with = append(with, b.filters.forSale)
	}
	if len(c.Words) > 0 {
		ranks := b.folds.with(c.Words)
		if len(ranks) == 0 {
			return nil, nil, true
		}
		with = append(with, b.rowsOfTitles(ranks))
	}
	return with, without, false
}

func (s *question) hasPrice(row uint32) bool {
	c := &s.q.Criteria
	if c.MinPrice == nil && c.MaxPrice == nil {
		return true
	}
	return s.minPrice[row] != noPrice &&
		(c.MinPrice == nil || s.maxPrice[row] >= int64(*c.MinPrice)) && (c.MaxPrice == nil || s.minPrice[row] <= int64(*c.MaxPrice))
}

func (s *question) onSale(row uint32) bool {
	now := s.q.Now.Unix()
	return s.flags[row] == isAvailable|isOnline && s.saleStart[row] <= now && s.saleEnd[row] >= now
}

// outside are the rows of a span that do not match: those that begin in time and end too late, or too early.
func (s *question) outside(p *span) *roaring.Bitmap {
	late := func(end int64) bool { return end > s.to }
	if s.overlaps {
		late = func(end int64) bool { return end < s.from }
	}
	var rows []uint32
	for begin := p.first; begin < p.limit; {
		block := begin / blockRows
		end := min((block+1)*blockRows, p.limit)
		if !s.overlaps && s.lastEnd[block] <= s.to {
			begin = end
			continue
		}
		for row := begin; row < end; row++ {
			if late(s.end[row]) {
				rows = append(rows, narrow(row))
			}
		}
		begin = end
	}
	return rowsOrdered(rows)
}

// keep are the rows that are liked.
func keep(rows *roaring.Bitmap, size int, like func(row uint32) bool) *roaring.Bitmap {
	if rows.GetCardinality() > uint64(size/bits.UintSize) { //nolint:gosec // a number of rows
		return keepDense(rows, size, like)
	}
	var kept []uint32
	rows.Iterate(func(row uint32) bool {
		if like(row) {
			kept = append(kept, row)
		}
		return true
	})
	return rowsOrdered(kept)
}

func keepDense(rows *roaring.Bitmap, size int, like func(row uint32) bool) *roaring.Bitmap {
	dense := make([]uint64, (size+63)/64)
	rows.WriteDenseTo(dense)
	for i, word := range dense {
		for left := word; left != 0; left &= left - 1 {
			bit := bits.TrailingZeros64(left)
			if !like(narrow(i*64 + bit)) {
				word &^= 1 << bit
			}
		}
		dense[i] = word
	}
	return roaring.FromDense(dense, true)
}

// currencies are the first few of what matches.
func (m *matching) currencies() []string {
	found := map[string]bool{}
	for value, rows := range m.filters.values[fieldCurrency] {
		if m.rows.Intersects(rows) {
			found[value] = true
		}
	}
	for _, f := range m.deltas() {
		if f.event.Facts.Currency != "" {
			found[f.event.Facts.Currency] = true
		}
	}
	var list []string
	for value := range found {
		list = append(list, value)
	}
	slices.Sort(list)
	return list[:min(len(list), catalogue.MostCurrencies)]
}
