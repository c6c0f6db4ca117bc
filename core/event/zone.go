package event

// Zone is a part of an event's tickets. Its id may repeat inside one event, so zones are a list in the
// order of the feed and never keyed.
type Zone struct {
	ID       string
	Name     string
	Capacity int64 // tickets left, never negative
	Price    Price
	Numbered bool // seats are numbered
}

// Prices spans the zones that have tickets left. When none has any, it spans all zones, so that a sold-out
// event keeps its price; without zones the range is unknown.
func Prices(zones []Zone) PriceRange {
	var left, all PriceRange
	for _, z := range zones {
		all = all.Include(z.Price)
		if z.Capacity > 0 {
			left = left.Include(z.Price)
		}
	}
	if left.Known {
		return left
	}
	return all
}

// Capacity is the number of tickets left over all zones.
func Capacity(zones []Zone) int64 {
	var sum int64
	for _, z := range zones {
		sum += z.Capacity
	}
	return sum
}
