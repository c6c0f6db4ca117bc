package fleet

import (
	"fmt"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// providerID is the id that a process gives to its provider where none is configured.
const providerID = "default"

// model is what a catalogue has to hold, reckoned from the feed alone. It knows of chunks only that some of an issue may
// come too late.
type model struct {
	events map[string]*modelled
	late   map[string]modelled // events that only chunks which may come at any time have, by what they would be then
}

type modelled struct {
	listed
	available bool
	history   string // its entries in the log
	or        string // another history that would be right as well
	awaited   bool   // it is only in a chunk that is still to come
}

func newModel() *model { return &model{events: map[string]*modelled{}, late: map[string]modelled{}} }

func entry(kind catalogue.ChangeKind, issue int) string {
	return fmt.Sprintf(" %s in issue %d;", kind, issue)
}

// take brings in what was applied of an issue in time.
func (m *model) take(issue int, listings []listed) {
	for _, l := range listings {
		known := m.events[l.base]
		switch {
		case known == nil && l.mode == "online":
			e := &modelled{listed: l, available: true, history: entry(catalogue.Added, issue)}
			if first, late := m.late[l.base]; late {
				e.or = first.history
				if first.listed != l {
					panic("the feed has changed an event that may come late, and both histories would be right: " + l.base)
				}
			}
			m.events[l.base] = e
		case known != nil && known.listed != l:
			known.listed = l
			known.log(catalogue.Updated, issue)
		}
	}
}

func (e *modelled) log(kind catalogue.ChangeKind, issue int) {
	e.history += entry(kind, issue)
	if e.or != "" {
		e.or += entry(kind, issue)
	}
}

// comesLate says that these are still in somebody's hand when the next issue is read: only what nobody knows counts.
func (m *model) comesLate(issue int, listings []listed) {
	for _, l := range listings {
		if m.events[l.base] == nil && l.mode == "online" {
			m.late[l.base] = modelled{listed: l, history: entry(catalogue.Added, issue)}
		}
	}
}

// read brings in an issue that was read to its end, and knows what left and what came back.
func (m *model) read(issue int, listings []listed) {
	m.take(issue, listings)
	seen := map[string]bool{}
	for _, l := range listings {
		seen[l.base] = true
	}
	for base, e := range m.events {
		switch {
		case e.available && !seen[base]:
			e.log(catalogue.Withdrawn, issue)
		case !e.available && seen[base]:
			e.log(catalogue.Returned, issue)
		}
		e.available = seen[base]
	}
	for base, l := range m.late { // those that came before this issue was known to its end were there for a moment
		if m.events[base] == nil {
			l.or, l.awaited = l.history+entry(catalogue.Withdrawn, issue), true
			m.events[base] = &l
		}
	}
	clear(m.late)
}

// settled says that nothing is to come any more.
func (m *model) settled() {
	for _, e := range m.events {
		e.awaited = false
	}
}

func idOf(base string) event.ID {
	return event.Identity{Provider: providerID, Base: base, Event: "1"}.ID()
}
