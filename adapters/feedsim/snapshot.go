package feedsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"time"
)

// generation is raised with every change to this package that changes what a seed means.
const generation = 1

// Snapshot is what the feed says at a moment. It is made up while it is written; nothing is held.
type Snapshot struct {
	programme programme
	calendar  time.Time
	tick      int64
}

var _ Document = Snapshot{}

func (p *programme) at(t time.Time, tick int64) Snapshot {
	return Snapshot{programme: *p, calendar: t.Truncate(time.Minute), tick: tick}
}

// Time is where the calendar stands, to the minute.
func (s Snapshot) Time() time.Time { return s.calendar }

// ETag names the bytes by everything that they are a function of.
func (s Snapshot) ETag() string {
	o := s.programme.options
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %d %d %d %t %t %d %d %d", generation,
		o.Seed, o.Events, o.Zones, o.Dialect, o.Extended, o.Clean, s.programme.east, s.calendar.Unix(), s.tick))
	return hex.EncodeToString(sum[:16])
}

// WriteTo streams the XML. The error is the writer's.
func (s Snapshot) WriteTo(w io.Writer) (int64, error) {
	o, m := s.programme.options, s.moment()
	x := newXMLWriter(w, o.Dialect)
	x.begin()
	if !o.Clean {
		x.script()
	}
	x.beginOutput()
	if !o.Clean {
		x.impossible()
	}
	var zones []zone
	for b := range s.listed(m) {
		open := false
		for _, session := range b.sessions {
			end := b.endOf(session, m)
			if !b.showing(session, end, m) {
				continue
			}
			if !open {
				x.beginBase(b, b.sellMode(m), o.Extended)
				open = true
			}
			zones = s.programme.zonesOf(b, session, m, zones[:0])
			soldOut := b.trap.spring(zones)
			saleFrom, saleTo := b.sale(session)
			x.beginEvent(b.eventIDs+session.number, wall(session.start), wall(end), wall(saleFrom), wall(saleTo), soldOut)
			for _, z := range zones {
				x.zone(z, b.place.tongue.sector)
			}
			x.endEvent()
		}
		if open {
			x.endBase()
		}
		if x.err != nil {
			break
		}
	}
	x.end()
	return x.written, x.err
}

// wall is the time to print for seconds of the provider's wall clock.
func wall(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func (s Snapshot) moment() moment {
	return moment{calendar: s.calendar.Unix() + s.programme.east, activity: s.tick*minute + s.programme.east}
}

// listed yields the base events in the feed, the season first, each in the order of announcement. What it yields
// is overwritten by the next.
func (s Snapshot) listed(m moment) iter.Seq[*base] {
	return func(yield func(*base) bool) {
		p := &s.programme
		b := base{sessions: make([]session, 0, maxSessions)}
		for first, end := p.season.indices(m.calendar-seasonLife, m.calendar); first < end; first++ {
			if p.inSeason(first, &b); b.listed(m) && !yield(&b) {
				return
			}
		}
		for first, end := p.offers.indices(m.activity-longestOffer, m.activity); first < end; first++ {
			if p.lastMinute(first, &b); b.listed(m) && !yield(&b) {
				return
			}
		}
	}
}
