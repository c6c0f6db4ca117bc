package memindex

import (
	"sort"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/marquee-events/marquee/core/event"
)

// matching is what matches a question. Its rows of the base are a bitmap, or a span where only a time was asked for.
type matching struct {
	*question
	rows *roaring.Bitmap // nil for a span
	span span            // without dead rows being left out
	live int             // rows that match and are not dead

	listed []*fresh // of the delta, those that match, by start; see deltas
	known  bool
}

// deltas are the events of the delta that match, by start.
func (m *matching) deltas() []*fresh {
	if m.known {
		return m.listed
	}
	m.known = true
	m.listed = m.matchingOf(byStart)
	return m.listed
}

// matchingOf are the events of the delta that match, in an order.
func (m *matching) matchingOf(order int) (list []*fresh) {
	lo, hi := m.candidates(order)
	for _, f := range m.added[order][lo:hi] {
		if m.matches(f) {
			list = append(list, f)
		}
	}
	return list
}

func (m *matching) total() int {
	switch {
	case len(m.added[byStart]) == 0:
		return m.live
	case m.rows == nil:
		return m.live + m.count(&m.plus)
	}
	return m.live + len(m.deltas())
}

// events are those of the page, but for those that changed since the version that it is of.
func (m *matching) events(changed map[event.ID]*event.Event) []event.Event {
	c := &collector{matching: m, changed: changed, order: m.order, want: m.q.Limit}
	switch {
	case m.rows == nil && (m.order == byStart || m.order == byEnd):
		positions := &livingSpan{span: &m.span, version: m.version}
		if m.q.Offset > 0 {
			positions.dead = m.deadOf(m.order)
			positions.living = m.live
		}
		c.fromCounted(positions)
	case m.rows != nil && m.order == byStart:
		c.fromCounted(bitmapSet{m.rows, m.live})
	default:
		c.fromOrder()
	}
	return c.events
}

// deadOf are positions of rows that match and are dead, in order.
func (m *matching) deadOf(order int) (list []int) {
	positions := m.dead
	if order == byEnd {
		positions = m.deadByEnd
	}
	lo := sort.Search(len(positions), func(i int) bool { return int(positions[i]) >= m.span.first })
	for _, position := range positions[lo:] {
		if int(position) >= m.span.limit {
			break
		}
		if row := m.row(order, position); m.inRange(m.start[row], m.end[row]) {
			list = append(list, int(position))
		}
	}
	return list
}
