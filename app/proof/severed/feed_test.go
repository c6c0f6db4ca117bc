package severed

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

const (
	feedTime = "2006-01-02T15:04:05"
	days     = 365
	// All that begins or ends does so at a whole minute, which leaves the seconds between to the questions.
	minutesOfADay = 24 * 60
)

var (
	firstDay   = time.Date(2031, time.January, 1, 0, 0, 0, 0, time.UTC)
	beaconDay  = time.Date(2041, time.June, 1, 20, 0, 0, 0, time.UTC) // nothing else takes place in that year
	words      = []string{"Orquesta", "Cámara", "Noche", "Jazz", "Visita", "Gran", "Teatro", "Feria", "Vino", "Coro"}
	cities     = []string{"Madrid", "Barcelona", "Sevilla", "Bilbao"}
	categories = []string{"concert", "theatre", "exhibition"}
)

// The beacon is an event whose title tells which issue of the feed is known. Each issue has one more that no other has.
const beacon = "beacon"

func only(issue int) string { return "only-" + strconv.Itoa(issue) }

func idOf(base string) event.ID {
	return event.Identity{Provider: "default", Base: base, Event: "1"}.ID()
}

// programme is the feed in one issue: the same but for the beacon and what only this one has.
func programme(size, issue int) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><eventList version="1.0"><output>`)
	r := rand.New(rand.NewPCG(*seed, 0))
	for n := range size {
		start := firstDay.AddDate(0, 0, r.IntN(days)).Add(time.Duration(r.IntN(minutesOfADay)) * time.Minute)
		end := start.Add(time.Duration(r.IntN(6*60)) * time.Minute)
		if n%10 == 0 {
			end = start.AddDate(0, 0, r.IntN(60))
		}
		sale := "2021-01-01T00:00:00"
		if n%3 == 0 {
			sale = "2090-01-01T00:00:00"
		}
		price, currency := r.IntN(100), "EUR"
		if n%5 == 0 {
			currency = "USD"
		}
		fmt.Fprintf(&b, `<base_event base_event_id="b-%d" sell_mode="online" title="%s %s %d" organizer_company_id="%d" city="%s" category="%s" currency="%s">`+
			`<event event_id="1" event_start_date="%s" event_end_date="%s" sell_from="2020-01-01T00:00:00" sell_to="%s" sold_out="%t">`+
			`<zone zone_id="1" capacity="100" price="%d.25" name="Near"/><zone zone_id="2" capacity="5" price="%d.5" name="Far"/></event></base_event>`,
			n, words[r.IntN(len(words))], words[r.IntN(len(words))], n/3, n%7, cities[r.IntN(len(cities))], categories[r.IntN(len(categories))], currency,
			start.Format(feedTime), end.Format(feedTime), sale, n%4 == 0, price, price+r.IntN(50))
	}
	for _, base := range []string{beacon, only(issue)} {
		fmt.Fprintf(&b, `<base_event base_event_id="%s" sell_mode="online" title="%s of issue %d"><event event_id="1" event_start_date="%s" event_end_date="%s" sold_out="false">`+
			`<zone zone_id="1" capacity="1" price="1" name="Near"/></event></base_event>`,
			base, base, issue, beaconDay.Format(feedTime), beaconDay.Format(feedTime))
	}
	b.WriteString("</output></eventList>")
	return b.String()
}

// provider serves a feed at an address that stays. It can be gone, or hang.
type provider struct {
	t       *testing.T
	address string
	size    int
	issue   atomic.Int64
	server  *http.Server

	mu   sync.Mutex
	hung chan struct{} // closed when it goes on; nil while it answers
}

func newProvider(t *testing.T, size int) *provider {
	t.Helper()
	p := &provider{t: t, address: server.FreeAddress(t), size: size}
	p.issue.Store(1)
	p.start()
	t.Cleanup(func() {
		p.thaw()
		p.kill()
	})
	return p
}

func (p *provider) start() {
	p.t.Helper()
	var listener net.Listener
	// A process that another test just starts has all that is open here until it begins, also the listener that found the address free.
	prooftest.Until(p.t, "the provider's address is free", func() (free bool) {
		var err error
		listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", p.address)
		return err == nil
	})
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(listener) }() // until it is closed
}

func (p *provider) kill() { assert.NoError(p.t, p.server.Close()) }

func (p *provider) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = make(chan struct{})
}

func (p *provider) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hung != nil {
		close(p.hung)
		p.hung = nil
	}
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	hung := p.hung
	p.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-r.Context().Done():
			return
		}
	}
	etag := fmt.Sprintf(`"%d"`, p.issue.Load())
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write([]byte(programme(p.size, int(p.issue.Load())))) // who asked knows what is missing
}
