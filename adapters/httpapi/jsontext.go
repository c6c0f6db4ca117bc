package httpapi

import "unicode/utf8"

// plain are the bytes that stand in a JSON string as they are.
var plain = func() (p [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

// appendText appends s as a JSON string, byte for byte as encoding/json has it when it does not escape for
// HTML: what is no UTF-8 becomes U+FFFD, and the line separators that JavaScript takes for line
// ends are escaped.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	copied := 0 // s[copied:i] can be copied as it is
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
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
