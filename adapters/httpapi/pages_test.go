package httpapi_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/tools/browsertest"
)

// autumn is a programme of which a page shows everything that there is to be shown.
func autumn(t *testing.T) *billboard {
	t.Helper()
	b := newBillboard(t)
	add := func(title, city, category, start, end string, soldOut bool, prices ...string) event.Event {
		e := shown(fmt.Sprint(1000+b.chunks), title, start, end)
		e.Facts.City, e.Facts.Category, e.Facts.SoldOut, e.FirstSeen = city, category, soldOut, noon.Add(-20*24*time.Hour)
		e.Facts.SaleStart, e.Facts.SaleEnd = must(event.ParseMoment("2021-05-01T10:00:00", madrid)), e.Facts.Start
		e.Facts.Venue, e.Facts.Organizer, e.Facts.URL = "Teatro del Coso", "12", "https://tickets.example/"+e.Identity.Base
		var zones []event.Zone
		for i, p := range prices {
			zones = append(zones, event.Zone{ID: fmt.Sprint(i), Name: []string{"Platea", "Anfiteatro", "Grada", "Palco"}[i], Capacity: int64(240 - 70*i), Price: must(event.ParsePrice(p)), Numbered: i < 2})
		}
		b.tell(t, noon.Add(-20*24*time.Hour), catalogue.Added, e, zones...)
		return e
	}
	camela := add("Camela en concierto", "Madrid", "music", "2021-06-30T21:00:00", "2021-06-30T23:15:00", false, "35", "25", "20.50")
	add("Impresión, luz, jardín: Monet en Málaga", "Málaga", "exhibition", "2021-06-01T10:00:00", "2021-09-12T20:00:00", false, "9.50", "0")
	add("Noches de verano: cine al aire libre", "Sevilla", "film", "2021-06-30T22:00:00", "2021-07-01T00:10:00", false, "0")
	add("La vida es sueño", "Zaragoza", "theatre", "2021-07-01T20:00:00", "2021-07-01T22:00:00", true, "28", "18")
	gone := add("Los Morancos", "Bilbao", "comedy", "2021-07-02T20:30:00", "2021-07-02T22:00:00", false, "19.90")
	add("Ópera: «Il trittico»", "València", "opera", "2021-07-02T19:00:00", "2021-07-02T22:30:00", false, "120", "64", "22")
	add("Feria del Libro", "Madrid", "fair", "2021-07-03T11:00:00", "2021-07-11T21:00:00", false)
	add("Maratón de humor", "Barcelona", "comedy", "2021-07-03T18:00:00", "2021-07-04T01:00:00", false, "15")
	add("Orquesta de cámara: Haydn y sus amigos", "Oviedo", "music", "2021-07-04T12:00:00", "2021-07-04T13:30:00", false, "16", "12")
	for i := range 40 {
		day := 5 + i/2
		add(fmt.Sprintf("Visita guiada %02d: los tejados de la ciudad", i+1), "Cuenca", "tour", fmt.Sprintf("2021-07-%02dT1%d:00:00", day, i%2), fmt.Sprintf("2021-07-%02dT1%d:45:00", day, i%2), false, "7.50")
	}
	gone.Available = false
	b.tell(t, noon.Add(-2*24*time.Hour), catalogue.Withdrawn, gone, event.Zone{ID: "0", Name: "Platea", Capacity: 41, Price: 199_000})
	for i := range 18 { // tickets go, and once they are cheaper for a while
		price := event.Price(350_000)
		if i >= 9 && i < 13 {
			price = 300_000
		}
		b.tell(t, noon.Add(time.Duration(i-19)*24*time.Hour), catalogue.Updated, camela,
			event.Zone{ID: "0", Name: "Platea", Capacity: int64(232 - 9*i - i*i/6), Price: price, Numbered: true},
			event.Zone{ID: "1", Name: "Anfiteatro", Capacity: int64(max(160-13*i, 0)), Price: 250_000, Numbered: true},
			event.Zone{ID: "2", Name: "Grada", Capacity: 90, Price: 205_000})
	}
	return b
}

