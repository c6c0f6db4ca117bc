package fleet

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
)

// programme is what a provider has, issue after issue, numbered from 1. The same seed has the same.
type programme struct {
	seed   uint64
	events int
}

// listed is an event as the feed has it, and as its users see it: no part of it is written in two ways.
type listed struct {
	base              string
	title, mode       string
	start, end        string
	soldOut           bool
	cheapest, dearest string
}

const (
	feedTime = "2006-01-02T15:04:05"
	// beacons are events in each part of the feed that change with each issue. They take place in a year of their own, so
	// that one search tells what can be seen.
	beacons    = 8
	beaconYear = 2090
	// between two events that only one issue has.
	fleetingEvery = 90
)

func beacon(i int) string { return "beacon-" + strconv.Itoa(i) }

// issue is what the feed says, in its order.
func (p programme) issue(k int) []listed {
	var all []listed
	for i := range p.events {
		if i%(p.events/beacons) == p.events/beacons/2 {
			n := i / (p.events / beacons)
			all = append(all, p.draw(beacon(n), time.Date(beaconYear, time.June, 1+n, 20, 0, 0, 0, time.UTC), "as of issue "+strconv.Itoa(k)))
		}
		if i%fleetingEvery == fleetingEvery/2 {
			all = append(all, p.draw(fmt.Sprintf("only-%d-%d", k, i), day(i), "now or never"))
		}
		if l, here := p.event(i, k); here {
			all = append(all, l)
		}
	}
	return all
}

func day(i int) time.Time {
	return time.Date(2030, time.January, 1+i%700, 12+i%10, i%60, 0, 0, time.UTC)
}

// draw makes an event whose prices follow from who it is.
func (p programme) draw(base string, start time.Time, title string) listed {
	var key [32]byte
	copy(key[:], base+strconv.FormatUint(p.seed, 10))
	r := rand.New(rand.NewChaCha8(key))
	price := r.IntN(100)
	return listed{
		base: base, title: title, mode: "online", start: start.Format(feedTime), end: start.Add(2 * time.Hour).Format(feedTime),
		cheapest: strconv.Itoa(price) + ".25", dearest: strconv.Itoa(price+r.IntN(50)) + ".5",
	}
}

// event is the ith of those that are known by themselves, if issue k has it. Of forty, ten do not stay as they are.
func (p programme) event(i, k int) (l listed, here bool) {
	const kinds = 40
	l, here = p.draw("b-"+strconv.Itoa(i), day(i), "Event "+strconv.Itoa(i)), true
	since := 2 + i/kinds%max(*turns-1, 1) // an issue that something happens in
	switch i % kinds {
	case 0:
		l.title += " in its version " + strconv.Itoa(k)
	case 4:
		l.cheapest = strconv.Itoa(k) + ".125"
		l.dearest = strconv.Itoa(k+5) + ".5"
	case 8:
		l.soldOut = k%3 == 2
	case 12:
		moved := day(i).AddDate(0, 0, k/2)
		l.start, l.end = moved.Format(feedTime), moved.Add(time.Hour).Format(feedTime)
	case 16: // leaves and comes back
		here = k%4 != 3
	case 20: // leaves, and has changed when it comes back
		l.title += " since " + strconv.Itoa(k/2)
		here = k%3 != 2
	case 24:
		here = k >= since
	case 28:
		here = k < since
	case 32: // becomes an event late
		if k < since {
			l.mode = "offline"
		}
	case 36:
		if k%2 == 0 {
			l.mode = "offline"
		}
	}
	return l, here
}

func (l listed) xml() string {
	return fmt.Sprintf(`<base_event base_event_id="%s" sell_mode="%s" title="%s"><event event_id="1" event_start_date="%s" event_end_date="%s" sold_out="%t">`+
		`<zone zone_id="1" capacity="10" price="%s" name="Near"/><zone zone_id="2" capacity="5" price="%s" name="Far"/></event></base_event>`,
		l.base, l.mode, l.title, l.start, l.end, l.soldOut, l.cheapest, l.dearest)
}

// reading is a run of somebody who has asked for the feed.
type reading struct {
	run      catalogue.RunNumber
	by       string
	issue    int
	modified bool // since the reader's last one
	at       time.Time
}

// provider has the current issue for whoever asks.
type provider struct {
	*httptest.Server
	programme programme

	mu       sync.Mutex
	current  int
	moving   bool // to the next issue with each reading
	pausesAt int  // records after which the next reading gets no more, 0 for none
	paused   *reading
	readings []reading
}

func newProvider(t *testing.T, p programme) *provider {
	t.Helper()
	f := &provider{programme: p, current: 1}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

func (f *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.ParseInt(r.URL.Query().Get(runParameter), 10, 64)
	now := reading{run: catalogue.RunNumber(number), by: r.URL.Query().Get(nameParameter), at: time.Now()}
	f.mu.Lock()
	if f.moving {
		f.current++
	}
	now.issue = f.current
	tag := `"issue-` + strconv.Itoa(now.issue) + `"`
	now.modified = r.Header.Get("If-None-Match") != tag
	pausesAt := f.pausesAt
	if now.modified && pausesAt > 0 {
		f.pausesAt = 0
	}
	f.readings = append(f.readings, now)
	f.mu.Unlock()

	w.Header().Set("ETag", tag)
	if !now.modified {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, `<eventList><output>`)
	for i, l := range f.programme.issue(now.issue) {
		if i == pausesAt && i > 0 {
			_ = http.NewResponseController(w).Flush()
			f.mu.Lock()
			f.paused = &now
			f.mu.Unlock()
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, l.xml())
	}
	_, _ = io.WriteString(w, `</output></eventList>`)
}

// turn moves on to the next issue, which its first reader gets only the first records of, unless pausesAt is 0.
func (f *provider) turn(pausesAt int) (issue int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current++
	f.pausesAt, f.paused = pausesAt, nil
	return f.current
}

// move says whether each reading finds another issue, and returns the one that is current.
func (f *provider) move(on bool) (issue int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moving = on
	return f.current
}

// pausing is the reading that waits in the middle of the feed, nil while there is none.
func (f *provider) pausing() *reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.paused
}

// book is who has read what so far, in the order in which they asked.
func (f *provider) book() []reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.readings)
}

// after are the readings of an issue that the reader did not have yet.
func (f *provider) after(issue int) (all []reading) {
	for _, r := range f.book() {
		if r.issue == issue && r.modified {
			all = append(all, r)
		}
	}
	return all
}
