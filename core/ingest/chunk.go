package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strings"
	"sync"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// Chunk is a part of a run: some of its records, and what is needed to understand them anywhere.
type Chunk struct {
	Run      catalogue.RunRef
	Number   int // from 0
	TimeZone string
	Currency string
	Records  []catalogue.Record
}

// The wire format of a chunk is gzip (whose checksum guards it) around a version byte and fields in
// order: numbers as unsigned varints, texts as their length and bytes. A record repeats its base event's
// header only where it differs from the record before. Names of fields stand in a table that grows
// as they appear: a number below its length refers to an entry, its length introduces a new one.
//
// Not JSON: the two ends of the broker spend most of their time here, and this costs a sixth of it.
const chunkVersion = 1

// A consumer is guarded against a message that was made to exhaust it by bounds on what a chunk may
// decompress to, and on its fields and zones, which cost far more in memory than the byte or two that an
// empty one takes. A record that large is refused long before.
const (
	maxChunkPlain = 32 << 20
	maxChunkParts = 1 << 20
)

// The flags of a record.
const (
	sameBase = 1 << iota
	damaged
)

var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// EncodeChunk is the chunk as the body of a message.
func EncodeChunk(c Chunk) []byte {
	e := encoder{names: map[string]uint64{}}
	e.buf = append(e.buf, chunkVersion)
	e.text(c.Run.Provider)
	e.number(uint64(c.Run.Number)) //nolint:gosec // run numbers are positive
	e.number(uint64(c.Number))     //nolint:gosec // chunk numbers are positive
	e.text(c.TimeZone)
	e.text(c.Currency)
	e.number(uint64(len(c.Records)))
	var base catalogue.Fields
	for i, r := range c.Records {
		var flags uint64
		if i > 0 && sameFields(base, r.Base) {
			flags |= sameBase
		}
		if r.Damaged {
			flags |= damaged
		}
		e.number(flags)
		e.number(uint64(r.Position)) //nolint:gosec // positions are positive
		e.text(string(r.Flaw))
		if r.Flaw != "" {
			e.text(r.FlawedField)
		}
		if flags&sameBase == 0 {
			e.fields(r.Base)
			base = r.Base
		}
		e.fields(r.Event)
		e.number(uint64(len(r.Zones)))
		for _, z := range r.Zones {
			e.fields(z)
		}
	}

	var body bytes.Buffer
	w, _ := gzipWriters.Get().(*gzip.Writer)
	defer gzipWriters.Put(w)
	w.Reset(&body)
	_, _ = w.Write(e.buf) // a buffer takes everything
	_ = w.Close()
	return body.Bytes()
}

// sameFields is true for the shared header of one base event without looking at its values.
func sameFields(a, b catalogue.Fields) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

type encoder struct {
	buf   []byte
	names map[string]uint64
}

