package feedxml

import (
	"bytes"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/catalogue"
)

// TestMemoryDoesNotGrowWithTheFeed streams feeds of any length that are never held, neither here nor there.
func TestMemoryDoesNotGrowWithTheFeed(t *testing.T) {
	const (
		size  = 24 << 20
		bound = 12 << 20 // of live and dead memory between two collections
	)
	const (
		base  = "<eventList><output>"
		event = base + "<base_event>"
		zone  = event + "<event>"
		value = base + `<base_event title="`
	)
	always := func(part string) func(int) string { return func(int) string { return part } }
	endless := map[string]struct {
		head  string
		part  func(n int) string
		least int // records
		extra int // memory that is due
	}{
		"small events":         {base, always(oneEvent(3)), 10_000, 0},
		"events of many zones": {base, always(oneEvent(3_000)), 50, 0},
		"one base of them all": {event, always(`<event event_id="1" venue="Sala Apolo"><zone zone_id="1" name="Platea" price="20.00"/></event>`), 10_000, 0},
		"ever new names":       {base, func(n int) string { return "<x" + strconv.Itoa(n) + ">of an element</x" + strconv.Itoa(n) + ">" }, 0, 0},
		"ever new fields": {event, func(n int) string {
			return "<event e" + strconv.Itoa(n) + `="the attribute has another name in each of these elements"/>`
		}, 10_000, 0},
		"elements nobody knows": {base, always("<x>with a text of some length that nobody wants to know either</x>"), 0, 0},
		"text":                  {base, always("text "), 0, 0},
		"one value":             {value, always("Rock &amp; Roll "), 0, 0},
		// Limits.RecordBytes, in buffers that grew up to there by doubling.
		"one event": {zone, always(`<zone zone_id="1" name="of an event without end"/>`), 0, 3 * 16 << 20},
	}
	for name, feed := range endless {
		t.Run(name, func(t *testing.T) {
			document := &repeated{part: feed.part, left: size}
			document.ready.WriteString(feed.head)
			var records, most int
			before := heap()
			sample := func() { most = max(most, heap()-before) }
			err := Decode(&sampled{r: document, every: 1 << 20, sample: sample}, Limits{}, func(catalogue.Record) error {
				records++
				return nil
			})
			requireCode(t, CodeCut, err) // it never ends
			assert.GreaterOrEqual(t, records, feed.least)
			assert.Less(t, most, bound+feed.extra, "bytes of heap while %d MiB went by", size>>20)
		})
	}
}

func heap() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func oneEvent(zones int) string {
	var out strings.Builder
	writeEvent(&out, 1, zones)
	return out.String()
}

// repeated is a document without end of which left bytes are to be had.
type repeated struct {
	part    func(n int) string
	ready   bytes.Buffer
	n, left int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	for r.ready.Len() < 16<<10 {
		r.n++
		r.ready.WriteString(r.part(r.n))
	}
	n, err := r.ready.Read(p)
	r.left -= n
	return n, err
}

// sampled calls sample now and then.
type sampled struct {
	r           io.Reader
	every, left int
	sample      func()
}

func (s *sampled) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.left -= n; s.left <= 0 || err != nil {
		s.left = s.every
		s.sample()
	}
	return n, err
}
