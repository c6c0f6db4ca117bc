package feedxml

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// declarationBytes is where an XML declaration has to end; the longest sensible one has a tenth of it.
const declarationBytes = 1 << 10

var declaredEncoding = regexp.MustCompile(`^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:\-]+)["']`)

// toUTF8 finds out how a document is encoded: by its byte order mark, by what it declares, by label, in
// that order. A server's label comes last because servers add one to whatever file they have.
// It reports whether it decodes, and so puts U+FFFD for what it cannot.
func toUTF8(r io.Reader, label string) (text io.Reader, decodes bool, err error) {
	head := bufio.NewReaderSize(r, declarationBytes)
	start, _ := head.Peek(declarationBytes) // what ended it early is met again by whoever reads on
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, err := head.Discard(3)
		return head, false, err
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("<\x00")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(head), true, nil
	case bytes.HasPrefix(start, []byte("\xFE\xFF")), bytes.HasPrefix(start, []byte("\x00<")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(head), true, nil
	}
	if declared := declaredEncoding.FindSubmatch(start); declared != nil {
		label = string(declared[1])
	}
	label = strings.ToLower(strings.TrimSpace(label))
	switch {
	case label == "", label == "utf-8", label == "utf8", label == "us-ascii", label == "ascii":
		return head, false, nil
	case strings.HasPrefix(label, "utf-16"), strings.HasPrefix(label, "ucs-2"):
		// It could not have been read up to here if it were: programs that build
		// documents in memory declare the encoding of their strings.
		return head, false, nil
	}
	found, err := htmlindex.Get(label)
	if err != nil {
		return nil, false, unavailable(CodeGarbled, "the feed is in the encoding %.40q, which is not known; UTF-8 would be right", label)
	}
	return found.NewDecoder().Reader(head), true, nil
}
