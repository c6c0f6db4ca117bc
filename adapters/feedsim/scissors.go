package feedsim

import (
	"bytes"
	"errors"
)

// scissors cut a document into its base events and what stands between them. They go by the tags alone, which is
// enough for the feeds of this package and for recorded ones.
type scissors struct {
	// each gets every piece in order. The text is not to be kept.
	each func(text []byte, is piece) error

	buf      []byte
	inside   bool // of a base event
	searched int  // bytes of buf in which there is nothing to cut at
	err      error
}

// piece is a kind of piece.
type piece uint8

const (
	beforeBase piece = iota // what stands before a base event; before the first one, all that the document begins with
	wholeBase
	afterAll // what stands behind the last base event, once in each document
)

// maxPiece is the most that is held of a document, in bytes: more than the largest base event of a Sim has.
const maxPiece = 64 << 20

var (
	baseBegins = []byte("<base_") // base_event or base_plan
	baseEnds   = []byte("</base_")
	tagEnds    = []byte(">")
	outputEnds = []byte("</output>")
)

func (s *scissors) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	s.buf = append(s.buf, p...)
	rest := s.buf
	for s.err == nil {
		length := s.next(rest)
		if length < 0 {
			break
		}
		is := beforeBase
		if s.inside {
			is = wholeBase
		}
		s.err = s.each(rest[:length], is)
		rest, s.inside, s.searched = rest[length:], !s.inside, 0
	}
	s.buf = append(s.buf[:0], rest...)
	if s.err == nil && len(s.buf) > maxPiece {
		s.err = errors.New("a base event is too large to be changed")
	}
	return len(p), s.err
}

// Close hands over what stands behind the last base event.
func (s *scissors) Close() error {
	if s.err == nil {
		s.err = s.each(s.buf, afterAll)
	}
	return s.err
}

// next is the length of the piece that text begins with; below 0 when there is more to come of it.
func (s *scissors) next(text []byte) int {
	if !s.inside {
		return s.find(text, baseBegins)
	}
	tag := s.find(text, baseEnds)
	if tag < 0 {
		return -1
	}
	end := bytes.Index(text[tag:], tagEnds)
	if end < 0 {
		s.searched = tag
		return -1
	}
	return tag + end + 1
}

func (s *scissors) find(text, tag []byte) int {
	if i := bytes.Index(text[s.searched:], tag); i >= 0 {
		return s.searched + i
	}
	s.searched = max(s.searched, len(text)-len(tag)+1) // the tag may be here in part
	return -1
}
