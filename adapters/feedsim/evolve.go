package feedsim

// What has become of a plan at a moment. Nothing here remembers anything: each change is either a point on the
// thing's own time line, or a window of time that is cast anew for each thing.

// moment is what the two clocks read, both as seconds of the provider's standard wall clock.
type moment struct {
	calendar int64 // what is announced, what is past
	activity int64 // what has been sold, changed, moved; never behind the calendar
}

const (
	absenceWindow   = 12 * minute
	promotionWindow = 3 * hour
)

// window tells whether something that holds for that share of a thousand of all windows of time holds now.
// Each thing's windows begin at another moment, so that never everything changes at once.
func window(c chance, now, length, share int64) bool {
	return c.nth((now + c.below(length)) / length).permille(share)
}

// life is the clock that the base event lives by.
func (b *base) life(m moment) int64 {
	if b.offer {
		return m.activity
	}
	return m.calendar
}

// listed tells whether the feed has the base event at all, provided that one of its events is listed.
func (b *base) listed(m moment) bool {
	now := b.life(m)
	if now < b.announced || now >= b.withdrawn {
		return false
	}
	return b.offer || !window(b.about(ofAbsence), m.activity, absenceWindow, 10)
}

func (b *base) sellMode(m moment) string {
	if b.life(m) >= b.offline {
		return "offline"
	}
	return "online"
}

// endOf is the session's end as announced at that moment.
func (b *base) endOf(s session, m moment) int64 {
	c, share, until := b.about(ofEndMove).nth(s.number), int64(40), s.start
	if b.offer {
		share, until = 250, b.withdrawn
	}
	if !c.permille(share) || b.life(m) < c.nth(1).between(s.announced, max(s.announced, until)) {
		return s.end
	}
	if s.end-s.start > 7*day {
		return s.end + pick(c, []int64{7 * day, 14 * day, longestMove})
	}
	return s.end + pick(c, []int64{-15 * minute, 15 * minute, 30 * minute, 30 * minute, hour})
}

// showing tells whether the session is in the feed, given its end at that moment.
func (b *base) showing(s session, end int64, m moment) bool {
	now := b.life(m)
	return now >= s.announced && now < end+b.linger
}

// sale is the window in which tickets for a session are sold.
func (b *base) sale(s session) (from, to int64) {
	if b.offer {
		return s.announced / minute * minute, s.start
	}
	from = s.announced/day*day + 10*hour + pick(b.about(ofSaleStart), []int64{0, 0, 0, day, 3 * day})
	to = s.start - pick(b.about(ofSaleStart).nth(1), []int64{0, hour, hour, 2 * hour})
	if s.end-s.start > 7*day {
		to = s.end - hour
	}
	return min(from, to), to
}

// demand is how a session sells: how far its sale has come, and how popular it is.
type demand struct {
	progress   int64 // of million, measured in time
	popularity int64 // in a thousandth: what share of the tickets is wanted by the end; can be more than all
}

func (b *base) demand(s session, m moment) demand {
	from, until := b.sale(s)
	popularity := b.about(ofPopularity).between(100, 1500)
	if b.offer {
		until, popularity = b.withdrawn, popularity*3/2
	}
	return demand{
		progress:   min(max(0, m.activity-from), until-from) * 1e6 / max(1, until-from),
		popularity: popularity + b.about(ofPopularity).nth(1+s.number).between(-80, 80),
	}
}

// left is what is left of so many tickets. Most sell towards the end.
func (d demand) left(c chance, tickets int64) int64 {
	x := d.progress
	wanted := (35*x + 65*(x*x/1e6*x/1e6)) / 100
	wanted = wanted * d.popularity / 1000 * c.between(75, 130) / 100
	return tickets - tickets*min(wanted, 1e6)/1e6
}

// price is what a ticket costs now that was planned to cost so many cents.
func (b *base) price(cents int64, d demand, m moment) int64 {
	if cents == 0 {
		return 0
	}
	if b.about(ofEarlyBird).permille(300) && d.progress < 300_000 {
		cents = cents * 80 / 100
	}
	if b.about(ofDemand).permille(250) && d.progress > 600_000 && d.popularity > 700 {
		cents = cents * 115 / 100
	}
	if window(b.about(ofPromotion), m.activity, promotionWindow, 20) {
		cents = cents * 85 / 100
	}
	return ending(b.about(ofEnding), cents)
}

// ending turns cents into a price that somebody would ask for. Each organizer has a taste.
func ending(c chance, cents int64) int64 {
	switch taste := c.below(100); {
	case taste < 45: // 20.00
		cents = (cents + 50) / 100 * 100
	case taste < 65: // 20.50
		cents = (cents + 25) / 50 * 50
	case taste < 85: // 19.90
		cents = cents/100*100 + 90
	default: // 21.35, with fees
		cents = cents * 107 / 100
	}
	return max(100, cents)
}
