package httpapi

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/maypok86/otter/v2"
)

// encoder compresses what is written to it.
type encoder interface {
	io.WriteCloser
	Reset(to io.Writer)
}

// encoders are those that are not in use. One that was not closed is not given back, so that nothing of one answer can get into
// another.
var encoders = map[coding]*sync.Pool{
	asZstd: {New: func() any {
		// What a decoder needs for the window is bounded by it, and so is what this takes.
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(128<<10), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are right, or nothing is
		}
		return e
	}},
	asGzip: {New: func() any {
		e, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // likewise
		}
		return e
	}},
}

func borrow(c coding, to io.Writer) encoder {
	e, _ := encoders[c].Get().(encoder) // it holds nothing else
	e.Reset(to)
	return e
}

func giveBack(c coding, e encoder) { encoders[c].Put(e) }

// compress is the body in a coding.
func compress(c coding, body []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(body) / 4)
	e := borrow(c, &b)
	_, err := e.Write(body)
	if err == nil {
		err = e.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	giveBack(c, e)
	return b.Bytes()
}

// compressed keeps what was compressed, by the tag of the body, because compressing an answer costs many times what all the rest
// of a hit does. It may be used from many goroutines.
type compressed struct {
	bodies *otter.Cache[compressedKey, []byte]
}

type compressedKey struct {
	tag    string
	coding coding
}

// The bounds of what is kept compressed.
const (
	mostCompressed  = 32 << 20 // bytes
	compressedCosts = 256      // bytes, beside the body
)

func newCompressed() *compressed {
	return &compressed{otter.Must(&otter.Options[compressedKey, []byte]{
		MaximumWeight: mostCompressed,
		Weigher: func(_ compressedKey, body []byte) uint32 {
			return uint32(min(cap(body), mostCompressed)) + compressedCosts
		},
		Executor: func(upkeep func()) { upkeep() },
		Logger:   &otter.NoopLogger{},
	})}
}

// of is the body that has the tag, in a coding. It is not to be changed.
func (k *compressed) of(tag string, c coding, body []byte) []byte {
	key := compressedKey{tag, c}
	if kept, found := k.bodies.GetIfPresent(key); found {
		return kept
	}
	made := bytes.Clone(compress(c, body))
	k.bodies.Set(key, made)
	return made
}
