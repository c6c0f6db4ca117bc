package snapshotfile

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/marquee-events/marquee/core/catalogue"
)

// The file begins with a magic number, the format, and the origin. Blocks of events follow, and one end.
//
//	file   = magic[8] format[2] length[2] origin sum[4] { block } end
//	block  = 'E' packed[4] unpacked[4] content sum[4]
//	end    = 'Z' number[8] tag[8] events[8] sum[4]
//
// Numbers are little-endian. A sum is the CRC-32C of everything in the file before it, except for other sums: so each vouches for
// a whole beginning of the file, and the last for all of it. The content of a block is a Zstandard frame of events, as
// block.go has them. Nothing follows the end.
const (
	magic  = "\x8fMQSNAP\n" // no text and no other file's; a transfer that changes line ends breaks it
	format = 1

	kindBlock = 'E'
	kindEnd   = 'Z'

	prefixSize = len(magic) + 2 + 2 // up to the origin
	headSize   = 1 + 4 + 4          // of a block
	endSize    = 1 + 8 + 8 + 8
	sumSize    = 4
)

// Bounds of what is written, and of what is believed when it is read.
const (
	maxOrigin   = 1 << 10
	fullBlock   = 256 << 10 // from here on another one is begun
	maxEvent    = 1 << 20   // the feed's chunks, which hold whole events and their zones, are far smaller
	maxUnpacked = fullBlock + maxEvent
	maxPacked   = maxUnpacked + maxUnpacked/64 + 1<<10 // what cannot be compressed grows a little
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ending is the last part of a file.
type ending struct {
	of     catalogue.Version
	events int64
}

func (e ending) append(b []byte) []byte {
	b = append(b, kindEnd)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.of.Number)) //nolint:gosec // all 64 bits are kept
	b = binary.LittleEndian.AppendUint64(b, e.of.Tag)
	return binary.LittleEndian.AppendUint64(b, uint64(e.events)) //nolint:gosec // as above
}

func readEnding(b []byte) ending {
	number := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	return ending{catalogue.Version{Number: int64(number(1)), Tag: number(9)}, int64(number(17))} //nolint:gosec // as above
}
