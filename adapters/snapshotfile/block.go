package snapshotfile

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// A block is read without any other. An event in it is a byte of flags, its ID, numbers and texts, in the order of block.add.
//
// Numbers are varints, and times are told by how far they are from another: first seen from that of the event before, ends and
// sales from the start. Differences wrap around, so every number survives. A text is its length and its bytes. One that
// often repeats is a word: its place among the block's words, or 0 and the text, which becomes the next of them; the first
// word of every block is empty.

// Flags of an event.
const (
	available = 1 << iota
	soldOut
	priced
	starts
	ends
	saleStarts
	saleEnds
)

// The columns that are words.
const (
	provider = iota
	organizer
	sellMode
	timeZone
	currency
	category
	city
	venue
	columns
)

func words(e *event.Event) [columns]*string {
	f := &e.Facts
	return [columns]*string{&e.Identity.Provider, &f.Organizer, &f.SellMode, &f.TimeZone, &f.Currency, &f.Category, &f.City, &f.Venue}
}

func texts(e *event.Event) [5]*string {
	f := &e.Facts
	return [...]*string{&e.Identity.Base, &e.Identity.Event, &f.Title, &f.URL, &f.Image}
}

// block is one that is being written.
type block struct {
	b         []byte
	words     map[string]uint64 // and their places
	last      [columns]string   // of the event before
	places    [columns]uint64   // of those
	firstSeen int64
	start     int64
}

func newBlock() block {
	b := block{b: make([]byte, 0, fullBlock+8<<10), words: map[string]uint64{}}
	b.reset()
	return b
}

func (b *block) reset() {
	clear(b.words)
	b.words[""] = 1
	b.last = [columns]string{}
	for i := range b.places {
		b.places[i] = 1
	}
	b.b, b.firstSeen, b.start = b.b[:0], 0, 0
}

func (b *block) add(e *event.Event) {
	f := &e.Facts
	var flags byte
	for _, flag := range [...]struct {
		on  bool
		bit byte
	}{
		{e.Available, available},
		{f.SoldOut, soldOut},
		{f.Prices.Known, priced},
		{f.Start.Known(), starts},
		{f.End.Known(), ends},
		{f.SaleStart.Known(), saleStarts},
		{f.SaleEnd.Known(), saleEnds},
	} {
		if flag.on {
			flags |= flag.bit
		}
	}
	b.b = append(append(b.b, flags), e.ID[:]...)

	start, offset := f.Start.Unix(), int64(f.Start.Offset())
	firstSeen := e.FirstSeen.UnixMilli()
	b.number(start - b.start)
	b.number(offset)
	b.moment(f.End, start, offset)
	b.moment(f.SaleStart, start, offset)
	b.moment(f.SaleEnd, start, offset)
	b.number(firstSeen - b.firstSeen)
	b.number(int64(f.Prices.Min))
	b.number(int64(f.Prices.Max - f.Prices.Min))
	b.number(f.Capacity)
	b.number(e.Revision)
	b.start, b.firstSeen = start, firstSeen

	for i, s := range words(e) {
		b.word(i, *s)
	}
	for _, s := range texts(e) {
		b.text(*s)
	}
}

func (b *block) number(n int64) { b.b = binary.AppendVarint(b.b, n) }

// moment is nothing when it is not known, which the flags say.
func (b *block) moment(m event.Moment, start, offset int64) {
	if m.Known() {
		b.number(m.Unix() - start)
		b.number(int64(m.Offset()) - offset)
	}
}

func (b *block) word(column int, s string) {
	if s == b.last[column] {
		b.b = binary.AppendUvarint(b.b, b.places[column])
		return
	}
	place, known := b.words[s]
	if known {
		b.b = binary.AppendUvarint(b.b, place)
	} else {
		b.b = append(b.b, 0)
		b.text(s)
		place = uint64(len(b.words)) + 1
		b.words[s] = place
	}
	b.last[column], b.places[column] = s, place
}

