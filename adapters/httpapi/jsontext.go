package httpapi

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// plain are the bytes that stand in a JSON string as they are.
var plain = func() (p [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// plainLength is how many bytes at the start of s are plain. Most texts are nothing else, so it looks at eight at a time,
// and in the end at the last eight, of which it has seen some.
func plainLength(s string) int {
	if len(s) < 8 {
		i := 0
		for i < len(s) && plain[s[i]] {
			i++
		}
		return i
	}
	for i := 0; i < len(s); i += 8 {
		i = min(i, len(s)-8)
		if special := notPlain(binary.LittleEndian.Uint64([]byte(s[i:]))); special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	return len(s)
}

// notPlain sets the highest bit of the first of eight bytes that is not plain, and may set those of bytes behind it: what is
// too small goes below zero, and borrows.
func notPlain(w uint64) uint64 {
	const each = 0x0101010101010101
	return (w | (w - ' '*each) | ((w ^ '"'*each) - each) | ((w ^ '\\'*each) - each)) & (0x80 * each)
}

// appendText appends s as a JSON string, byte for byte as encoding/json has it when it does not escape for
// HTML: what is no UTF-8 becomes U+FFFD, and the line separators that JavaScript takes for line
// ends are escaped.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	copied := 0 // s[copied:i] can be copied as it is
	for i := plainLength(s); i < len(s); i += plainLength(s[i:]) {
		c := s[i]
		size := 1
		var escaped string
		switch {
		case c >= utf8.RuneSelf:
			var r rune
			r, size = utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				escaped = `\ufffd`
			case r == '\u2028':
				escaped = `\u2028`
			case r == '\u2029':
				escaped = `\u2029`
			}
		case c == '"':
			escaped = `\"`
		case c == '\\':
			escaped = `\\`
		case c == '\b':
			escaped = `\b`
		case c == '\f':
			escaped = `\f`
		case c == '\n':
			escaped = `\n`
		case c == '\r':
			escaped = `\r`
		case c == '\t':
			escaped = `\t`
		default:
			b = append(b, s[copied:i]...)
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&0xf])
			copied = i + 1
		}
		if escaped != "" {
			b = append(b, s[copied:i]...)
			b = append(b, escaped...)
			copied = i + size
		}
		i += size
	}
	b = append(b, s[copied:]...)
	return append(b, '"')
}
