package memindex

import (
	"unsafe"

	"github.com/marquee-events/marquee/core/event"
)

// Memory is what is held of the base and of what its records name, as it lies there, for who flips bits of it.
func (x *Index) Memory() [][]byte {
	v := x.current.Load()
	all := [][]byte{
		raw(v.id), raw(v.start), raw(v.end), raw(v.minPrice), raw(v.maxPrice), raw(v.saleStart), raw(v.saleEnd),
		raw(v.flags), raw(v.record), raw(v.seal),
	}
	for _, texts := range [...][]string{v.texts.pieces, v.shared} {
		for _, text := range texts {
			if len(text) > 1 { // texts of one byte are the runtime's, where nothing can be written
				all = append(all, unsafe.Slice(unsafe.StringData(text), len(text)))
			}
		}
	}
	return all
}

func raw[T event.ID | int64 | uint64 | flags | place](column []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column)*int(unsafe.Sizeof(one)))
}
