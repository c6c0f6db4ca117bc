package memindex

import (
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"
)

// Memory is what is held of the base, of what its records name and of what changed since, as it lies there, for who flips bits of it: where every
// bit means something, and none leads to other memory.
func (x *Index) Memory() [][]byte {
	v := x.current.Load()
	all := [][]byte{
		raw(v.id), raw(v.start), raw(v.end), raw(v.minPrice), raw(v.maxPrice), raw(v.saleStart), raw(v.saleEnd),
		raw(v.flags), raw(v.record), raw(v.seal),
	}
	for _, f := range v.added[byStart] {
		all = append(all, raw(f.event.ID[:]), raw1(&f.sum), raw1(&f.event.Facts.Prices.Min), raw1(&f.event.Facts.Start)[:12], raw1(&f.event.Facts.Capacity), raw1(&f.event.Revision))
	}
	for _, texts := range [...][]string{v.texts.pieces, v.shared} {
		for _, text := range texts {
			all = appendText(all, text)
		}
	}
	return all
}

// LookupMemory is what events are found by, as it lies there, and Bitmaps are the rest of it.
func (x *Index) LookupMemory() [][]byte {
	v := x.current.Load()
	b := v.base
	all := [][]byte{
		raw(v.title), raw(v.titleAt), raw(v.lastEnd), raw(v.ends.all), raw(v.folds.list.ends), raw(v.folds.used), raw(v.longest.starts.all), raw(v.longest.ends.all),
		raw1(&v.longest.others), raw1(&b.lookups), raw1(&b.priced),
		raw(v.dead), raw(v.deadByEnd),
	}
	for _, rows := range v.order {
		all = append(all, raw(rows))
	}
	for _, i := range []*instants{&v.starts, &v.ends, &v.longest.starts, &v.longest.ends} {
		for _, marks := range i.marks {
			all = append(all, raw(marks))
		}
	}
	for _, w := range []*wavelet{v.startsByEnd, v.endsByStart, v.longest.startsByEnd} {
		all = append(all, raw1(&w.length))
		for i := range w.levels {
			all = append(all, raw(w.levels[i].bits), raw1(&w.levels[i].zeros))
		}
	}
	for _, s := range []*spans{&v.plus, &v.minus} {
		all = append(all, raw(s.start), raw(s.end), raw(s.ends))
	}
	for _, f := range v.added[byStart] {
		all = appendText(append(all, raw(f.before[:])), f.fold)
	}
	for _, values := range v.filters.values {
		for value := range values {
			all = appendText(all, value)
		}
	}
	return appendText(all, v.folds.list.text)
}

// Bitmaps are what events are found by and lies elsewhere than LookupMemory.
func (x *Index) Bitmaps() []*roaring.Bitmap {
	v := x.current.Load()
	all := []*roaring.Bitmap{v.gone, v.filters.available, v.filters.soldOut, v.filters.forSale}
	for _, values := range v.filters.values {
		for _, rows := range values {
			all = append(all, rows)
		}
	}
	for _, gram := range v.folds.used {
		all = append(all, v.folds.grams[gram])
	}
	return all
}

func appendText(all [][]byte, text string) [][]byte {
	if len(text) < 2 { // texts of one byte are the runtime's, where nothing can be written
		return all
	}
	return append(all, unsafe.Slice(unsafe.StringData(text), len(text)))
}

func raw1[T any](one *T) []byte { return raw(unsafe.Slice(one, 1)) }

func raw[T any](column []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column)*int(unsafe.Sizeof(one)))
}
