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

// maxGzipLayers is one for the connection and one for a feed that is itself a .gz file.
const maxGzipLayers = 2

var gzipMagic = []byte{0x1f, 0x8b}

// errCorrupt marks a body that does not decompress.
var errCorrupt = errors.New("the compressed feed is corrupt")

// decompress undoes gzip, which is told by the bytes themselves: servers send .xml.gz files without
// the header, and with it files that they did not compress. There is no bound on the ratio,
// for lists of similar zones are worth a hundred to one: memory stays constant whatever comes out, and
// Limits.Bytes bounds how much that may be.
func decompress(raw io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity", "gzip", "x-gzip":
	default:
		return nil, unavailable(CodeGarbled, "the feed has the content encoding %.40q; gzip or none would be right", encoding)
	}
	for layer := 0; ; layer++ {
		head := bufio.NewReaderSize(raw, 32<<10)
		start, _ := head.Peek(len(gzipMagic)) // what ended it early is met again by whoever reads on
		if !bytes.Equal(start, gzipMagic) {
			return head, nil
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
