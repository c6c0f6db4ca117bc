package feedxml

import (
	"bytes"
	"errors"
	"io"

	"github.com/marquee-events/marquee/core/fault"
)

// token is what the scanner stopped at.
type token uint8

const (
	startTag token = iota // its attributes come next, from attribute or skipAttributes
	endTag                // of the element that tag names
	endOfDocument
)

// scanner reads the markup of a document: tags in order, checked to nest, with nothing but white space,
// comments and instructions around the root. Text between tags means nothing in a list and is
// passed over unread.
type scanner struct {
	src      io.Reader
	buf      []byte
	pos, end int
	ended    error // what ended src; io.EOF at its end
	maxBytes int64

	// Of the document before buf[0].
	offset int64
	lines  int

	known    names
	lastName *name // that was read, never nil

	tag   *name // of the last token
	open  [maxDepth]*name
	depth int  // elements open, counting that of the last start tag
	empty bool // the last start tag is its element's end as well
	seen  bool // the root has begun

	replaced bool // src has put U+FFFD for what it could not decode
}

const (
	scanBuffer    = 64 << 10
	lookAhead     = 64  // the most that ensure is asked for
	maxEmptyReads = 100 // in a row
)

func newScanner(src io.Reader, maxBytes int64) *scanner {
	return &scanner{src: src, buf: make([]byte, scanBuffer), maxBytes: maxBytes, known: make(names), lastName: new(name)}
}

// fill makes more of the document available behind what is not yet consumed.
func (s *scanner) fill() bool {
	if s.ended != nil {
		return false
	}
	s.lines += bytes.Count(s.buf[:s.pos], newline)
	s.offset += int64(s.pos)
	s.end = copy(s.buf, s.buf[s.pos:s.end])
	s.pos = 0
	had := s.end
	for range maxEmptyReads {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		s.ended = err
		if excess := s.offset + int64(s.end) - s.maxBytes; excess > 0 {
			s.end = max(had, s.end-int(excess))
			s.ended = unavailable(CodeTooLarge, "the feed has more than %d bytes", s.maxBytes)
		}
		if n > 0 || err != nil {
			return s.end > had
		}
	}
	s.ended = io.ErrNoProgress
	return false
}

// atEnd reports whether src ended in good order.
func (s *scanner) atEnd() bool {
	return s.ended == io.EOF //nolint:errorlint // an end inside of another error is none in good order
}

// ensure reports whether n bytes are available, at most lookAhead.
func (s *scanner) ensure(n int) bool {
	for s.end-s.pos < n {
		if !s.fill() {
			return false
		}
	}
	return true
}

// next moves to the next tag. What the caller left of the last start tag's attributes must have been read.
func (s *scanner) next() (token, error) {
	if s.empty {
		s.empty = false
		s.depth--
		return endTag, nil
	}
	for {
		if err := s.text(); err != nil {
			return 0, err
		}
		if !s.ensure(2) {
			if s.depth == 0 && s.atEnd() && s.pos == s.end {
				return endOfDocument, nil
			}
			return 0, s.broken()
		}
		switch c := s.buf[s.pos+1]; {
		case c == '/':
			s.pos += 2
			return endTag, s.endTag()
		case c == '?':
			s.pos += 2
			if err := s.skipPast("?>"); err != nil {
				return 0, err
			}
		case c == '!':
			s.pos += 2
			if err := s.declaration(); err != nil {
				return 0, err
			}
		case beginsName(c):
			s.pos++
			return startTag, s.startTag()
		default:
			return 0, s.garbled("has a < that begins nothing")
		}
	}
}

// text passes over what stands before the next markup; around the root that may be white space only.
func (s *scanner) text() error {
	for {
		window := s.buf[s.pos:s.end]
		if s.depth == 0 {
			for len(window) > 0 && isSpace(window[0]) {
				window = window[1:]
			}
			s.pos = s.end - len(window)
			if len(window) > 0 && window[0] != '<' {
				return s.strayText()
			}
		}
		if i := bytes.IndexByte(window, '<'); i >= 0 {
			s.pos += i
			return nil
		}
		s.pos = s.end
		if !s.fill() {
			return nil
		}
	}
}

func (s *scanner) strayText() error {
	s.ensure(24)
	found := s.buf[s.pos:min(s.pos+24, s.end)]
	if s.seen {
		return s.garbled("has text after its end: %q", found)
	}
	return unavailable(CodeGarbled, "the feed begins with %q, not with %s", found, wantedRoots)
}

func (s *scanner) startTag() error {
	tag, err := s.name()
	if err != nil {
		return err
	}
	s.tag = tag
	if s.depth == 0 && s.seen {
		return s.garbled("has <%s> after its end", tag.local)
	}
	if s.depth == maxDepth {
		return unavailable(CodeTooLarge, "the feed has more than %d elements inside each other (%s)", maxDepth, s.position())
	}
	s.seen = true
	s.open[s.depth] = tag
	s.depth++
	return nil
}

func (s *scanner) endTag() error {
	tag, err := s.name()
	if err != nil {
		return err
	}
	if s.depth == 0 {
		return s.garbled("closes <%s>, which is not open", tag.local)
	}
	s.tag = s.open[s.depth-1]
	if tag.raw != s.tag.raw {
		return s.garbled("closes <%s> where <%s> is open", tag.local, s.tag.local)
	}
	c, err := s.pastSpace()
	if err != nil {
		return err
	}
	if c != '>' {
		return s.garbled("has %q in the end tag of <%s>", c, tag.local)
	}
	s.pos++
	s.depth--
	return nil
}