// serveAutumn serves it, with everything that can be asked of it, at noon in Madrid.
func serveAutumn(t *testing.T) (s *service, away *atomic.Bool) {
	t.Helper()
	b, away := autumn(t), &atomic.Bool{}
	return serve(t, service{
		events: search.NewEvents(b, 1000), details: search.NewDetails(b), changes: search.NewChanges(b, following(t, b), time.Now),
		options: httpapi.Options{Zone: madrid, Clock: func() time.Time { return noon.Add(-2 * time.Hour) }},
		around: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if away.Load() && (r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/view/")) {
					panic(http.ErrAbortHandler) // as when the network breaks
				}
				next.ServeHTTP(w, r)
			})
		},
	}), away
}

func titlesShown(tab *browsertest.Tab) []string {
	return browsertest.Eval[[]string](tab, `[...document.querySelectorAll(".card h3")].map(h => h.textContent)`)
}

func found(tab *browsertest.Tab) string {
	return browsertest.Get(tab, chromedp.Text("#result"))
}

// Whatever is done with the page works with and without JavaScript.
func TestPagesInABrowser(t *testing.T) {
	s, _ := serveAutumn(t)
	for name, o := range map[string]browsertest.Options{"with JavaScript": {}, "without": {NoJavaScript: true}, "on a phone": {Width: 360, Height: 740}} {
		t.Run(name, func(t *testing.T) {
			tab := browsertest.Open(t, o)
			tab.Do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(".cards"))
			assert.Contains(t, found(tab), "49 events from now until Fri 30 Jul 2021")
			assert.Len(t, titlesShown(tab), 24)
			assert.Equal(t, "What is on?", browsertest.Get(tab, chromedp.Text("h1")))
			if o.Width != 0 {
				assert.LessOrEqual(t, browsertest.Eval[int](tab, "document.documentElement.scrollWidth"), 360, "nothing sticks out")
			}

			// A preset, and back.
			tab.Do(chromedp.Click(`//a[text()="Tonight"]`), chromedp.WaitVisible(`//a[text()="Tonight"][@aria-current]`))
			assert.Contains(t, found(tab), "3 events")
			assert.Equal(t, []string{"Impresión, luz, jardín: Monet en Málaga", "Camela en concierto", "Noches de verano: cine al aire libre"}, titlesShown(tab))
			if o.NoJavaScript {
				tab.Do(chromedp.Click(`//a[text()="Next 30 days"]`))
			} else {
				tab.Do(chromedp.NavigateBack())
			}
			tab.Do(chromedp.WaitVisible(`//a[text()="Next 30 days"][@aria-current]`))
			assert.Contains(t, found(tab), "49 events")

			// Words, a price, and only what is on sale.
			tab.Do(chromedp.SendKeys("#q", "opera"), chromedp.SendKeys("#max_price", "30"), chromedp.Click("#on_sale"), chromedp.Click(`button[type="submit"]`), chromedp.WaitVisible(`//h2[contains(., "1 event ")]`))
			assert.Equal(t, []string{"Ópera: «Il trittico»"}, titlesShown(tab))
			assert.Equal(t, "opera", browsertest.Get(tab, chromedp.Value("#q")), "what was asked is still there")
			assert.Contains(t, browsertest.Get(tab, chromedp.Text("#curl")), "&q=opera&max_price=30&on_sale=true&")

			// To the event, and back to the results.
			tab.Do(chromedp.Click(".card a"), chromedp.WaitVisible(".event"))
			assert.Equal(t, "Ópera: «Il trittico»", browsertest.Get(tab, chromedp.Text("h1")))
			assert.Contains(t, browsertest.Get(tab, chromedp.Text(".event table")), "Anfiteatro")
			tab.Do(chromedp.Click(".back a"), chromedp.WaitVisible(".cards"))
			assert.Contains(t, found(tab), "1 event")

			// Nothing is found.
			tab.Do(chromedp.Click(".brand"), chromedp.WaitVisible(`//h2[contains(., "49 events")]`), chromedp.SendKeys("#q", "zarzuela"), chromedp.Click(`button[type="submit"]`), chromedp.WaitVisible(`//h2[text()="Nothing found"]`))
			tab.Do(chromedp.Click(`//a[contains(., "everything of the next 30 days")]`), chromedp.WaitVisible(`//h2[contains(., "49 events")]`))

			// Page by page, to the end.
			tab.Do(chromedp.Click(`//a[text()="Next"]`), chromedp.WaitVisible(`//li[text()="Page 2 of 3"]`))
			tab.Do(chromedp.Click(`//a[text()="Last"]`), chromedp.WaitVisible(`//li[text()="Page 3 of 3"]`))
			assert.Equal(t, []string{"Visita guiada 40: los tejados de la ciudad"}, titlesShown(tab))
			tab.Do(chromedp.Click(`//a[text()="First"]`), chromedp.WaitVisible(`//li[text()="Page 1 of 3"]`))
			tab.Do(chromedp.Click(`//a[text()="Dearest"]`), chromedp.WaitVisible(`//a[text()="Dearest"][@aria-current]`))
			assert.Equal(t, "Ópera: «Il trittico»", titlesShown(tab)[0])
		})
	}
}

