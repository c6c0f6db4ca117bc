package feedsim

// zone of an event at a moment.
type zone struct {
	id       int64
	name     string
	sector   int64 // 0: the zone is not divided
	capacity int64
	cents    int64
	numbered bool
}

// zonesOf appends the zones of a session.
func (p *programme) zonesOf(b *base, s session, m moment, out []zone) []zone {
	plots, names := plots[b.kind.house], b.place.tongue.zones[b.kind.house]
	kinds := int64(len(plots))
	count := b.about(ofZones).between(1, kinds)
	if most := int64(p.options.Zones); most > DefaultZones && b.kind.house.sectored() {
		count = b.about(ofZones).between(2, most)
	}
	count = min(count, int64(p.options.Zones))
	sectors := (count + kinds - 1) / kinds

	main := b.about(ofCapacity).between(b.kind.capacity[0], b.kind.capacity[1])
	cents := b.about(ofPrice).between(b.kind.euros[0], b.kind.euros[1]) * s.worth
	if b.about(ofFree).permille(b.kind.free) {
		cents = 0
	}
	d := b.demand(s, m)
	for k := range count {
		plot := plots[k%kinds]
		z := zone{
			id:       b.zoneIDs + k,
			name:     names[k%kinds],
			capacity: d.left(b.about(ofZonePace).nth(k), max(2, main*plot.size/100/sectors)),
			cents:    b.price(cents*plot.price/100, d, m),
			numbered: plot.numbered,
		}
		if sectors > 1 {
			z.sector = 101 + k/kinds
		}
		out = append(out, z)
	}
	return out
}

func soldOut(zones []zone) bool {
	for _, z := range zones {
		if z.capacity > 0 {
			return false
		}
	}
	return true
}