// attribute moves to the value of the next attribute of the start tag and returns its name and quote; nil at the tag's end.
func (s *scanner) attribute() (*name, byte, error) {
	c, err := s.pastSpace()
	if err != nil {
		return nil, 0, err
	}
	switch c {
	case '>':
		s.pos++
		return nil, 0, nil
	case '/':
		if !s.ensure(2) {
			return nil, 0, s.broken()
		}
		if s.buf[s.pos+1] != '>' {
			return nil, 0, s.garbled("has a stray / in <%s>", s.tag.local)
		}
		s.pos += 2
		s.empty = true
		return nil, 0, nil
	}
	attribute, err := s.name()
	if err != nil {
		return nil, 0, err
	}
	c, err = s.pastSpace()
	if err != nil {
		return nil, 0, err
	}
	if c != '=' {
		return nil, 0, s.garbled("has no value for %q in <%s>", attribute.field, s.tag.local)
	}
	s.pos++
	c, err = s.pastSpace()
	if err != nil {
		return nil, 0, err
	}
	if c != '"' && c != '\'' {
		return nil, 0, s.garbled("has no quotes around the value of %q in <%s>", attribute.field, s.tag.local)
	}
	s.pos++
	return attribute, c, nil
}

// skipAttributes passes over what is left of the start tag.
func (s *scanner) skipAttributes() error {
	for {
		attribute, quote, err := s.attribute()
		if attribute == nil || err != nil {
			return err
		}
		if _, _, err := s.value(nil, quote, 0); err != nil {
			return err
		}
	}
}

// name reads a name. Which characters XML allows in it matters to nobody here; where it ends does.
func (s *scanner) name() (*name, error) {
	if likely := s.lastName.next; likely != nil {
		window, n := s.buf[s.pos:s.end], len(likely.raw)
		if len(window) > n && string(window[:n]) == likely.raw && endsName[window[n]] {
			s.pos += n
			s.lastName = likely
			return likely, nil
		}
	}
	for n := 0; n <= maxNameBytes; n++ {
		if s.pos+n == s.end && !s.fill() {
			return nil, s.broken()
		}
		if endsName[s.buf[s.pos+n]] {
			if n == 0 {
				return nil, s.garbled("has %q where a name is due", s.buf[s.pos])
			}
			read := s.known.of(s.buf[s.pos : s.pos+n])
			s.pos += n
			if read.kept { // else a feed of ever new names would become a chain without end
				s.lastName.next = read
				s.lastName = read
			}
			return read, nil
		}
	}
	return nil, s.garbled("has a name of more than %d bytes", maxNameBytes)
}

// pastSpace passes over white space and returns the byte behind it, not consumed.
func (s *scanner) pastSpace() (byte, error) {
	for {
		for s.pos < s.end {
			if c := s.buf[s.pos]; !isSpace(c) {
				return c, nil
			}
			s.pos++
		}
		if !s.fill() {
			return 0, s.broken()
		}
	}
}

// declaration passes over a comment, a CDATA section or a harmless document type.
func (s *scanner) declaration() error {
	switch {
	case s.has("--"):
		return s.skipPast("-->")
	case s.depth > 0 && s.has("[CDATA["):
		return s.skipPast("]]>")
	case !s.seen && s.has("DOCTYPE"):
		return s.documentType()
	}
	if !s.seen { // a web page may well write its document type in lower case
		s.ensure(22)
		return unavailable(CodeGarbled, "the feed begins with %q, not with %s", append([]byte("<!"), s.buf[s.pos:min(s.pos+22, s.end)]...), wantedRoots)
	}
	return s.garbled("has a declaration where none may be")
}

// documentType passes over a document type without definitions. One with definitions could only be
// meant for entities, which are how a small feed becomes a large one.
func (s *scanner) documentType() error {
	var quote byte
	for {
		if !s.ensure(1) {
			return s.broken()
		}
		c := s.buf[s.pos]
		s.pos++
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			return s.garbled("defines its own document type, which is refused")
		case c == '>':
			return nil
		}
	}
}

// has consumes what the document goes on with, if it does.
func (s *scanner) has(prefix string) bool {
	s.ensure(len(prefix))
	if !bytes.HasPrefix(s.buf[s.pos:s.end], []byte(prefix)) {
		return false
	}
	s.pos += len(prefix)
	return true
}

// skipPast consumes everything up to and with the delimiter.
func (s *scanner) skipPast(delimiter string) error {
	for {
		if i := bytes.Index(s.buf[s.pos:s.end], []byte(delimiter)); i >= 0 {
			s.pos += i + len(delimiter)
			return nil
		}
		// Its first bytes may be here already.
		s.pos = max(s.pos, s.end-len(delimiter)+1)
		if !s.fill() {
			return s.broken()
		}
	}
}

// broken is the error of a document that ended, or could not be read on.
func (s *scanner) broken() error {
	if !s.atEnd() {
		if _, own := errors.AsType[*fault.Error](s.ended); own {
			return s.ended
		}
		return unreadable("read the feed ("+s.position()+")", s.ended)
	}
	if s.depth == 0 {
		return unavailable(CodeCut, "the feed ends within its markup (%s)", s.position())
	}
	return unavailable(CodeCut, "the feed ends inside <%s> (%s)", s.open[s.depth-1].local, s.position())
}

func (s *scanner) garbled(format string, args ...any) error {
	return unavailable(CodeGarbled, "the feed "+format+" (%s)", append(args, s.position())...)
}

var newline = []byte{'\n'}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func beginsName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= 0x80
}

var endsName = func() (ends [256]bool) {
	for _, c := range []byte(" \t\r\n/>=<\"'&") {
		ends[c] = true
	}
	return ends
}()
