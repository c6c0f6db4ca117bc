package snapshotfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

// What is wrong with a file.
var (
	errCut     = errors.New("it is cut off")
	errNoFile  = errors.New("it is no snapshot")
	errSum     = errors.New("its checksum is wrong")
	errContent = errors.New("its checksum is right and its content makes no sense")
)

// reader reads a file part by part. None of its sizes goes beyond the bounds of the format.
type reader struct {
	ending

	from     *bufio.Reader
	sum      uint32 // of everything read
	offset   int64  // of the part that was read last
	end      int64  // of that part
	unpacker *zstd.Decoder
	in, raw  []byte
	events   events // of the block that was read last
	count    int64  // of the events that were taken from blocks
}

func newReader(from io.Reader, origin string) (*reader, error) {
	r := &reader{from: bufio.NewReaderSize(from, 64<<10), events: newEvents()}
	if err := r.header(origin); err != nil {
		return nil, err
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	r.unpacker = unpacker
	return r, nil
}

func (r *reader) close() { r.unpacker.Close() }

// header reads the beginning. The format comes before the sum: that of another one may be elsewhere.
func (r *reader) header(origin string) error {
	prefix, err := r.read(r.in, prefixSize)
	if err != nil {
		return err
	}
	if string(prefix[:len(magic)]) != magic {
		return errNoFile
	}
	if f := binary.LittleEndian.Uint16(prefix[len(magic):]); f != format {
		return fmt.Errorf("it has format %d and not %d", f, format)
	}
	length := int(binary.LittleEndian.Uint16(prefix[len(magic)+2:]))
	if length > maxOrigin {
		return errSum
	}
	whole, err := r.read(prefix, length)
	if err != nil {
		return err
	}
	if err := r.check(whole); err != nil {
		return err
	}
	if string(whole[prefixSize:]) != origin {
		return errors.New("it is of another catalogue")
	}
	return nil
}

// next reads the next block. Without more, the whole file has been read, and it was right.
func (r *reader) next() (more bool, err error) {
	r.offset = r.end
	more, err = r.part()
	return more, r.at(err)
}

func (r *reader) part() (more bool, err error) {
	kind, err := r.read(r.in[:0], 1)
	if err != nil {
		return false, err
	}
	switch kind[0] {
	case kindBlock:
		return true, r.block(kind)
	case kindEnd:
		return false, r.ends(kind)
	default:
		return false, errSum
	}
}

func (r *reader) block(b []byte) error {
	b, err := r.read(b, headSize-1)
	if err != nil {
		return err
	}
	packed, unpacked := binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint32(b[5:])
	if packed > maxPacked || unpacked > maxUnpacked {
		return errSum
	}
	if b, err = r.read(b, int(packed)); err != nil {
		return err
	}
	r.in = b
	if err := r.check(b); err != nil {
		return err
	}
	if cap(r.raw) < int(unpacked) {
		r.raw = make([]byte, 0, max(int(unpacked), fullBlock+4<<10))
	}
	raw, err := r.unpacker.DecodeAll(b[headSize:], r.raw[:0:unpacked])
	if err != nil || len(raw) != int(unpacked) {
		return errContent
	}
	r.events.reset(raw)
	return nil
}

func (r *reader) ends(b []byte) error {
	b, err := r.read(b, endSize-1)
	if err != nil {
		return err
	}
	if err := r.check(b); err != nil {
		return err
	}
	if r.ending = readEnding(b); r.ending.events != r.count {
		return fmt.Errorf("it should have %d events and has %d", r.ending.events, r.count)
	}
	if _, err := r.from.ReadByte(); !errors.Is(err, io.EOF) {
		return errors.New("something follows its end")
	}
	return nil
}

// read appends the next n bytes to b.
func (r *reader) read(b []byte, n int) ([]byte, error) {
	at := len(b)
	if cap(b)-at < n {
		grown := make([]byte, at, at+n)
		copy(grown, b)
		b = grown
	}
	b = b[:at+n]
	got, err := io.ReadFull(r.from, b[at:])
	r.end += int64(got)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCut
	}
	return b, err
}

// check reads the sum of the part b.
func (r *reader) check(b []byte) error {
	r.sum = crc32.Update(r.sum, castagnoli, b)
	var sum [sumSize]byte
	if _, err := r.read(sum[:0], sumSize); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(sum[:]) != r.sum {
		return errSum
	}
	return nil
}

// at says where the error is.
func (r *reader) at(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the part at byte %d: %w", r.offset, err)
}
