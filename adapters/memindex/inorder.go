package memindex

import (
	"math/bits"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
)

// fromOrder goes through an order in which matches are not counted, from the nearer end, or sorts the matches where that is less work.
func (c *collector) fromOrder() {
	total := c.total()
	first, last := c.q.Offset, min(c.q.Offset+c.q.Limit, total) // of the matches
	if total == 0 || c.q.After == nil && first >= last {
		return
	}
	if total*gatherCost < c.walkCost(total, first, last) {
		c.gather()
		return
	}
	positions := c.inOrder(c.walkCost(total, first, last))
	if positions.all && c.q.After == nil && !c.hasZones() {
		c.fromCounted(positions)
		return
	}
	if c.q.After == nil && total-last < first {
		c.skip, c.want = total-last, last-first
		c.walkZones(positions, true)
		slices.Reverse(c.events)
		return
	}
	c.skip = first
	c.walkZones(positions, false)
}

// gatherCost is how many steps of a walk it takes to collect and sort a match.
const gatherCost = 64

// walkCost is about how many positions a walk looks at.
func (c *collector) walkCost(total, first, last int) int {
	if c.q.After != nil {
		first, last = 0, c.q.Limit
	}
	return min(last, total-first) * (c.base.size/max(total, 1) + 1)
}

// zone is a part of an order, of the base and of the delta.
type zone struct {
	first, limit           int
	addedFirst, addedLimit int
	unpriced               bool
}

// zones are those that have something to be ordered by and, in the orders of prices, those that have not and come last in both directions.
func (c *collector) zones() []zone {
	all, added := c.base.size, len(c.added[c.order])
	if !c.hasZones() {
		return []zone{{0, all, 0, added, false}}
	}
	priced, addedPriced := c.base.priced, c.delta.priced[c.order]
	return []zone{{0, priced, 0, addedPriced, false}, {priced, all, addedPriced, added, true}}
}

func (c *collector) hasZones() bool { return c.order == byMinPrice || c.order == byMaxPrice }

// walkZones goes through the zones, or through all of it from its end.
func (c *collector) walkZones(positions *orderSet, fromEnd bool) {
	zones, step := c.zones(), 1
	if fromEnd {
		slices.Reverse(zones)
	}
	if c.q.Order.Desc != fromEnd {
		step = -1
	}
	behind := c.q.After
	for _, z := range zones {
		if behind != nil && behind.None && !z.unpriced {
			continue
		}
		positions.first, positions.limit = z.first, z.limit
		added := c.added[c.order][z.addedFirst:z.addedLimit]
		position, place := z.first, 0
		if step < 0 {
			position, place = z.limit-1, len(added)-1
		}
		if behind != nil {
			position, place = c.behind(*behind, step)
			place -= z.addedFirst
			behind = nil
		}
		c.walk(positions, position, added, place, step)
	}
}

// behind is what comes next to a position in a direction, in the base and in the delta.
func (c *collector) behind(p catalogue.Position, step int) (position, place int) {
	added := c.added[c.order]
	position, place = c.base.lowerBound(c.order, p), c.delta.lowerBound(c.order, p)
	if step < 0 {
		return position - 1, place - 1
	}
	if position < c.base.size && c.id[c.row(c.order, narrow(position))] == p.ID {
		position++
	}
	if place < len(added) && added[place].event.ID == p.ID {
		place++
	}
	return position, place
}

// orderSet are the positions of a zone of an order whose rows match.
type orderSet struct {
	*matching
	order        int
	first, limit int
	all          bool     // every row matches
	dense        []uint64 // the rows, where it is worth to have them so
}

func (c *collector) inOrder(cost int) *orderSet {
	o := &orderSet{matching: c.matching, order: c.order, limit: c.base.size, all: c.live == c.base.size}
	if o.all || cost <= c.base.size/bits.UintSize {
		return o
	}
	rows := c.rows
	if rows == nil {
		rows = c.question.rows()
	}
	o.dense = make([]uint64, (c.base.size+63)/64)
	rows.WriteDenseTo(o.dense)
	return o
}

func (o *orderSet) next(position, step int) int {
	for ; position >= o.first && position < o.limit; position += step {
		if o.all || o.has(o.row(o.order, narrow(position))) {
			return position
		}
	}
	return -1
}

// nth and size are for where every row matches.
func (o *orderSet) nth(n int) int { return n }

func (o *orderSet) size() int { return o.base.size }

func (o *orderSet) has(row uint32) bool {
	switch {
	case o.dense != nil:
		return o.dense[row/64]>>(row%64)&1 == 1
	case o.rows != nil:
		return o.rows.Contains(row)
	}
	return o.inRange(o.start[row], o.end[row]) && (len(o.dead) == 0 || !o.gone.Contains(row))
}

// gather collects all matches and sorts them.
func (c *collector) gather() {
	type match struct {
		catalogue.Position
		fresh *fresh
		row   uint32
	}
	var all []match
	take := func(m match) {
		if c.q.After == nil || c.q.Order.Compare(m.Position, *c.q.After) > 0 {
			all = append(all, m)
		}
	}
	if c.rows == nil {
		living := &livingSpan{span: &c.span, version: c.version}
		for position := living.next(c.span.first, 1); position >= 0; position = living.next(position+1, 1) {
			row := c.row(c.span.order, narrow(position))
			take(match{Position: c.positionOf(row), row: row})
		}
	} else {
		c.rows.Iterate(func(row uint32) bool {
			take(match{Position: c.positionOf(row), row: row})
			return true
		})
	}
	for _, f := range c.deltas() {
		take(match{Position: f.position(c.order), fresh: f})
	}
	slices.SortFunc(all, func(a, b match) int { return c.q.Order.Compare(a.Position, b.Position) })
	c.skip = c.q.Offset
	for i := 0; i < len(all) && len(c.events) < c.want; i++ {
		c.take(all[i].fresh, all[i].row)
	}
}

// positionOf is where a row stands in the order.
func (c *collector) positionOf(row uint32) catalogue.Position {
	p := catalogue.Position{ID: c.id[row]}
	switch {
	case c.order == byTitle:
		p.Text = c.folds.list.at(int(c.title[row]))
	case (c.order == byMinPrice || c.order == byMaxPrice) && c.minPrice[row] == noPrice:
		p.None = true
	default:
		p.Number = c.key(c.order, row)
	}
	return p
}
