package snapshotfile

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// write writes a whole file.
func write(ctx context.Context, to io.Writer, origin string, from ports.Snapshotter) error {
	w, err := newWriter(to, origin)
	if err != nil {
		return err
	}
	of, err := from.Snapshot(ctx, event.TimeRange{}, func(e *event.Event) error { return w.add(ctx, e) })
	if err != nil {
		return err
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	return w.put(ending{of, w.count}.append(w.out[:0]))
}

type writer struct {
	to     io.Writer
	sum    uint32 // of everything written
	packer *zstd.Encoder
	out    []byte // what is written next
	block  block
	count  int64
}

func newWriter(to io.Writer, origin string) (*writer, error) {
	if len(origin) > maxOrigin {
		return nil, fault.New(fault.Internal, "the snapshot's origin has %d bytes, more than %d", len(origin), maxOrigin)
	}
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(fullBlock), zstd.WithEncoderCRC(false)) // the file has its own
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "write the snapshot", err)
	}
	w := &writer{to: to, packer: packer, block: newBlock()}
	b := append(make([]byte, 0, prefixSize+len(origin)+sumSize), magic...)
	b = binary.LittleEndian.AppendUint16(b, format)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(origin))) //nolint:gosec // bounded above
	if err := w.put(append(b, origin...)); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *writer) add(ctx context.Context, e *event.Event) error {
	before := len(w.block.b)
	w.block.add(e)
	if size := len(w.block.b) - before; size > maxEvent {
		return fault.New(fault.Internal, "event %s takes %d bytes, more than the %d that a snapshot has for one", e.ID, size, maxEvent)
	}
	w.count++
	if len(w.block.b) < fullBlock {
		return nil
	}
	return w.flush(ctx)
}

// flush writes the block that was begun.
func (w *writer) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return unwritten(err)
	}
	if len(w.block.b) == 0 {
		return nil
	}
	var head [headSize]byte
	b := w.packer.EncodeAll(w.block.b, append(w.out[:0], head[:]...))
	b[0] = kindBlock
	binary.LittleEndian.PutUint32(b[1:], uint32(len(b)-headSize)) //nolint:gosec // bounded by maxPacked
	binary.LittleEndian.PutUint32(b[5:], uint32(len(w.block.b)))  //nolint:gosec // bounded by maxUnpacked
	w.block.reset()
	return w.put(b)
}

// put writes a part and its sum.
func (w *writer) put(b []byte) error {
	w.sum = crc32.Update(w.sum, castagnoli, b)
	w.out = binary.LittleEndian.AppendUint32(b, w.sum)
	_, err := w.to.Write(w.out)
	return unwritten(err)
}
