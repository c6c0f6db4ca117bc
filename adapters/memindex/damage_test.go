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
