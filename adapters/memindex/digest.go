package memindex

import (
	"encoding/binary"
	"hash/maphash"

	"github.com/marquee-events/marquee/core/event"
)

// digest makes checksums of events, which mean something within this process alone.
type digest struct{ seed maphash.Seed }

func newDigest() digest { return digest{maphash.MakeSeed()} }

// of is the checksum of all that an event says. It is asked for all the time, so it allocates nothing.
func (d digest) of(e *event.Event) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	_, _ = h.Write(e.ID[:])
	var room [16 * binary.MaxVarintLen64]byte
	numbers := room[:0]
	text := func(s string) {
		numbers = binary.AppendUvarint(numbers, uint64(len(s)))
		_, _ = h.WriteString(s)
	}
	for _, s := range shared(e) {
		text(*s)
	}
	for _, s := range own(e) {
		text(*s)
	}
	_, _ = h.Write(numbers)
	numbers = room[:0]
	f := &e.Facts
	for _, m := range [...]event.Moment{f.Start, f.End, f.SaleStart, f.SaleEnd} {
		numbers = binary.AppendVarint(binary.AppendVarint(numbers, m.Unix()), int64(m.Offset()))
	}
	for _, n := range [...]int64{int64(f.Prices.Min), int64(f.Prices.Max), f.Capacity, e.FirstSeen.UnixMilli(), e.Revision} {
		numbers = binary.AppendVarint(numbers, n)
	}
	known := byte(0)
	for i, is := range [...]bool{f.Start.Known(), f.End.Known(), f.SaleStart.Known(), f.SaleEnd.Known(), f.Prices.Known, f.SoldOut, e.Available} {
		if is {
			known |= 1 << i
		}
	}
	_, _ = h.Write(append(numbers, known))
	return h.Sum64()
}
