package snapshotfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

const fuzzedOrigin = "fuzzed"

// two is a catalogue of two events.
type two struct{}

func (two) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	for i := range int64(2) {
		identity := event.Identity{Provider: "default", Base: "291", Event: "291"}
		e := event.Event{ID: identity.ID(), Identity: identity, FirstSeen: time.UnixMilli(1_700_000_000_000 + i).UTC(), Available: true, Revision: i}
		e.Facts = event.Facts{Title: "Camela en concierto", SellMode: event.Online, TimeZone: "Europe/Madrid", Start: event.MomentAt(1_625_079_600, 7200), City: "Madrid"}
		e.Facts.Prices = event.PriceRange{}.Include(200_000)
		if err := each(&e); err != nil {
			return catalogue.Version{}, err
		}
	}
	return catalogue.Version{Number: 2, Tag: 7}, nil
}

func wholeFile(t testing.TB) []byte {
	var b bytes.Buffer
	if err := write(t.Context(), &b, fuzzedOrigin, two{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents are the packed and unpacked content of the only block.
func contents(t testing.TB, whole []byte) (packed, unpacked []byte) {
	at := prefixSize + len(fuzzedOrigin) + sumSize
	packed = whole[at+headSize : len(whole)-sumSize-endSize-sumSize]
	unpacker, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unpacker.Close()
	if unpacked, err = unpacker.DecodeAll(packed, nil); err != nil {
		t.Fatal(err)
	}
	return packed, unpacked
}

// readAll is how many events are read before the end or the error.
func readAll(from io.Reader) (n int64, err error) {
	r, err := newReader(from, fuzzedOrigin)
	if err != nil {
		return 0, err
	}
	defer r.close()
	for {
		more, err := r.next()
		if err != nil || !more {
			return r.count, err
		}
		for r.events.more() {
			if _, err := r.events.next(); err != nil {
				return r.count, err
			}
			r.count++
		}
		if cap(r.in) > maxPacked+headSize+sumSize || cap(r.raw) > maxUnpacked {
			panic("a size in the file is believed")
		}
	}
}

// A file of whatever bytes is read as it was written, or refused.
func FuzzReadFile(f *testing.F) {
	whole := wholeFile(f)
	f.Add(whole)
	f.Add(whole[:len(whole)-5])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		n, err := readAll(bytes.NewReader(file))
		if err != nil {
			return
		}
		if end := readEnding(file[len(file)-endSize-sumSize:]); n != end.events {
			t.Errorf("%d events are read and %d were kept", n, end.events)
		}
	})
}

// The same where all checksums are right, so that what is behind them is reached.
func FuzzReadBlock(f *testing.F) {
	packed, unpacked := contents(f, wholeFile(f))
	f.Add(packed, uint32(len(unpacked)), int64(2))
	f.Add(packed, uint32(len(unpacked)-1), int64(2))
	f.Add(packed, uint32(maxUnpacked), int64(2))
	f.Add(packed[:len(packed)-1], uint32(1), int64(-1))
	f.Fuzz(func(t *testing.T, packed []byte, unpacked uint32, count int64) {
		var file []byte
		var sum uint32
		part := func(b []byte) {
			sum = crc32.Update(sum, castagnoli, b)
			file = binary.LittleEndian.AppendUint32(append(file, b...), sum)
		}
		header := binary.LittleEndian.AppendUint16([]byte(magic), format)
		part(append(binary.LittleEndian.AppendUint16(header, uint16(len(fuzzedOrigin))), fuzzedOrigin...))
		head := binary.LittleEndian.AppendUint32([]byte{kindBlock}, uint32(len(packed)))
		part(append(binary.LittleEndian.AppendUint32(head, unpacked), packed...))
		part(ending{events: count}.append(nil))
		n, err := readAll(bytes.NewReader(file))
		if err == nil && n != count {
			t.Errorf("%d events are read and %d were kept", n, count)
		}
	})
}

// What a block may hold, whoever wrote it, is refused or comes back the same when it is written again.
func FuzzReadEvents(f *testing.F) {
	_, unpacked := contents(f, wholeFile(f))
	f.Add(unpacked)
	f.Add(unpacked[:40])
	f.Fuzz(func(t *testing.T, raw []byte) {
		first, second, again := newEvents(), newEvents(), newBlock()
		first.reset(raw)
		var list []event.Event
		for first.more() {
			e, err := first.next()
			if err != nil {
				break
			}
			list = append(list, *e)
			again.add(e)
		}
		second.reset(again.b)
		for i := range list {
			e, err := second.next()
			if err != nil || *e != list[i] {
				t.Fatalf("event %d is %+v, %v, and was %+v", i, *e, err, list[i])
			}
		}
		if second.more() {
			t.Error("more is read than was written")
		}
	})
}
