package feedsim_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// today is a Monday.
var today = time.Date(2026, time.November, 23, 11, 30, 0, 0, time.UTC)

func frozen() time.Time { return today }

// feed is a feed as a reader finds it, whatever its dialect.
type feed struct {
	root, base, event string // names of elements
	script            bool
	bases             []base
}

type base struct {
	id, title, sellMode, organizer string
	attrs                          map[string]string
	events                         []item
}

type item struct {
	id, start, end, saleFrom, saleTo, soldOut string
	zones                                     []zone
}

type zone struct{ id, name, capacity, price, numbered string }

type identity struct{ base, event string }

// flat is the events by identity, each with its base event.
func (f feed) flat() map[identity]flat {
	out := map[identity]flat{}
	for _, b := range f.bases {
		for _, e := range b.events {
			out[identity{b.id, e.id}] = flat{b, e}
		}
	}
	return out
}

type flat struct {
	base
	item
}

func (f feed) events() (n int) {
	for _, b := range f.bases {
		n += len(b.events)
	}
	return n
}

func render(t testing.TB, d feedsim.Document) []byte {
	t.Helper()
	var buf bytes.Buffer
	if n, err := d.WriteTo(&buf); err != nil || n != int64(buf.Len()) {
		t.Fatalf("wrote %d of %d bytes, %v", n, buf.Len(), err)
	}
	return buf.Bytes()
}

func fetch(t testing.TB, p feedsim.Provider) feedsim.Document {
	t.Helper()
	d, err := p.Fetch()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newSim(t testing.TB, o feedsim.Options) *feedsim.Sim {
	t.Helper()
	if o.Clock == nil {
		o.Clock = frozen
	}
	s, err := feedsim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parse reads a feed strictly: what it does not expect fails the test.
func parse(t testing.TB, doc []byte) feed {
	t.Helper()
	var f feed
	var path []string
	decoder := xml.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := decoder.Token()
		if token == nil {
			if err.Error() != "EOF" {
				t.Fatal(err)
			}
			return f
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			attrs := map[string]string{}
			for _, a := range token.Attr {
				attrs[a.Name.Local] = a.Value
			}
			switch len(path) {
			case 1:
				f.root = path[0]
			case 2:
				switch path[1] {
				case "script":
					f.script = true
				case "output":
				default:
					t.Fatalf("unexpected %v", path)
				}
			case 3:
				f.base = path[2]
				f.bases = append(f.bases, base{id: attrs[f.base+"_id"], title: attrs["title"], sellMode: attrs["sell_mode"], organizer: attrs["organizer_company_id"], attrs: attrs})
			case 4:
				f.event = path[3]
				b := &f.bases[len(f.bases)-1]
				b.events = append(b.events, item{id: attrs[f.event+"_id"], start: attrs[f.event+"_start_date"], end: attrs[f.event+"_end_date"],
					saleFrom: attrs["sell_from"], saleTo: attrs["sell_to"], soldOut: attrs["sold_out"]})
			case 5:
				b := &f.bases[len(f.bases)-1]
				e := &b.events[len(b.events)-1]
				e.zones = append(e.zones, zone{attrs["zone_id"], attrs["name"], attrs["capacity"], attrs["price"], attrs["numbered"]})
			default:
				t.Fatalf("unexpected %v", path)
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			if strings.TrimSpace(string(token)) != "" {
				t.Fatalf("unexpected text %q", token)
			}
		}
	}
}
