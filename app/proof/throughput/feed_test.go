//go:build linux

package throughput

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

const zones = 3 // of each event

// Titles are as long, and as much alike, as those of real programmes.
var (
	who = []string{
		"Nacha Vals", "Los Faroles del Puerto", "Orquesta Cámara Norte", "Mar de Nits", "Club Deportivo Ribera", "Las Mareas &amp; Friends", "El rey león",
		"Niño Cometa Quartet", "Ballet de Kiev", "Compañía La Luna", "Ciudad Paraíso Trio",
	}
	what = []string{"en concierto", "– Tour 2027", "gala benéfica", "sesión doble", "contra Atlético", "y amigos", "en acústico"}
)

// document is a feed of so many events over a year, each with a base event of its own. The prices tell two documents apart.
func document(events int, euros int) []byte {
	b := make([]byte, 0, events*900)
	b = append(b, `<?xml version="1.0" encoding="UTF-8"?><eventList version="1.0"><output>`...)
	const form = "2006-01-02T15:04:05"
	first := time.Date(2027, time.January, 1, 21, 0, 0, 0, time.UTC)
	for n := range events {
		at := first.AddDate(0, 0, n%365).Add(time.Duration(n%7) * 15 * time.Minute)
		b = fmt.Appendf(b, `
    <base_event base_event_id="%d" sell_mode="online" organizer_company_id="%d" title="%s %s %d">
      <event event_id="%d" event_start_date="%s" event_end_date="%s" sell_from="%s" sell_to="%s" sold_out="false">`,
			100_000+n, n%50, who[n%len(who)], what[n/len(who)%len(what)], n, 200_000+n, at.Format(form), at.Add(2*time.Hour).Format(form), at.AddDate(0, -3, 0).Format(form), at.Format(form))
		for z, name := range [zones]string{"Platea", "Anfiteatro, Sector 1", "Palco"} {
			b = fmt.Appendf(b, `
        <zone zone_id="%d" capacity="%d" price="%d.50" name="%s" numbered="%t"/>`, 10*n+z, 1+(n*7+z)%400, euros+10*z, name, z > 0)
		}
		b = append(b, "\n      </event>\n    </base_event>"...)
	}
	return append(b, "\n  </output>\n</eventList>\n"...)
}

// provide serves a feed whose every request waits for the document that is sent in answer.
func provide(t *testing.T) (url string, requests <-chan chan<- []byte) {
	t.Helper()
	asked := make(chan chan<- []byte)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := make(chan []byte, 1)
		select {
		case asked <- answer:
		case <-r.Context().Done():
			return
		}
		select {
		case body := <-answer:
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body) // who asked knows what is missing
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL, asked
}
