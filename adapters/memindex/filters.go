package memindex

import (
	"math"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// The fields that searches ask for exactly, in the order of arrays of them.
const (
	fieldCurrency = iota
	fieldProvider
	fieldOrganizer
	fieldCategory
	fieldCity
	fields
)

// valuesOf are an event's values of the fields.
func valuesOf(e *event.Event) [fields]string {
	f := &e.Facts
	return [fields]string{f.Currency, e.Identity.Provider, f.Organizer, f.Category, f.City}
}

// wanted are the values that are asked for.
func wanted(c *catalogue.Criteria) [fields]string {
	return [fields]string{c.Currency, c.Provider, c.Organizer, c.Category, c.City}
}

// filters have the rows of each value.
type filters struct {
	values    [fields]map[string]*roaring.Bitmap // but for empty ones, which nobody asks for
	available *roaring.Bitmap
	soldOut   *roaring.Bitmap
	forSale   *roaring.Bitmap // available, online and not sold out; whether the sale goes on is another question
}

// labels are the values of a field, by row. A value is told as its number in the list.
type labels struct {
	rows    []uint32
	list    []string
	numbers map[string]uint32
}

// add adds a row.
func (l *labels) add(value string) { l.rows = append(l.rows, l.number(value)) }

// number is that of a value, which gets one if it has none.
func (l *labels) number(value string) uint32 {
	number, known := l.numbers[value]
	if !known {
		if l.numbers == nil {
			l.numbers = map[string]uint32{}
		}
		number = narrow(len(l.list))
		value = strings.Clone(value)
		l.numbers[value], l.list = number, append(l.list, value)
	}
	return number
}

// labelsOf are those of a field.
func (f *filters) labelsOf(field, size int) (l labels) {
	l.add("") // which most often is what no bitmap has
	l.rows = make([]uint32, size)
	for value, with := range f.values[field] {
		number := narrow(len(l.list))
		l.numbers[value], l.list = number, append(l.list, value)
		with.Iterate(func(row uint32) bool {
			l.rows[row] = number
			return true
		})
	}
	return l
}

// newFilters makes them of all rows.
func newFilters(labels [fields]labels, all []flags) (f filters) {
	for field, l := range labels {
		f.values[field] = map[string]*roaring.Bitmap{}
		for number, rows := range grouped(l.rows, len(l.list)) {
			if len(rows) > 0 && l.list[number] != "" {
				f.values[field][l.list[number]] = compact(rowsOrdered(rows))
			}
		}
	}
	var available, soldOut, forSale []uint32
	for row, flag := range all {
		row := narrow(row)
		if flag&isAvailable != 0 {
			available = append(available, row)
		}
		if flag&isSoldOut != 0 {
			soldOut = append(soldOut, row)
		}
		if flag == isAvailable|isOnline {
			forSale = append(forSale, row)
		}
	}
	f.available, f.soldOut, f.forSale = compact(rowsOrdered(available)), compact(rowsOrdered(soldOut)), compact(rowsOrdered(forSale))
	return f
}

// grouped are the rows of each number, in order.
func grouped(numbers []uint32, count int) [][]uint32 {
	sizes := make([]int, count)
	for _, number := range numbers {
		sizes[number]++
	}
	all := make([]uint32, len(numbers))
	groups := make([][]uint32, count)
	begin := 0
	for number, size := range sizes {
		groups[number] = all[begin : begin : begin+size]
		begin += size
	}
	for row, number := range numbers {
		groups[number] = append(groups[number], narrow(row))
	}
	return groups
}

// rowsOrdered are rows that are told in order as a bitmap.
func rowsOrdered(rows []uint32) *roaring.Bitmap {
	b := roaring.New()
	b.AddMany(rows)
	return b
}

func compact(b *roaring.Bitmap) *roaring.Bitmap {
	b.RunOptimize()
	return b
}

func (f *filters) bytes() int64 {
	const each = 48 // of a place in the map, and the bitmap's own
	size := sizeOf(f.available) + sizeOf(f.soldOut) + sizeOf(f.forSale)
	for _, values := range f.values {
		for value, rows := range values {
			size += sizeOf(rows) + int64(len(value)) + each
		}
	}
	return size
}

// sizeOf is how many bytes a bitmap takes.
func sizeOf(b *roaring.Bitmap) int64 { return int64(min(b.GetSizeInBytes(), math.MaxInt64)) }
