package feedsim

import (
	"math"
	"time"
)

// opening is when the provider announced its first base event: 1 January 2000.
const opening = 946_684_800 // in seconds since the Unix epoch, like every time in this package

// What bounds the life of a base event, and so the part of the endless programme that one feed can show.
const (
	longestLead   = 140 * day
	longestLinger = 30 * day
	longestMove   = 21 * day
	seasonLife    = longestLead + 8*day + maxSpan + longestMove + longestLinger

	shortestOffer = 45 * minute
	longestOffer  = 145 * minute
)

const never = math.MaxInt64

// lingers are how long events stay in the feed after their end: hours as a rule, days where nobody tidies up.
var lingers = []int64{hour, hour, 2 * hour, 2 * hour, 3 * hour, 3 * hour, 6 * hour, 6 * hour, 8 * hour, 12 * hour, 12 * hour, day, day, day, 2 * day, 2 * day, 3 * day, 3 * day, 6 * day, longestLinger}

// programme is everything that the provider ever announces: the season, numbered from 0 in the order of
// announcement, and the last-minute offers, numbered likewise.
type programme struct {
	options Options
	root    chance
	east    int64 // standard wall clock minus UTC, in seconds
	season  pace
	offers  pace
}

// pace is how quickly things are announced: one in so many microseconds, somewhere within them. 0 is never.
type pace int64

func (p pace) announced(c chance, index int64) int64 {
	return opening + (index*int64(p)+c.about(ofJitter).below(int64(p)))/1e6
}

// indices of what may have been announced after one moment and until another.
func (p pace) indices(after, until int64) (first, end int64) {
	if p == 0 || until < opening {
		return 0, 0
	}
	return max(0, after-opening) * 1e6 / int64(p), (until-opening)*1e6/int64(p) + 1
}

func newProgramme(o Options) programme {
	p := programme{options: o, root: chance(o.Seed).about(ofSeason), east: standardOffset(o.Location)}
	events := int64(o.Events)
	offers := min(max(6, events/33), events/4)
	if offers > 0 {
		p.offers = pace((shortestOffer + longestOffer) / 2 * 1e6 / offers)
	}
	p.season = pace(max(1, meanEventSeconds()*1e6/float64(events-offers)))
	return p
}

// standardOffset is the zone's offset from UTC outside of summer time. Lives are reckoned on a wall clock that
// keeps it, so that no hour happens twice; in summer, an event thus leaves the feed an hour late.
func standardOffset(l *time.Location) int64 {
	t := time.Date(2026, time.January, 15, 12, 0, 0, 0, l)
	if t.IsDST() { // south of the equator
		t = time.Date(2026, time.July, 15, 12, 0, 0, 0, l)
	}
	_, east := t.Zone()
	return int64(east)
}

// meanEventSeconds is how long a base event of the season keeps events in the feed, added up over its events: divided
// by the size of the catalogue, it is the pace that keeps the catalogue at that size. A sample tells; it
// does not depend on the seed, so that the same options mean the same pace.
func meanEventSeconds() float64 {
	const sample = 4000
	p := programme{root: chance(0).about(ofSeason), season: pace(day * 1e6)}
	var b base
	var total int64
	for i := range int64(sample) {
		p.inSeason(i, &b)
		for _, s := range b.sessions {
			total += max(0, min(s.end+b.linger, b.withdrawn)-s.announced)
		}
	}
	return float64(total) / sample
}

// base is a base event as it was planned; evolve.go tells what becomes of it.
type base struct {
	chance
	id       int64
	eventIDs int64 // id of the first event
	zoneIDs  int64 // of the venue's first zone; a venue has the same zones at every event
	kind     *kind
	place    *place
	venue    int64 // among the place's venues for this kind of house
	offer    bool  // a last-minute offer: lives by the activity clock

	announced int64
	withdrawn int64 // leaves the feed for good whatever its events do
	offline   int64 // is sold offline only from then on
	linger    int64 // stays in the feed for so long after an event's end
	organizer int64 // 0: unknown
	trap      trap
	sessions  []session
}

func (b *base) venueName() string { return b.place.venues[b.kind.house][b.venue] }

// inSeason tells the season's base event of that number.
func (p *programme) inSeason(index int64, b *base) {
	b.plan(p.root.about(ofSeason).nth(index), p.season, index)
	b.id = firstID + 4*index
	b.kind = kindOf(b.about(ofKind))
	b.settle()
	b.offer, b.withdrawn, b.offline = false, never, never

	firstDay := b.announced + b.about(ofLead).between(b.kind.lead[0], b.kind.lead[1])*day
	b.arrange(firstDay)
	first, last := b.sessions[0].start, b.sessions[len(b.sessions)-1].end
	if n := len(b.sessions); n >= 4 && b.about(ofExtension).permille(250) {
		for i := n * 2 / 3; i < n; i++ {
			b.sessions[i].announced = (b.announced + first) / 2
		}
	}
	b.linger = pick(b.about(ofLinger), lingers)
	if b.about(ofWithdrawal).permille(30) {
		b.withdrawn = b.about(ofWithdrawal).nth(1).between(b.announced+hour, last)
	}
	switch mode := b.about(ofSellMode); {
	case mode.permille(20):
		b.offline = b.announced
	case mode.permille(40):
		b.offline = mode.nth(1).between(b.announced+hour, first)
	}
	p.plant(index, b)
}

// lastMinute tells the last-minute offer of that number.
func (p *programme) lastMinute(index int64, b *base) {
	b.plan(p.root.about(ofOffers).nth(index), p.offers, index)
	b.id = firstID + 4*index + 3
	b.kind = &lastMinute
	b.settle()
	b.offer, b.offline = true, never

	lifetime := b.about(ofLifetime).between(shortestOffer, longestOffer)
	b.withdrawn = b.announced + lifetime
	if b.about(ofSellMode).permille(250) {
		b.offline = b.announced + lifetime*b.about(ofSellMode).nth(1).between(40, 80)/100
	}
	b.arrange(b.announced + b.about(ofLead).below(4)*day)
	if s := &b.sessions[0]; s.start < b.withdrawn+hour {
		s.start, s.end = s.start+day, s.end+day
	}
	b.linger = 0
	p.plant(index, b)
}

func (b *base) plan(c chance, p pace, index int64) {
	b.chance = c
	b.announced = p.announced(c, index)
}

func (b *base) settle() {
	at := pick(b.about(ofPlace), lots)
	b.place = &places[at]
	b.venue = b.about(ofVenue).below(int64(len(b.place.venues[b.kind.house])))
	b.zoneIDs = (at*int64(houses)+int64(b.kind.house))*40 + b.venue*10 + 1
	b.organizer = 0
	if c := b.about(ofOrganizer); c.permille(700) {
		b.organizer = c.nth(1).between(1, 60)
	}
}

func (b *base) arrange(firstDay int64) {
	b.sessions = b.kind.schedule(b.about(ofSchedule), firstDay/day*day, b.sessions[:0])
	for i := range b.sessions {
		b.sessions[i].number, b.sessions[i].announced = int64(i), b.announced
	}
}
