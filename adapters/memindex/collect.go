package memindex

import (
	"sort"
	"sync"

	"github.com/marquee-events/marquee/core/event"
)

// collector brings the events of a page together, from the base and the delta.
type collector struct {
	*matching
	changed map[event.ID]*event.Event
	order   int
	skip    int // matches that come before the page
	want    int
	events  []event.Event
}

// walk goes through matches in a direction, from a position of the base and a place in the delta on, until it has what is wanted.
func (c *collector) walk(positions set, position int, added []*fresh, place, step int) {
	ahead := func() *fresh { // the next of the delta
		for ; place >= 0 && place < len(added); place += step {
			if c.matches(added[place]) {
				return added[place]
			}
		}
		return nil
	}
	position = positions.next(position, step)
	for f := ahead(); len(c.events) < c.want && (position >= 0 || f != nil); {
		first := f != nil && (position < 0 || (step > 0) == (int(f.before[c.order]) <= position))
		if first {
			c.take(f, 0)
			place += step
			f = ahead()
			continue
		}
		c.take(nil, c.row(c.order, narrow(position)))
		position = positions.next(position+step, step)
	}
}

// take takes an event of the delta, or a row where there is none.
func (c *collector) take(f *fresh, row uint32) {
	if c.skip > 0 {
		c.skip--
		return
	}
	if c.changed != nil && c.hasChanged(f, row) {
		return
	}
	if c.events == nil {
		c.events = room(min(c.want, c.live+len(c.added[byStart])))
	}
	if f != nil {
		c.events = append(c.events, f.event)
		return
	}
	c.events = append(c.events, event.Event{})
	c.read(row, c.shared, &c.events[len(c.events)-1])
}

func (c *collector) hasChanged(f *fresh, row uint32) (changed bool) {
	if f != nil {
		_, changed = c.changed[f.event.ID]
		return changed
	}
	_, changed = c.changed[c.id[row]]
	return changed
}

// fromCounted finds where the page begins without reading what is before it.
func (c *collector) fromCounted(positions counted) {
	step := 1
	if c.q.Order.Desc {
		step = -1
	}
	if c.q.After != nil {
		position, place := c.behind(*c.q.After, step)
		c.walk(positions, position, c.added[c.order], place, step)
		return
	}
	if c.q.Offset > 0 {
		c.deep(positions, step)
		return
	}
	lo, hi := c.candidates(c.order)
	added, position, place := c.added[c.order][lo:hi], 0, 0
	if step < 0 {
		position, place = c.base.size-1, len(added)-1
	}
	c.walk(positions, position, added, place, step)
}

// deep begins behind matches that are not read.
func (c *collector) deep(positions counted, step int) {
	added := c.matchingOf(c.order)
	total := positions.size() + len(added)
	before := c.q.Offset // matches that stand before the page in ascending order
	if step < 0 {
		before = total - c.q.Offset
	}
	if before <= 0 && step < 0 || before >= total && step > 0 {
		return
	}
	place := split(positions, added, c.order, before)
	n := before - place
	if step < 0 {
		place, n = place-1, n-1
	}
	position := -1
	if n >= 0 && n < positions.size() {
		position = positions.nth(n)
	} else if step > 0 {
		position = c.base.size
	}
	c.walk(positions, position, added, place, step)
}

// split is how many of the first so many matches, in ascending order, are of the delta.
func split(positions counted, added []*fresh, order, first int) int {
	// The first have place of the delta as long as place of the delta stand before the match of the base that would be next.
	ahead := func(place int) int {
		n := first - place
		if n >= positions.size() {
			return len(added)
		}
		position := positions.nth(n)
		return sort.Search(len(added), func(i int) bool { return int(added[i].before[order]) > position })
	}
	lo, hi := max(0, first-positions.size()), min(len(added), first)
	for rounds := 0; lo < hi; rounds++ {
		place := (lo + hi + 1) / 2
		if rounds < 4 { // mostly few of the delta stand near
			place = min(max(ahead(lo), lo+1), hi)
		}
		if got := ahead(place); got >= place {
			lo = place
		} else {
			hi = place - 1
			lo = max(lo, min(got, hi))
		}
	}
	return lo
}

// lentEvents is how many events a page has room for that is lent: those of the usual size. To make and clear it would be a good part of
// what it takes to find them.
const lentEvents = 20

var lent = sync.Pool{New: func() any { return new([lentEvents]event.Event) }}

// room is for so many events.
func room(events int) []event.Event {
	if events != lentEvents {
		return make([]event.Event, 0, events)
	}
	page, _ := lent.Get().(*[lentEvents]event.Event) // it holds nothing else
	return page[:0]
}
