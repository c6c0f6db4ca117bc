package memindex

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/marquee-events/marquee/core/event"
)

// What searches do not compare lies in records: an event's texts and the rest of its numbers, one after the other in large pieces. A text that is
// read is a part of its piece, so reading an event copies nothing.

// pieceBytes is about how large a piece is.
const pieceBytes = 1 << 20

// place is where a record is: the number of its piece in the upper half, and where it begins in the lower.
type place uint64

func placeAt(piece, offset int) place { return place(piece)<<32 | place(offset) } //nolint:gosec // both are far below 2^32

// split is what placeAt was given.
func (p place) split() (piece, offset int) { return int(p >> 32), int(p & math.MaxUint32) }

// names are texts that many events share, by number. They are only added to: whoever has a version reads those of its time.
type names struct {
	list    []string
	sums    []uint64 // checksum of each
	numbers map[string]uint32
	bytes   int64
}

func newNames() *names { return &names{numbers: map[string]uint32{}} }

// number is that of the text, which gets one if it has none.
func (n *names) number(text string) uint32 {
	if number, known := n.numbers[text]; known {
		return number
	}
	const overhead = 72 // of a place in the lists and one in the map, in bytes
	text = string(append([]byte(nil), text...))
	number := narrow(len(n.list))
	n.list, n.sums, n.numbers[text] = append(n.list, text), append(n.sums, xxh3.HashString(text)), number
	n.bytes += int64(len(text)) + overhead
	return number
}

// shared are the texts of an event that others have too.
func shared(e *event.Event) [8]*string {
	f := &e.Facts
	return [...]*string{&e.Identity.Provider, &f.Organizer, &f.SellMode, &f.TimeZone, &f.Currency, &f.Category, &f.City, &f.Venue}
}

// own are the texts that mostly are its own.
func own(e *event.Event) [5]*string {
	f := &e.Facts
	return [...]*string{&e.Identity.Base, &e.Identity.Event, &f.Title, &f.URL, &f.Image}
}

// appendRecord appends what columns do not have of an event, with its length in front.
func appendRecord(b []byte, e *event.Event, n *names) []byte {
	begin := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, text := range shared(e) {
		b = binary.AppendUvarint(b, uint64(n.number(*text)))
	}
	for _, text := range own(e) {
		b = binary.AppendUvarint(b, uint64(len(*text)))
		b = append(b, *text...)
	}
	f := &e.Facts
	for _, m := range [...]event.Moment{f.Start, f.End, f.SaleStart, f.SaleEnd} {
		offset := int64(m.Offset()) << 1
		if m.Known() {
			offset |= 1
		}
		b = binary.AppendVarint(b, offset)
	}
	b = binary.AppendVarint(b, f.Capacity)
	b = binary.AppendVarint(b, e.FirstSeen.UnixMilli())
	b = binary.AppendVarint(b, e.Revision)
	binary.LittleEndian.PutUint32(b[begin:], uint32(len(b)-begin)) //nolint:gosec // a record is far below 4 GiB
	return b
}

// record reads one.
type record struct{ rest string }

func (r *record) uvarint() uint64 {
	var x uint64
	for shift := 0; ; shift += 7 {
		c := r.rest[0]
		r.rest = r.rest[1:]
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return x
		}
	}
}

func (r *record) varint() int64 {
	x := r.uvarint()
	return int64(x>>1) ^ -int64(x&1)
}

func (r *record) text() string {
	n := r.uvarint()
	text := r.rest[:n]
	r.rest = r.rest[n:]
	return text
}

// recordLength is how many bytes the record takes that begins here.
func recordLength(piece string) int {
	return int(piece[0]) | int(piece[1])<<8 | int(piece[2])<<16 | int(piece[3])<<24
}

// read sets what the record has of an event; the instants and prices of which are in columns. It can be read once.
func (r *record) read(e *event.Event, texts []string, start, end, saleStart, saleEnd int64) {
	r.rest = r.rest[4:]
	for _, text := range shared(e) {
		*text = texts[r.uvarint()]
	}
	for _, text := range own(e) {
		*text = r.text()
	}
	f := &e.Facts
	f.Start, f.End = r.moment(start), r.moment(end)
	f.SaleStart, f.SaleEnd = r.moment(saleStart), r.moment(saleEnd)
	f.Capacity = r.varint()
	e.FirstSeen = time.UnixMilli(r.varint()).UTC()
	e.Revision = r.varint()
}

func (r *record) moment(unix int64) event.Moment {
	offset := r.varint()
	if offset&1 == 0 {
		return event.Moment{}
	}
	return event.MomentAt(unix, int32(offset>>1)) //nolint:gosec // written from an int32
}

// texts are the pieces that records lie in.
type texts struct {
	pieces []string
	open   []byte // the piece that is being written
	bytes  int64  // of all
}

// add keeps an event's record, and tells the checksum of it.
func (t *texts) add(e *event.Event, n *names) (at place, sum uint64) {
	begin := len(t.open)
	at = placeAt(len(t.pieces), begin)
	t.open = appendRecord(t.open, e, n)
	sum = xxh3.Hash(t.open[begin:])
	t.closeIfFull()
	return at, sum
}

// keep keeps a record that was made before.
func (t *texts) keep(record string) place {
	at := placeAt(len(t.pieces), len(t.open))
	t.open = append(t.open, record...)
	t.closeIfFull()
	return at
}

func (t *texts) closeIfFull() {
	if len(t.open) >= pieceBytes {
		t.close()
	}
}

// close ends the open piece. Until then its records cannot be read.
func (t *texts) close() {
	if len(t.open) == 0 {
		return
	}
	t.pieces = append(t.pieces, string(t.open))
	t.bytes += int64(len(t.open))
	t.open = t.open[:0]
}

// at is the record of a place.
func (t *texts) at(p place) record {
	piece, offset := p.split()
	return record{t.pieces[piece][offset:]}
}

// namesIn is how many of the shared texts are in records.
func (t *texts) namesIn(places []place, all int) (count int) {
	seen := make([]bool, all)
	for _, p := range places {
		for number := range namesOf(t.at(p).rest) {
			if !seen[number] {
				seen[number] = true
				count++
			}
		}
	}
	return count
}

// wasted tells whether more than half of all is of records that nobody needs any more.
func (t *texts) wasted(needed []place) bool {
	used := int64(0)
	for _, p := range needed {
		used += int64(recordLength(t.at(p).rest))
	}
	return used*2 < t.bytes
}

// rewrite leaves out what is not needed, and tells the new places in place of the old.
func (t *texts) rewrite(needed []place) {
	var kept texts
	for i, p := range needed {
		r := t.at(p).rest
		needed[i] = kept.keep(r[:recordLength(r)])
	}
	kept.close()
	*t = kept
}
