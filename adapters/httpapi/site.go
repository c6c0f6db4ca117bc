package httpapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/marquee-events/marquee/adapters/httpapi/webpage"
)

// pageAssets are what the pages load that people search in.
var pageAssets = sync.OnceValue(func() assets {
	a := assets{}
	for name, body := range webpage.Static() {
		a.add(name, body)
	}
	return a
})

// site are the pages that people search in. They ask the API as a client would, behind the limiter, which they have passed.
type site struct {
	pages *webpage.Site
	*sender
}

func newSite(api http.Handler, s *sender, zone *time.Location, clock func() time.Time) site {
	return site{pages: webpage.New(api, webpage.Options{Zone: zone, Clock: clock, Asset: pageAssets().path}), sender: s}
}

// getSearch answers GET /.
func (s site) getSearch(w http.ResponseWriter, r *http.Request) {
	s.send(w, s.pages.Search(r.Context(), visit(r)))
}

// getView answers GET /view/{id}.
func (s site) getView(w http.ResponseWriter, r *http.Request) {
	s.send(w, s.pages.Event(r.Context(), r.PathValue("id"), visit(r)))
}

func (s site) send(w http.ResponseWriter, p webpage.Page) {
	if p.RetryAfter != "" {
		w.Header().Set("Retry-After", p.RetryAfter)
	}
	s.page(w, p.Status, webpage.Policy, p.HTML)
}

// visit is what somebody looks at. A proxy in front of the service says what the browser's address begins with.
func visit(r *http.Request) webpage.Visit {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return webpage.Visit{Origin: scheme + "://" + r.Host, Query: r.URL.Query()}
}
