package dashboards

import (
	"fmt"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// Kind is how a panel draws.
type Kind string

// The kinds of panels, by the names of Grafana's plugins.
const (
	KindStat          Kind = "stat"
	KindTimeSeries    Kind = "timeseries"
	KindHeatmap       Kind = "heatmap"
	KindTable         Kind = "table"
	KindStateTimeline Kind = "state-timeline"
)

// Panel is a panel of a dashboard. Its place is in units of the grid, which is 24 wide.
type Panel struct {
	Title, Description, Unit string
	Kind                     Kind
	X, Y, W, H               uint32
	Queries                  []Query

	stacked    bool
	background bool // a stat whose colour fills it
	decimals   *float64
	least      *float64
	most       *float64
	steps      []step
	words      []word
	noValue    string
	hidden     []string // columns of a table
	paint      []word   // the colours of series, by their legends
	links      []link   // of the panel
	dataLinks  []link   // of each series
}

// step is a colour that begins at a value.
type step struct {
	from  float64
	color string
}

// word is what is shown for a value.
type word struct {
	value       string
	text, color string
}

const (
	green  = "green"
	yellow = "yellow"
	orange = "orange"
	red    = "red"
	blue   = "blue"
	gray   = "#808080"
)

// number shows what is the case at the end of the time range.
func number(title, unit, description string) Panel {
	p := Panel{Title: title, Unit: unit, Description: description, Kind: KindStat, W: 4}
	p.steps = []step{{color: blue}}
	return p
}

// graph shows lines over time. They begin at 0, since a line that only seems to be high costs sleep.
func graph(title, unit, description string) Panel {
	return Panel{Title: title, Unit: unit, Description: description, Kind: KindTimeSeries, W: 8, least: new(0.0)}
}

// distribution shows how durations are distributed over time.
func distribution(title, unit, description string) Panel {
	return Panel{Title: title, Unit: unit, Description: description, Kind: KindHeatmap, W: 12}
}

// list shows series of which each is a line.
func list(title, unit, description string) Panel {
	return Panel{Title: title, Unit: unit, Description: description, Kind: KindTable, W: 8}
}

// states shows which state something was in.
func states(title, description string) Panel {
	return Panel{Title: title, Unit: units.NoUnit, Description: description, Kind: KindStateTimeline, W: 8}
}

// query adds a question. Numbers and lists ask for now only: a month's sum over every moment of a day would cost much and
// show nothing.
func (p Panel) query(legend, expr string, args ...any) Panel {
	if len(args) > 0 {
		expr = fmt.Sprintf(expr, args...)
	}
	p.Queries = append(slices.Clip(p.Queries), Query{Expr: expr, Legend: legend, Instant: p.Kind == KindStat || p.Kind == KindTable})
	return p
}

// limit adds what the other lines should stay below.
func (p Panel) limit(legend, expr string, args ...any) Panel {
	p = p.query(legend, expr, args...)
	p.Queries[len(p.Queries)-1].Limit = true
	return p
}

// traced asks for exemplars beside the last query. One query of a panel is enough: they would come once for each.
func (p Panel) traced() Panel {
	p.Queries = slices.Clone(p.Queries)
	p.Queries[len(p.Queries)-1].Exemplars = true
	return p
}

func (p Panel) wide(w uint32) Panel          { p.W = w; return p }
func (p Panel) stack() Panel                 { p.stacked = true; return p }
func (p Panel) fill() Panel                  { p.background = true; return p }
func (p Panel) digits(n float64) Panel       { p.decimals = &n; return p }
func (p Panel) empty(text string) Panel      { p.noValue = text; return p }
func (p Panel) hide(columns ...string) Panel { p.hidden = columns; return p }
func (p Panel) say(words ...word) Panel      { p.words = words; return p }

// painted gives series colours that mean something; the others get what is next.
func (p Panel) painted(series ...word) Panel { p.paint = series; return p }

// colors are the colour below the first step, and the steps.
func (p Panel) colors(first string, steps ...step) Panel {
	p.steps = append([]step{{color: first}}, steps...)
	return p
}

// whole shows shares as parts of 1, however small they are.
func (p Panel) whole() Panel { p.most = new(1.0); return p }
