package webpage

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Policy is what a page may load and where its form may lead: nothing and nowhere but here.
const Policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Static are the files that pages load, by name.
func Static() map[string][]byte {
	files := map[string][]byte{}
	for _, name := range []string{"page.css", "page.js", "icon.svg"} {
		b, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		files[name] = b
	}
	return files
}

// Options adjust a site.
type Options struct {
	// Zone is where "tonight" is; UTC unless set.
	Zone *time.Location
	// Clock tells the time; time.Now unless set.
	Clock func() time.Time
	// Asset is the address of a file of Static.
	Asset func(name string) string
}

// Site makes pages of what an API answers. It may be used from many goroutines.
type Site struct {
	api       http.Handler
	zone      *time.Location
	clock     func() time.Time
	templates *template.Template
}

// New makes the site of an API.
func New(api http.Handler, o Options) *Site {
	s := &Site{api: api, zone: o.Zone, clock: o.Clock}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	s.templates = template.Must(template.New("").Funcs(template.FuncMap{"asset": o.Asset}).ParseFS(templateFiles, "templates/*.html"))
	return s
}

// Visit is what somebody looks at.
type Visit struct {
	Origin string     // of the address that the browser shows, such as https://events.example; empty where it is not known
	Query  url.Values // of that address
}

// Page is a page and what its answer has to say besides.
type Page struct {
	Status     int
	RetryAfter string // empty unless it is worth to try again
	HTML       []byte
}

// frame is what every page has around it.
type frame struct {
	Title string // of the document
	Body  any
}

// render makes the page. A template that fails is a fault of ours, and shows in tests.
func (s *Site) render(name string, status int, retryAfter, title string, body any) Page {
	var html bytes.Buffer
	if err := s.templates.ExecuteTemplate(&html, name, frame{Title: title, Body: body}); err != nil {
		panic(err)
	}
	return Page{Status: status, RetryAfter: retryAfter, HTML: html.Bytes()}
}

// Search is the page that finds events.
func (s *Site) Search(ctx context.Context, v Visit) Page {
	q := readQuestion(v.Query, s.clock().In(s.zone))
	view := searchView{Form: q.form(), Presets: q.presets(), Sorts: q.sorts(), Range: q.rangeText(), Zone: s.zone.String()}
	if q.wrong() {
		return s.render("search", http.StatusBadRequest, "", "Please check what you asked", &view)
	}
	target := q.target()
	view.Request = newRequest(v.Origin, target)
	answer := s.ask(ctx, target)
	view.Stale = answer.stale
	switch {
	case answer.status == http.StatusOK:
		list, err := decode[eventPage](answer)
		if err != nil {
			return s.failed(answer, view.Request)
		}
		view.show(&q, list, s.zone)
		return s.render("search", http.StatusOK, "", view.title(), &view)
	case answer.problem.Code == "no_events":
		view.Nothing = true
		return s.render("search", http.StatusOK, "", "Nothing found", &view)
	case answer.status == http.StatusBadRequest:
		view.Form.blame(answer.problem.Message)
		return s.render("search", http.StatusBadRequest, "", "Please check what you asked", &view)
	}
	return s.failed(answer, view.Request)
}

// Event is the page that tells everything of one event.
func (s *Site) Event(ctx context.Context, id string, v Visit) Page {
	target := "/events/" + url.PathEscape(id)
	request, answer := newRequest(v.Origin, target), answer{status: http.StatusNotFound}
	if id != "." && id != ".." { // which would lead elsewhere
		answer = s.ask(ctx, target)
	}
	back := "/"
	if query := v.Query.Encode(); query != "" {
		back += "?" + query
	}
	switch answer.status {
	case http.StatusOK:
		detail, err := decode[eventDetail](answer)
		if err != nil {
			return s.failed(answer, request)
		}
		view := newEventView(detail, s.zone)
		view.Back, view.Request, view.Stale = back, request, answer.stale
		return s.render("event", http.StatusOK, "", detail.Title, view)
	case http.StatusNotFound, http.StatusBadRequest:
		return s.render("unknown", http.StatusNotFound, "", "No such event", &unknownView{Back: back, Request: request})
	}
	return s.failed(answer, request)
}

// statusClientGone is what the API says to a client that did not wait.
const statusClientGone = 499

// failed is the page for when there is nothing to be shown. Who went away gets none.
func (s *Site) failed(a answer, r request) Page {
	if a.status == statusClientGone {
		return Page{Status: a.status}
	}
	status := max(a.status, http.StatusInternalServerError)
	return s.render("failed", status, a.retryAfter, "Not at the moment", &failedView{Away: a.status == http.StatusServiceUnavailable, RetryAfter: a.retryAfter, Request: r})
}

type unknownView struct {
	Back    string
	Request request
}

type failedView struct {
	Away       bool
	RetryAfter string
	Request    request
}