func TestAMistakeInABrowser(t *testing.T) {
	s, _ := serveAutumn(t)
	tab := browsertest.Open(t, browsertest.Options{})
	tab.Expect("status of 400")
	tab.Do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(".cards"))
	tab.Do(chromedp.SendKeys("#min_price", "cheap"), chromedp.Click(`button[type="submit"]`), chromedp.WaitVisible("#min_price-wrong"))
	assert.Contains(t, browsertest.Get(tab, chromedp.Text("#min_price-wrong")), `"cheap"`)
	assert.Equal(t, "cheap", browsertest.Get(tab, chromedp.Value("#min_price")))
	assert.Equal(t, "Please check what you asked · Marquee", browsertest.Get(tab, chromedp.Title()))
	assert.Empty(t, tab.Axe())
}

func TestWhenNothingComes(t *testing.T) {
	s, away := serveAutumn(t)
	tab := browsertest.Open(t, browsertest.Options{})
	tab.Expect("net::ERR_")
	tab.Do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(".cards"))
	away.Store(true)
	tab.Do(chromedp.Click(`//a[text()="Tonight"]`), chromedp.WaitVisible("#no-answer"))
	assert.Contains(t, browsertest.Get(tab, chromedp.Text("#no-answer")), "There was no answer.")
	assert.Len(t, titlesShown(tab), 24, "what was there still is")
	assert.Equal(t, "Try again", browsertest.Eval[string](tab, "document.activeElement.textContent"))
	assert.Empty(t, tab.Axe())
	away.Store(false)
	tab.Do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`//a[text()="Tonight"][@aria-current]`), chromedp.WaitNotPresent("#no-answer"))
	assert.Len(t, titlesShown(tab), 3)
	tab.Until(`document.getElementById("progress").hidden && !document.getElementById("main").hasAttribute("aria-busy")`)
}

func TestWhenTheCatalogueIsAway(t *testing.T) {
	s := serve(t, service{events: failing(fault.Wrap(fault.Unavailable, "search events", errSecret))})
	tab := browsertest.Open(t, browsertest.Options{})
	tab.Expect("status of 503")
	tab.Do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(`//h1[text()="Not at the moment"]`))
	assert.Empty(t, tab.Axe())
}

// By keys alone, from the top of the page.
func TestKeysAlone(t *testing.T) {
	s, _ := serveAutumn(t)
	tab := browsertest.Open(t, browsertest.Options{})
	focused := func() string {
		return browsertest.Eval[string](tab, "document.activeElement.id || document.activeElement.textContent.trim()")
	}
	tab.Do(chromedp.Navigate(s.base+"/"), chromedp.WaitVisible(".cards"), chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "Skip to content", focused())
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`document.activeElement.id === "main"`)
	tab.Do(chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "Tonight", focused())
	tab.Do(chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`//a[text()="Tonight"][@aria-current]`))
	tab.Until(`document.getElementById("news").textContent.startsWith("3 events")`) // is told to who does not see it
	assert.Equal(t, "main", focused())
	for range 20 {
		if tab.Do(chromedp.KeyEvent(kb.Tab)); focused() == "q" {
			break
		}
	}
	tab.Do(chromedp.KeyEvent("camela"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`//h2[contains(., "1 event ")]`))
	assert.Contains(t, browsertest.Get(tab, chromedp.Location()), "when=tonight&sort=soonest&q=camela", "the preset stays")
}

