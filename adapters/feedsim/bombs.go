package feedsim

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Answers that mean harm, or look as if they did.

const (
	declaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	listBegin   = `<eventList version="1.0">` + "\n  <output>"
	listEnd     = "\n  </output>\n</eventList>\n"

	withoutOutput = declaration + "<eventList version=\"1.0\">\n</eventList>\n"
)

// loneEvent is a list of one event in two parts, between which its title belongs.
var loneEvent = [2]string{
	listBegin + "\n    " + `<base_event base_event_id="bomb" sell_mode="online" title="`,
	`">
      <event event_id="1" event_start_date="2030-06-30T21:00:00" event_end_date="2030-06-30T22:00:00" sold_out="false">
        <zone zone_id="1" capacity="1" price="1.00" name="A" numbered="false"/>
      </event>
    </base_event>` + listEnd,
}

// entityBomb is the one known as a billion laughs.
var entityBomb = func() string {
	var doc strings.Builder
	doc.WriteString(declaration + "<!DOCTYPE eventList [\n  <!ENTITY ha \"ha\">\n")
	inner := "ha"
	for _, outer := range []string{"b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		doc.WriteString("  <!ENTITY " + outer + ` "` + strings.Repeat("&"+inner+";", 10) + "\">\n")
		inner = outer
	}
	doc.WriteString("]>\n" + loneEvent[0] + "&" + inner + ";" + loneEvent[1])
	return doc.String()
}()

var externalEntity = declaration + "<!DOCTYPE eventList [\n  <!ENTITY secret SYSTEM \"file:///etc/passwd\">\n]>\n" +
	listBegin + "&secret;" + strings.TrimPrefix(loneEvent[0], listBegin) + "&secret;" + loneEvent[1]

const nested = 100_000 // elements

func (*Moody) deepNesting(w http.ResponseWriter, _ *http.Request) {
	send(w, "application/xml", declaration, listBegin, strings.Repeat("<a>", nested), strings.Repeat("</a>", nested), listEnd)
}

func (*Moody) giantAttribute(w http.ResponseWriter, _ *http.Request) {
	parts := []string{declaration, loneEvent[0]}
	for range 16 {
		parts = append(parts, megabyte)
	}
	send(w, "application/xml", append(parts, loneEvent[1])...)
}

var megabyte = strings.Repeat("long ", 1<<20/5) + "l"

// garbage is the same each time, and begins with nothing that means something.
func (*Moody) garbage(w http.ResponseWriter, _ *http.Request) {
	noise := []byte{0x93}
	for n := range int64(8 << 10) {
		noise = binary.LittleEndian.AppendUint64(noise, uint64(chance(1).nth(n)))
	}
	send(w, "application/xml", string(noise))
}

// A file of several gzip members is the gzip of what they hold, one after the other (RFC 1952, section 2.2). So a
// body of any size is one small member sent again and again, and costs nothing to make.
const memberBytes = 1 << 20

var blanks = sync.OnceValue(func() string { return zip(strings.Repeat(" ", memberBytes)) })

func (m *Moody) gzipBomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	send(w, "application/xml", zip(declaration+listBegin))
	for unpacked := int64(0); unpacked < m.unpacked; unpacked += memberBytes {
		if _, err := io.WriteString(w, blanks()); err != nil {
			return // the client has had enough
		}
	}
	_, _ = io.WriteString(w, zip(listEnd))
}

func zip(text string) string {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = io.WriteString(z, text) // into memory
	_ = z.Close()
	return out.String()
}
