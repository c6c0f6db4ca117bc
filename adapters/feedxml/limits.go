package feedxml

import "cmp"

// Limits bound what a feed may cost. A field that is zero has its default.
type Limits struct {
	// Bytes is the most that is read of one feed after decompression. Beyond it the feed is an error. Default 4 GiB.
	Bytes int64
	// Events is the most that one feed may list. Beyond it the feed is an error. Default 5 million.
	Events int
	// ValueBytes is the most that is kept of one attribute; the rest is dropped and the record
	// has the flaw text_too_long. Default 64 KiB.
	ValueBytes int
	// Attributes is the most that is kept of one element; the others are dropped and the record
	// has the flaw too_large. Default 128.
	Attributes int
	// Zones is the most that is kept of one event; the others are dropped and the record
	// has the flaw too_many_zones. Default 20,000.
	Zones int
	// RecordBytes is about the memory of one record from which on its zones are dropped and it
	// has the flaw too_large. Default 16 MiB.
	RecordBytes int
}

// What no provider needs more of, and no operator needs to tune.
const (
	maxDepth      = 32  // elements inside each other; a list has five
	maxNameBytes  = 256 // of an element's or attribute's name
	maxKnownNames = 512 // names remembered, to give each its string once
)

func (l Limits) orDefaults() Limits {
	return Limits{
		Bytes:       cmp.Or(l.Bytes, 4<<30),
		Events:      cmp.Or(l.Events, 5_000_000),
		ValueBytes:  cmp.Or(l.ValueBytes, 64<<10),
		Attributes:  cmp.Or(l.Attributes, 128),
		Zones:       cmp.Or(l.Zones, 20_000),
		RecordBytes: cmp.Or(l.RecordBytes, 16<<20),
	}
}
