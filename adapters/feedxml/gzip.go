package feedxml

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// maxGzipLayers is one for the connection and one for a feed that is itself a .gz file.
	maxGzipLayers = 2

	// maxRatio is how many bytes may come out of one that came in, over all layers, once more than
	// unsuspected came out. Without it 4 MB, or with two layers some KB, of nothing but blanks would
	// cost the 4 GiB of Limits.Bytes, some ten seconds of a core at each reading. Lists are worth 10 to 60 to one, a list of zones
	// that are equal to the byte 300; blanks are worth 1,000, the most that gzip can do.
	maxRatio    = 500
	unsuspected = 64 << 20
)

var gzipMagic = []byte{0x1f, 0x8b}

// errInflated marks a body that holds next to nothing.
var errInflated = fmt.Errorf("the feed decompresses to more than %d times its size", maxRatio)

// errCorrupt marks a body that does not decompress.
var errCorrupt = errors.New("the compressed feed is corrupt")

// decompress undoes gzip, which is told by the bytes themselves: servers send .xml.gz files without
// the header, and with it files that they did not compress. Memory stays constant whatever comes
// out; maxRatio and Limits.Bytes bound how much that may be.
func decompress(raw io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity", "gzip", "x-gzip":
	default:
		return nil, unavailable(CodeGarbled, "the feed has the content encoding %.40q; gzip or none would be right", encoding)
	}
	wire := &countedReader{r: raw}
	raw = wire
	for layer := 0; ; layer++ {
		head := bufio.NewReaderSize(raw, 32<<10)
		start, _ := head.Peek(len(gzipMagic)) // what ended it early is met again by whoever reads on
		if !bytes.Equal(start, gzipMagic) {
			return &inflation{plain: countedReader{r: head}, wire: wire}, nil
		}
		if layer == maxGzipLayers {
			return nil, unavailable(CodeGarbled, "the feed is compressed more than %d times", maxGzipLayers)
		}
		unzipped, err := gzip.NewReader(head)
		if err != nil {
			return nil, unreadable("decompress the feed", corrupt(err))
		}
		raw = gunzip{unzipped}
	}
}

// inflation ends a body that turns out to be a bomb. One that is not compressed never does.
type inflation struct {
	plain countedReader
	wire  *countedReader
}

func (i *inflation) Read(p []byte) (int, error) {
	n, err := i.plain.Read(p)
	if i.plain.n > unsuspected && i.plain.n/maxRatio > i.wire.n {
		return n, errInflated
	}
	return n, err
}

// gunzip tells corrupt data from a connection that broke.
type gunzip struct{ r io.Reader }

func (g gunzip) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	return n, corrupt(err)
}

func corrupt(err error) error {
	_, flawed := errors.AsType[flate.CorruptInputError](err)
	if flawed || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return err
}