func TestPagesAreAccessible(t *testing.T) {
	s, _ := serveAutumn(t)
	camela := event.Identity{Provider: "default", Base: "1001", Event: "1001"}.ID().String()
	for name, o := range map[string]browsertest.Options{"light": {}, "dark": {Dark: true}, "narrow": {Width: 360, Height: 740}} {
		t.Run(name, func(t *testing.T) {
			tab := browsertest.Open(t, o)
			tab.Expect("status of 404")
			for _, target := range []string{"/", "/?q=nothing", "/?when=past", "/?page=9", "/view/" + camela, "/view/" + museum.ID.String()} {
				tab.Do(chromedp.Navigate(s.base+target), chromedp.WaitVisible("main"))
				assert.Empty(t, tab.Axe(), target)
				if o.Width != 0 {
					assert.LessOrEqual(t, browsertest.Eval[int](tab, "document.documentElement.scrollWidth"), 360, "nothing sticks out of %s", target)
				}
			}
		})
	}
}

// The documentation, and an answer by it.
func TestDocsInABrowser(t *testing.T) {
	s, _ := serveAutumn(t)
	tab := browsertest.Open(t, browsertest.Options{})
	tab.Do(chromedp.Navigate(s.base+"/docs"), chromedp.WaitVisible("#operations-search-listEvents"))
	operations := browsertest.Eval[[]string](tab, `[...document.querySelectorAll(".opblock-summary-path")].map(e => e.dataset.path)`)
	assert.Equal(t, []string{"/search", "/events", "/events/{id}", "/changes", "/status"}, operations)
	// Swagger UI shows the button before it has read what the operation is, and until then it finds no operation to ask: the list
	// of responses tells that it has. What is read moves the button, so it is clicked as an element and not where it was.
	browsertest.Eval[chromedp.Void](tab, `document.querySelector("#operations-service-getStatus .opblock-summary-control").click()`)
	tab.Until(`document.querySelector("#operations-service-getStatus .responses-wrapper") !== null`)
	browsertest.Eval[chromedp.Void](tab, `document.querySelector("#operations-service-getStatus .execute").click()`)
	tab.Until(`document.querySelector("#operations-service-getStatus .live-responses-table tbody .response-col_status") !== null`)
	assert.Contains(t, browsertest.Get(tab, chromedp.Text("#operations-service-getStatus .live-responses-table")), `"feeds": []`)
	assert.Contains(t, browsertest.Get(tab, chromedp.Text("#operations-service-getStatus .live-responses-table tbody .response-col_status")), "200")
}

// picturesVariable is a folder for pictures of the pages, for the documentation; see make screenshots.
const picturesVariable = "MARQUEE_TEST_SCREENSHOTS"

func TestPictures(t *testing.T) {
	folder := os.Getenv(picturesVariable)
	if folder == "" {
		folder = t.TempDir() // that they can be taken is tested all the same
	}
	s, _ := serveAutumn(t)
	camela := event.Identity{Provider: "default", Base: "1001", Event: "1001"}.ID().String()
	for name, picture := range map[string]struct {
		target string
		browsertest.Options
	}{
		"search-light.png":  {"/", browsertest.Options{Width: 1100, Height: 960}},
		"search-dark.png":   {"/", browsertest.Options{Width: 1100, Height: 960, Dark: true}},
		"search-narrow.png": {"/?when=weekend", browsertest.Options{Width: 390, Height: 844, Scale: 1.5}},
		"event-light.png":   {"/view/" + camela, browsertest.Options{Width: 1100, Height: 1240}},
	} {
		tab := browsertest.Open(t, picture.Options)
		tab.Do(chromedp.Navigate(s.base+picture.target), chromedp.WaitVisible("main"))
		shot := tab.Picture()
		assert.Less(t, len(shot), 250<<10, name)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), shot, 0o600))
	}
}
