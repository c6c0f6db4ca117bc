package memindex

import (
	"sort"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// How many of the last changes are told, and how far back pages of an earlier version may lie: as many as there are events, within
// bounds. The upper one is how far stores look back as well; of what is further back than that most has changed.
const (
	leastRemembered = 10_000
	mostRemembered  = 20_000
)

// history are the last changes and what they changed.
type history struct {
	begin   catalogue.Version // before the first of them
	entries []entry           // in order; whoever has them reads no further than their end
}

// entry is a change, and the event before it.
type entry struct {
	*catalogue.Change
	before *event.Event // nil where the event was not known
}

// grown is the history with more entries, of a catalogue of so many events.
func (h history) grown(more []entry, events int) history {
	remembered := min(max(events, leastRemembered), mostRemembered)
	all := len(h.entries) + len(more)
	if all > cap(h.entries) {
		keep := h.entries[max(0, min(len(h.entries), all-remembered)):]
		if len(keep) < len(h.entries) {
			h.begin = h.entries[len(h.entries)-len(keep)-1].Version
		}
		h.entries = append(make([]entry, 0, min(2*remembered, 2*(len(keep)+len(more)))), keep...)
	}
	h.entries = append(h.entries, more...)
	if over := len(h.entries) - remembered; over > 0 {
		h.begin, h.entries = h.entries[over-1].Version, h.entries[over:]
	}
	return h
}

// after are the entries behind a version.
func (h history) after(v catalogue.Version) ([]entry, error) {
	if v == h.begin {
		return h.entries, nil
	}
	i := sort.Search(len(h.entries), func(i int) bool { return h.entries[i].Version.Number >= v.Number })
	if i == len(h.entries) || h.entries[i].Version != v {
		return nil, fault.New(fault.Gone, "version %s is of another history, or further back than the changes that are remembered", v)
	}
	return h.entries[i+1:], nil
}

// were are the events that changed in the entries, as they were before the first of their changes; nil for those that were
// not known.
func were(entries []entry) map[event.ID]*event.Event {
	all := make(map[event.ID]*event.Event, len(entries))
	for i := range entries {
		id := entries[i].Event.ID
		if _, known := all[id]; !known {
			all[id] = entries[i].before
		}
	}
	return all
}
