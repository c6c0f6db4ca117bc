package crash

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// model is what a catalogue has to hold, reckoned from snapshots alone, each read once and at once.
type model struct {
	events map[event.ID]*modelled
	wrong  []string // identities in the last snapshot that are no events
}

type modelled struct {
	listed
	available bool
	changes   []change
}

// change is an entry of the log, as far as a model can know it.
type change struct {
	Kind     catalogue.ChangeKind
	Snapshot int
}

// listed is an event as the feed has it.
type listed struct {
	identity             string
	title, mode          string
	start, end           string
	soldOut              string
	cheapest, dearest    string // with capacity left, or of all when there is none
	everythingElse, zone string // to tell whether anything changed
}

func newModel() *model { return &model{events: map[event.ID]*modelled{}} }

// read brings the next snapshot in.
func (m *model) read(s snapshot) {
	m.wrong = nil
	seen := map[event.ID]bool{}
	for id, l := range s.listings() {
		seen[id] = true
		known := m.events[id]
		switch {
		case !valid(l.start) || !valid(l.end):
			m.wrong = append(m.wrong, l.identity)
		case known == nil && l.mode == "online":
			m.events[id] = &modelled{l, true, []change{{catalogue.Added, s.number}}}
		case known != nil && known.listed != l:
			known.listed = l
			known.changes = append(known.changes, change{catalogue.Updated, s.number})
		}
	}
	slices.Sort(m.wrong)
	for id, e := range m.events {
		if e.available == seen[id] {
			continue
		}
		e.available = seen[id]
		kind := catalogue.Withdrawn
		if e.available {
			kind = catalogue.Returned
		}
		e.changes = append(e.changes, change{kind, s.number})
	}
}

const feedTime = "2006-01-02T15:04:05"

func valid(t string) bool {
	_, err := time.Parse(feedTime, t)
	return err == nil
}

// decode reads the snapshot, the plain way.
func (s snapshot) decode() map[event.ID]listed {
	type zone struct {
		Capacity int64      `xml:"capacity,attr"`
		Price    string     `xml:"price,attr"`
		All      []xml.Attr `xml:",any,attr"`
	}
	var feed struct {
		Bases []struct {
			ID     string     `xml:"base_event_id,attr"`
			Title  string     `xml:"title,attr"`
			Mode   string     `xml:"sell_mode,attr"`
			All    []xml.Attr `xml:",any,attr"`
			Events []struct {
				ID      string     `xml:"event_id,attr"`
				Start   string     `xml:"event_start_date,attr"`
				End     string     `xml:"event_end_date,attr"`
				SoldOut string     `xml:"sold_out,attr"`
				All     []xml.Attr `xml:",any,attr"`
				Zones   []zone     `xml:"zone"`
			} `xml:"event"`
		} `xml:"output>base_event"`
	}
	if err := xml.Unmarshal([]byte(s.xml), &feed); err != nil {
		panic(fmt.Sprintf("snapshot %d: %v", s.number, err))
	}
	all := map[event.ID]listed{}
	for _, b := range feed.Bases {
		for _, e := range b.Events {
			left := slices.DeleteFunc(slices.Clone(e.Zones), func(z zone) bool { return z.Capacity == 0 })
			if len(left) == 0 {
				left = e.Zones
			}
			slices.SortFunc(left, func(x, y zone) int { return byAmount(x.Price, y.Price) })
			l := listed{
				identity: b.ID + "/" + e.ID, title: b.Title, mode: b.Mode, start: e.Start, end: e.End, soldOut: e.SoldOut,
				everythingElse: fmt.Sprint(b.All, e.All), zone: fmt.Sprint(e.Zones),
			}
			if len(left) > 0 {
				l.cheapest, l.dearest = shortest(left[0].Price), shortest(left[len(left)-1].Price)
			}
			all[event.Identity{Provider: provider, Base: b.ID, Event: e.ID}.ID()] = l
		}
	}
	return all
}

// byAmount compares decimals without signs.
func byAmount(a, b string) int {
	wholeA, fractionA, _ := strings.Cut(a, ".")
	wholeB, fractionB, _ := strings.Cut(b, ".")
	if len(wholeA) != len(wholeB) {
		return len(wholeA) - len(wholeB)
	}
	return strings.Compare(wholeA+"."+strings.TrimRight(fractionA, "0"), wholeB+"."+strings.TrimRight(fractionB, "0"))
}

func shortest(decimal string) string {
	if strings.Contains(decimal, ".") {
		decimal = strings.TrimRight(strings.TrimRight(decimal, "0"), ".")
	}
	return decimal
}
