package dashboards

import (
	"cmp"
	"slices"
	"strings"
)

// The UIDs, which are in the addresses of dashboards.
const (
	UIDOverview     = "marquee-overview"
	UIDSearch       = "marquee-search"
	UIDIngest       = "marquee-ingest"
	UIDDependencies = "marquee-dependencies"
	UIDRuntime      = "marquee-runtime"
)

// Dashboard is a dashboard with its panels in their places.
type Dashboard struct {
	UID         string
	Title       string
	Description string
	File        string // name of the file that is made from it
	Rows        []Row
	Panels      []Panel
	Annotations []Annotation

	variables []variable
}

// Row is a heading over the panels that follow.
type Row struct {
	Title string
	Y     uint32
}

// Annotation marks on every graph of a dashboard when something happened.
type Annotation struct {
	Name  string
	Query Query

	color       string
	title, text string
	timeIsValue bool // the value, in milliseconds, is when it happened
}

// All are all dashboards, the overview first.
func All() []Dashboard {
	return []Dashboard{overview(), search(), ingest(), dependencies(), runtime()}
}

// Queries are the queries of all panels, in the order in which they are looked at.
func (d Dashboard) Queries() []Query {
	var all []Query
	for _, p := range d.Panels {
		all = append(all, p.Queries...)
	}
	return all
}

// Query is a question to Prometheus.
type Query struct {
	Panel     string // title of the panel that asks
	Expr      string // as it is in the dashboard, with Grafana's variables
	Legend    string // with {{label}} for the label's value
	Instant   bool   // asks for the end of the time range only
	Exemplars bool   // asks for traces as well
	Limit     bool   // is what the others should stay below; drawn dashed
}

// defaultRate is what stands for Grafana's window of rates where nothing is said. It holds four scrapes.
const defaultRate = "1m"

// Runnable is the expression as Prometheus itself understands it: $__rate_interval and the other durations of Grafana
// are rate, or a minute if that is empty, and every variable of the dashboards stands for all values.
func (q Query) Runnable(rate string) string {
	rate = cmp.Or(rate, defaultRate)
	pairs := []string{"$__rate_interval", rate, "$__interval", rate, "$__range", rate}
	for _, v := range []string{varProvider, varInstance, varRoute} {
		pairs = append(pairs, "$"+v, allValues)
	}
	return strings.NewReplacer(pairs...).Replace(q.Expr)
}

// section is a heading with panels of one height, which are laid out from left to right, line by line.
type section struct {
	title  string // empty for no heading
	height uint32
	panels []Panel
}

const gridWidth = 24

// place puts the panels of sections where they belong.
func (d Dashboard) place(sections ...section) Dashboard {
	var x, y uint32
	for _, s := range sections {
		if s.title != "" {
			d.Rows = append(d.Rows, Row{Title: s.title, Y: y})
			y++
		}
		x = 0
		for _, p := range s.panels {
			if x+p.W > gridWidth {
				x, y = 0, y+s.height
			}
			p.X, p.Y, p.H = x, y, s.height
			p.Queries = slices.Clone(p.Queries)
			for i := range p.Queries {
				p.Queries[i].Panel = p.Title
			}
			d.Panels = append(d.Panels, p)
			x += p.W
		}
		y += s.height
	}
	return d
}
