package feedsim

// The traps that real feeds of this kind set. A consumer that is fine with a clean feed only finds out here.

// trap that a base event sets.
type trap uint8

const (
	noTrap       trap = iota
	sharedIDs         // its events have ids that other base events' events have too
	repeatedZone      // the second zone has the id of the first
	lateFlag          // it is not flagged as sold out when nothing is left
	earlyFlag         // it is flagged as sold out while there is something left
)

const firstID = 1000

// plant decides on ids and on the trap of a base event.
func (p *programme) plant(index int64, b *base) {
	b.eventIDs = 16 * b.id
	b.trap = noTrap
	if p.options.Clean {
		return
	}
	switch share := b.about(ofTrap).below(1000); {
	case share < 40:
		b.trap = sharedIDs
		// Those of a base event that was announced shortly before.
		b.eventIDs = 16 * (b.id - 4*min(index, 1+b.about(ofTrap).nth(1).below(5)))
	case share < 65:
		b.trap = repeatedZone
	case share < 165:
		b.trap = lateFlag
	case share < 170:
		b.trap = earlyFlag
	}
}

// spring changes a session's zones as the base event's trap asks, and tells whether it is flagged as sold out.
func (t trap) spring(zones []zone) (flagged bool) {
	flagged = soldOut(zones)
	switch t {
	case noTrap, sharedIDs: // nothing that zones show
	case repeatedZone:
		if len(zones) > 1 {
			zones[1].id = zones[0].id
		}
	case lateFlag:
		flagged = false
	case earlyFlag:
		flagged = true
	}
	return flagged
}

// impossible writes a base event with a date that no calendar has. A real feed has had one for years.
func (x *xmlWriter) impossible() {
	w := x.words
	x.raw("\n    <", w.base, " ", w.base, `_id="444" sell_mode="offline" organizer_company_id="1" title="Tributo a la copla de siempre">`,
		"\n      <", w.event, " ", w.event, `_start_date="2021-09-31T20:00:00" `, w.event, `_end_date="2021-09-31T21:00:00" `, w.event, `_id="1642"`,
		` sell_from="2021-02-10T00:00:00" sell_to="2021-09-31T19:50:00" sold_out="false">`,
		"\n        ", `<zone zone_id="7" capacity="22" price="65.00" name="Amfiteatre" numbered="false"/>`,
		"\n      </", w.event, ">\n    </", w.base, ">")
}
