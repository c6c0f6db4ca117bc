package memindex

import "github.com/marquee-events/marquee/core/event"

// Settle waits for what goes on in the background.
func (x *Index) Settle() { x.merges.Wait() }

// DamageTimes changes when an event of the base starts and ends, likewise.
func (x *Index) DamageTimes(id event.ID, start, end int64) bool {
	x.changing.Lock()
	defer x.changing.Unlock()
	v := x.current.Load()
	row, held := v.find(id)
	if held {
		v.start[row] += start
		v.end[row] += end
	}
	return held
}

// Damage changes a value that is held of an event, as a fault of the memory would.
func (x *Index) Damage(id event.ID) bool {
	x.changing.Lock()
	defer x.changing.Unlock()
	v := x.current.Load()
	if v == nil {
		return false
	}
	if f := x.byID[id]; f != nil {
		f.event.Facts.Prices = event.PriceRange{Min: f.event.Facts.Prices.Min + 1, Max: f.event.Facts.Prices.Max + 1, Known: true}
		return true
	}
	row, held := v.find(id)
	if held {
		v.minPrice[row]++
		v.maxPrice[row]++
	}
	return held
}

// FlipStart flips a bit of the start of a row.
func (x *Index) FlipStart(row, bit int) { x.current.Load().start[row] ^= 1 << bit }

// FlipFold flips a bit of the fold of the first event that changed, and lets its places in the orders be those of what it is then.
func (x *Index) FlipFold() {
	f := x.current.Load().added[byStart][0]
	fold := []byte(f.fold)
	fold[len(fold)-1] ^= 1
	f.fold = string(fold)
	f.settle(x.current.Load().base)
}

// FlipRecentID flips a bit of the ID of the first event that changed.
func (x *Index) FlipRecentID(bit int) {
	x.current.Load().added[byStart][0].event.ID[bit/8] ^= 1 << (bit % 8)
}

// Names is how many texts are kept that events share.
func (x *Index) Names() int64 { return int64(len(x.current.Load().shared)) }

// Raw are the events as they would be read by who trusts everything; of those that cannot be read there is nothing.
func (x *Index) Raw() map[event.ID]event.Event {
	v := x.current.Load()
	all := map[event.ID]event.Event{}
	read := func(row uint32) (e event.Event) {
		defer func() { _ = recover() }()
		v.read(row, v.shared, &e)
		return e
	}
	for row := range narrow(v.base.size) {
		if !v.gone.Contains(row) {
			e := read(row)
			all[e.ID] = e
		}
	}
	for _, f := range v.added[byStart] {
		all[f.event.ID] = f.event
	}
	return all
}