func (e *encoder) number(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) text(s string) {
	e.number(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

func (e *encoder) fields(fields catalogue.Fields) {
	e.number(uint64(len(fields)))
	for _, f := range fields {
		known, ok := e.names[f.Name]
		if ok {
			e.number(known)
		} else {
			known = uint64(len(e.names))
			e.number(known)
			e.text(f.Name)
			e.names[f.Name] = known
		}
		e.text(f.Value)
	}
}

// DecodeChunk reads what EncodeChunk wrote. Anything else is fault.Invalid: the message is faulty itself, and
// no repetition will mend it.
func DecodeChunk(body []byte) (Chunk, error) {
	plain, err := gunzip(body)
	if err != nil {
		return Chunk{}, &fault.Error{Kind: fault.Invalid, Message: "unpack chunk", Cause: err}
	}
	// Everything is cut out of one string: values are kept or dropped together with their chunk.
	d := decoder{rest: plain, parts: maxChunkParts}
	if d.number() != chunkVersion {
		return Chunk{}, fault.New(fault.Invalid, "read chunk: its version is not %d", chunkVersion)
	}
	var c Chunk
	c.Run.Provider = d.text()
	c.Run.Number = catalogue.RunNumber(d.small())
	c.Number = int(d.small())
	c.TimeZone = d.text()
	c.Currency = d.text()
	records := d.count()
	if records > maxRecords {
		return Chunk{}, fault.New(fault.Invalid, "read chunk: %d records are more than %d", records, maxRecords)
	}
	c.Records = make([]catalogue.Record, records)
	for i := range c.Records {
		r := &c.Records[i]
		flags := d.number()
		r.Damaged = flags&damaged != 0
		r.Position = int(d.small())
		if r.Flaw = catalogue.Reason(d.text()); r.Flaw != "" {
			r.FlawedField = d.text()
		}
		if flags&sameBase == 0 {
			r.Base = d.fields()
		} else if i > 0 {
			r.Base = c.Records[i-1].Base
		} else {
			d.bad = true
		}
		r.Event = d.fields()
		if n := d.list(); n > 0 {
			r.Zones = make([]catalogue.Fields, n)
			for z := 0; z < n && !d.bad; z++ {
				r.Zones[z] = d.fields()
			}
		}
		if d.bad {
			break
		}
	}
	if d.bad || d.rest != "" {
		return Chunk{}, fault.New(fault.Invalid, "read chunk: it is damaged")
	}
	return c, nil
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

func gunzip(body []byte) (string, error) {
	r, _ := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(r)
	if err := r.Reset(bytes.NewReader(body)); err != nil {
		return "", err
	}
	var plain strings.Builder
	plain.Grow(plainSizeOf(body))
	if _, err := io.Copy(&plain, io.LimitReader(r, maxChunkPlain+1)); err != nil {
		return "", err
	}
	if plain.Len() > maxChunkPlain {
		return "", fault.New(fault.Invalid, "it holds more than %d bytes", maxChunkPlain)
	}
	return plain.String(), nil
}

// plainSizeOf is what the body says of its size once it is unpacked. Whoever made it may lie, so it is believed no
// further than a chunk usually goes.
func plainSizeOf(body []byte) int {
	if len(body) < 4 {
		return 0
	}
	return int(min(binary.LittleEndian.Uint32(body[len(body)-4:]), 2*chunkPlain))
}

// decoder cuts pieces off the front; after the first that is not there it is bad and stays so.
type decoder struct {
	rest  string
	names []string
	parts int               // fields and zones that may still come
	room  []catalogue.Field // for the next ones: a record has several short lists
	bad   bool
}

// take is room for n fields.
func (d *decoder) take(n int) catalogue.Fields {
	const atOnce = 512
	if n > len(d.room) {
		d.room = make([]catalogue.Field, max(n, atOnce))
	}
	fields := d.room[:n:n]
	d.room = d.room[n:]
	return fields
}

func (d *decoder) number() uint64 {
	var n uint64
	for i := range min(len(d.rest), binary.MaxVarintLen64) {
		b := d.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			d.rest = d.rest[i+1:]
			return n
		}
	}
	d.bad = true
	return 0
}

// small is a number that an int holds.
func (d *decoder) small() int64 {
	n := d.number()
	if n > 1<<62 {
		d.bad = true
		return 0
	}
	return int64(n)
}

// count is a number of things that are yet to come, each of at least one byte.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.bad = true
		return 0
	}
	return int(n) //nolint:gosec // bounded by what is left
}

// list is a count of fields or zones.
func (d *decoder) list() int {
	n := d.count()
	if n > d.parts {
		d.bad = true
		return 0
	}
	d.parts -= n
	return n
}

func (d *decoder) text() string {
	n := d.count()
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) fields() catalogue.Fields {
	n := d.list()
	if n == 0 {
		return nil
	}
	fields := d.take(n)
	for i := range fields {
		switch name := d.number(); {
		case d.bad || name > uint64(len(d.names)):
			d.bad = true
			return nil
		case name == uint64(len(d.names)):
			fields[i].Name = d.text()
			d.names = append(d.names, fields[i].Name)
		default:
			fields[i].Name = d.names[name]
		}
		fields[i].Value = d.text()
	}
	return fields
}
