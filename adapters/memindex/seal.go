package memindex

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/zeebo/xxh3"

	"github.com/marquee-events/marquee/core/event"
)

// What is held is looked at again and again for memory that has changed by itself. A row is therefore sealed: a checksum of the bytes
// that it and its record are made of tells that without reading the event out of them, which might not even be possible. Digests of
// events are what is compared with others, who have the event in bytes of their own.

// sealOf is the checksum of a row whose record has the one that is told. It has no part in titles and places, which others
// move: a place that is wrong leads to a record that is not the row's.
func (c *columns) sealOf(row int, record uint64) uint64 {
	var room [len(event.ID{}) + 7*8 + 1]byte
	b := append(room[:0], c.id[row][:]...)
	for _, n := range [...]int64{c.start[row], c.end[row], c.minPrice[row], c.maxPrice[row], c.saleStart[row], c.saleEnd[row]} {
		b = binary.LittleEndian.AppendUint64(b, uint64(n)) //nolint:gosec // a checksum is of all 64 bits, whatever number they are
	}
	b = binary.LittleEndian.AppendUint64(b, record)
	return xxh3.Hash(append(b, byte(c.flags[row])))
}

// whole is the record of a place, and nothing where none can be.
func (t *texts) whole(p place) string {
	piece, at := p.split()
	if piece >= len(t.pieces) || at+4 > len(t.pieces[piece]) {
		return ""
	}
	rest := t.pieces[piece][at:]
	return rest[:min(recordLength(rest), len(rest))]
}

// sealed tells whether a row and its record are as they were made.
func (b *base) sealed(row uint32) bool {
	return b.sealOf(int(row), xxh3.HashString(b.texts.whole(b.record[row]))) == b.seal[row]
}

// named tells whether the texts that the record of a row shares with others are as they came.
func (v *version) named(row uint32) bool {
	for number := range namesOf(v.texts.whole(v.record[row])) {
		if xxh3.HashString(v.shared[number]) != v.sharedSums[number] {
			return false
		}
	}
	return true
}

// namesOf are the numbers of the shared texts that a record has.
func namesOf(whole string) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		r := record{whole[4:]}
		for range shared(&event.Event{}) {
			if !yield(r.uvarint()) {
				return
			}
		}
	}
}

// stretch is the time from one instant to another, in seconds; always and never where it is open.
type stretch struct{ from, to int64 }

// unsound are stretches of time within which each event starts that is not held as it came. When such an event starts is not to be
// believed, but where its row stands is, between others that are sound.
func (v *version) unsound(ctx context.Context, d digest) (found []stretch, err error) {
	var pace breaths
	wrong := v.wrongNames()
	last, open := int64(always), false // when the last sound row before starts, and whether there are unsound ones since
	for row := range narrow(v.base.size) {
		if v.gone.Contains(row) {
			continue
		}
		if err := pace.next(ctx); err != nil {
			return nil, err
		}
		if !v.sealed(row) {
			open = true
			continue
		}
		start := v.start[row]
		if open {
			found = append(found, stretch{last, start})
		}
		if last, open = start, false; len(wrong) > 0 && namesAny(v.texts.whole(v.record[row]), wrong) {
			found = append(found, stretch{start, start})
		}
	}
	if open {
		found = append(found, stretch{last, never})
	}
	for i, f := range v.added[byStart] {
		if err := pace.next(ctx); err != nil {
			return nil, err
		}
		if start := v.plus.start[i]; d.of(&f.event) != f.sum {
			found = append(found, stretch{start, start})
		}
	}
	return found, nil
}

// wrongNames are the numbers of shared texts that are not what they were.
func (v *version) wrongNames() map[uint64]bool {
	wrong := map[uint64]bool{}
	for number, text := range v.shared {
		if xxh3.HashString(text) != v.sharedSums[number] {
			wrong[uint64(number)] = true
		}
	}
	return wrong
}

// namesAny tells whether a record has one of the shared texts.
func namesAny(whole string, numbers map[uint64]bool) bool {
	for number := range namesOf(whole) {
		if numbers[number] {
			return true
		}
	}
	return false
}
