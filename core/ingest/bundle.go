package ingest

import (
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// How large a chunk grows before it is sent. Compressed, that is usually a fifth of what a message may
// carry: enough to make a transaction worth its while, little enough to keep several consumers busy.
const (
	chunkPlain = 256 << 10
	maxRecords = 500
)

// bundler gathers records into bodies that fit into a message, in order. What fits into none becomes a
// stub: the catalogue then knows that the event is there and why it was not taken.
type bundler struct {
	chunk Chunk // its Number is that of the next body
	size  int
	emit  func(number int, body []byte) error
}

func (b *bundler) add(r catalogue.Record) error {
	size := plainSize(r)
	if size > maxChunkPlain/2 { // no consumer would unpack it
		r = stub(r, catalogue.TooLarge)
		size = plainSize(r)
	}
	if len(b.chunk.Records) > 0 && b.size+size > chunkPlain {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.chunk.Records = append(b.chunk.Records, r)
	b.size += size
	if len(b.chunk.Records) == maxRecords {
		return b.flush()
	}
	return nil
}

func (b *bundler) flush() error {
	records := b.chunk.Records
	b.chunk.Records, b.size = nil, 0
	return b.send(records)
}

// send halves what is too large: texts that hardly compress are rare, and only they pay for it.
func (b *bundler) send(records []catalogue.Record) error {
	if len(records) == 0 {
		return nil
	}
	c := b.chunk
	c.Records = records
	body := EncodeChunk(c)
	switch {
	case len(body) <= ports.MaxBody:
		b.chunk.Number++
		return b.emit(c.Number, body)
	case len(records) == 1:
		return b.send([]catalogue.Record{stub(records[0], catalogue.TooLarge)})
	}
	half := len(records) / 2
	if err := b.send(records[:half]); err != nil {
		return err
	}
	return b.send(records[half:])
}

// plainSize is about what the record adds to a chunk before it is compressed.
func plainSize(r catalogue.Record) int {
	const overhead = 4
	size := overhead
	for _, fields := range append([]catalogue.Fields{r.Base, r.Event}, r.Zones...) {
		size += overhead
		for _, f := range fields {
			size += overhead + len(f.Value)
		}
	}
	return size
}

// maxStubText is the most of each text that a stub keeps, in bytes: ids whole, titles cut.
const maxStubText = maxID

// stub keeps who the record is and drops the rest.
func stub(r catalogue.Record, flaw catalogue.Reason) catalogue.Record {
	keep := func(fields catalogue.Fields, names ...string) catalogue.Fields {
		var kept catalogue.Fields
		for _, name := range names {
			if value, ok := fields.Get(name); ok {
				kept = append(kept, catalogue.Field{Name: name, Value: cut(value, maxStubText)})
			}
		}
		return kept
	}
	return catalogue.Record{
		Position: r.Position,
		Base:     keep(r.Base, catalogue.BaseID, catalogue.BaseTitle, catalogue.BaseSellMode),
		Event:    keep(r.Event, catalogue.EventID, catalogue.EventStart, catalogue.EventEnd),
		Flaw:     flaw, Damaged: r.Damaged,
	}
}
