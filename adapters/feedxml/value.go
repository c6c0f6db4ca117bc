package feedxml

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// wear tells what had to be done to a value to take it.
type wear struct {
	damaged bool // something was replaced, or taken literally that should not stand there
	cut     bool // it was longer than it may be
}

// value appends the attribute's value up to its closing quote to dst, at most limit bytes of it.
// Line ends become \n (XML 1.0, section 2.11); other white space stays as it is.
func (s *scanner) value(dst []byte, quote byte, limit int) ([]byte, wear, error) {
	var w wear
	start, stop := len(dst), len(dst)+limit
	for {
		window := s.buf[s.pos:s.end]
		n := 0
		for n < len(window) && plain[window[n]] {
			n++
		}
		dst = append(dst, window[:n]...)
		s.pos += n
		if len(dst) > stop {
			dst, w.cut = dst[:stop], true
		}
		if n == len(window) {
			if !s.fill() {
				return dst, w, s.broken()
			}
			continue
		}
		switch c := window[n]; {
		case c == quote:
			s.pos++
			if w.cut {
				dst = dst[:start+wholeRunes(dst[start:])]
			}
			return dst, w, nil
		case c == '&':
			dst = s.reference(dst, &w)
		case c >= utf8.RuneSelf:
			dst = s.characters(dst, &w)
		case c == '\r':
			s.pos++
			if s.ensure(1) && s.buf[s.pos] == '\n' {
				s.pos++
			}
			dst = append(dst, '\n')
		case c == '<':
			// Markup inside a value: the closing quote is missing, and who knows since where.
			if !s.ensure(2) {
				return dst, w, s.broken()
			}
			if next := s.buf[s.pos+1]; beginsName(next) || next == '/' || next == '!' || next == '?' {
				return dst, w, s.garbled("has markup inside a value of <%s>", s.tag.local)
			}
			s.pos++
			dst = append(dst, '<')
			w.damaged = true
		case c == '"' || c == '\'':
			s.pos++
			dst = append(dst, c)
		default: // a control character
			s.pos++
			dst = utf8.AppendRune(dst, utf8.RuneError)
			w.damaged = true
		}
	}
}

// characters appends what stands before the next ASCII character.
func (s *scanner) characters(dst []byte, w *wear) []byte {
	for s.pos < s.end && s.buf[s.pos] >= utf8.RuneSelf {
		if !utf8.FullRune(s.buf[s.pos:s.end]) {
			s.ensure(utf8.UTFMax)
		}
		r, size := utf8.DecodeRune(s.buf[s.pos:s.end])
		s.pos += size
		if r == utf8.RuneError && (size == 1 || s.replaced) || !isXMLCharacter(r) {
			r, w.damaged = utf8.RuneError, true
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// reference appends what an entity or character reference stands for, or the ampersand itself.
func (s *scanner) reference(dst []byte, w *wear) []byte {
	s.ensure(lookAhead)
	body, _, closed := bytes.Cut(s.buf[s.pos+1:min(s.pos+lookAhead, s.end)], semicolon)
	r, known := rune(0), false
	if closed {
		r, known = referred(body)
	}
	if !known {
		s.pos++
		w.damaged = true
		return append(dst, '&')
	}
	s.pos += len(body) + 2
	if !isXMLCharacter(r) {
		r, w.damaged = utf8.RuneError, true
	}
	return utf8.AppendRune(dst, r)
}

// referred is what &body; stands for.
func referred(body []byte) (r rune, known bool) {
	switch string(body) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, numeric := bytes.CutPrefix(body, []byte("#"))
	if !numeric {
		return 0, false
	}
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}

// wholeRunes is the length of b without a rune that was cut at its end.
func wholeRunes(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if utf8.RuneStart(b[len(b)-n]) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return len(b) - n
			}
			break
		}
	}
	return len(b)
}

// position is for people who look for the place in the feed: the byte is that of its text in UTF-8.
func (s *scanner) position() string {
	line := s.lines + bytes.Count(s.buf[:s.pos], newline) + 1
	return fmt.Sprintf("line %d, byte %d", line, s.offset+int64(s.pos))
}

var semicolon = []byte{';'}

// plain are the bytes that mean themselves inside a value.
var plain = func() (p [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		p[c] = true
	}
	p['\t'], p['\n'] = true, true
	for _, c := range []byte("\"'&<") {
		p[c] = false
	}
	return p
}()