func (b *block) text(s string) {
	b.b = append(binary.AppendUvarint(b.b, uint64(len(s))), s...)
}

// events are those of a block that is being read.
type events struct {
	raw       []byte
	text      string // the same, of which events have parts
	at        int
	broken    bool // what is read makes no sense
	words     []string
	kept      map[string]string // words of all blocks
	firstSeen int64
	start     int64
	e         event.Event
}

// Bounds of what is kept from one block to the next, so that a word that is everywhere is in memory once.
const (
	maxKept     = 1 << 15
	longestKept = 64
)

func newEvents() events { return events{kept: map[string]string{}} }

// reset begins a block, of whose bytes a copy is taken.
func (d *events) reset(raw []byte) {
	d.raw, d.text, d.at, d.broken = raw, string(raw), 0, false
	d.words = append(d.words[:0], "")
	d.firstSeen, d.start = 0, 0
}

func (d *events) more() bool { return d.at < len(d.raw) }

// next is valid until the next one.
func (d *events) next() (*event.Event, error) {
	e := &d.e
	*e = event.Event{}
	f := &e.Facts
	flags := d.bytes(1 + len(e.ID))
	if d.broken {
		return nil, errContent
	}
	copy(e.ID[:], flags[1:])
	has := func(flag byte) bool { return flags[0]&flag != 0 }
	e.Available, f.SoldOut, f.Prices.Known = has(available), has(soldOut), has(priced)

	start := d.start + d.number()
	offset := d.number()
	f.Start = d.moment(has(starts), start, offset)
	for _, m := range [...]struct {
		known bool
		to    *event.Moment
	}{{has(ends), &f.End}, {has(saleStarts), &f.SaleStart}, {has(saleEnds), &f.SaleEnd}} {
		if m.known {
			*m.to = d.moment(true, start+d.number(), offset+d.number())
		}
	}
	d.firstSeen += d.number()
	d.start = start
	e.FirstSeen = time.UnixMilli(d.firstSeen).UTC()
	f.Prices.Min = event.Price(d.number())
	f.Prices.Max = f.Prices.Min + event.Price(d.number())
	f.Capacity = d.number()
	e.Revision = d.number()

	for _, s := range words(e) {
		*s = d.word()
	}
	for _, s := range texts(e) {
		*s = d.string()
	}
	if d.broken {
		return nil, errContent
	}
	return e, nil
}

func (d *events) moment(known bool, unix, offset int64) event.Moment {
	if int64(int32(offset)) != offset { //nolint:gosec // it is the question
		d.broken = true
	}
	if !known {
		return event.Moment{}
	}
	return event.MomentAt(unix, int32(offset)) //nolint:gosec // as above
}

func (d *events) word() string {
	place := d.uvarint()
	if place > 0 {
		if place > uint64(len(d.words)) {
			d.broken = true
			return ""
		}
		return d.words[place-1]
	}
	s := d.string()
	if kept, known := d.kept[s]; known {
		s = kept
	} else if len(s) <= longestKept && len(d.kept) < maxKept {
		s = strings.Clone(s)
		d.kept[s] = s
	}
	d.words = append(d.words, s)
	return s
}

func (d *events) string() string {
	n := d.uvarint()
	if n > uint64(len(d.raw)-d.at) { //nolint:gosec // at is inside
		d.broken = true
		return ""
	}
	at := d.at
	d.at += int(n) //nolint:gosec // bounded above
	return d.text[at:d.at]
}

func (d *events) bytes(n int) []byte {
	if n > len(d.raw)-d.at {
		d.broken = true
		return nil
	}
	d.at += n
	return d.raw[d.at-n : d.at]
}

func (d *events) number() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1) // as binary.Varint has it
}

func (d *events) uvarint() uint64 {
	if d.at < len(d.raw) {
		if b := d.raw[d.at]; b < 0x80 {
			d.at++
			return uint64(b)
		}
	}
	u, n := binary.Uvarint(d.raw[d.at:])
	if n <= 0 {
		d.broken = true
		return 0
	}
	d.at += n
	return u
}
