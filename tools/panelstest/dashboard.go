package panelstest

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/dashboards"
)

// View is what of a dashboard is looked at.
type View struct {
	Prometheus string // URL
	Start, End time.Time
	// Rate is what stands for Grafana's window of rates, four scrapes.
	Rate string
	// Rows are the headings under which panels are drawn; none for all.
	Rows []string
}

const (
	pageWidth = 1400.0
	margin    = 12.0
	unitWidth = (pageWidth - 2*margin) / 24
	unitHigh  = 35.0
	headHigh  = 50.0
	footHigh  = 34.0
	gap       = 6.0
)

// Dashboard draws a dashboard as it is at the end of the time range.
func Dashboard(t testing.TB, d dashboards.Dashboard, v View) []byte {
	t.Helper()
	drawn, width, height := drawing(t, d, v)
	return shoot(t, drawn, width, height)
}

// drawing is that picture before it is taken.
func drawing(t testing.TB, d dashboards.Dashboard, v View) (drawn string, wide, high int64) {
	t.Helper()
	s := source{url: v.Prometheus, start: v.Start, end: v.End, rate: v.Rate}
	s.step = max(500*time.Millisecond, v.End.Sub(v.Start)/240).Round(100 * time.Millisecond)
	panels, err := define(d)
	require.NoError(t, err)
	marks, err := s.marks(t.Context(), d)
	require.NoError(t, err)
	d, panels = only(d, panels, v.Rows)

	var rows uint32
	for _, p := range panels {
		rows = max(rows, p.Y+p.H)
	}
	height := headHigh + float64(rows)*unitHigh + footHigh
	out := &svg{}
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" font-family="'DejaVu Sans Condensed','Helvetica Neue',Arial,sans-serif">`, pageWidth, height)
	out.text(margin+2, 31, 19, ink, "start", "Marquee: "+d.Title, bold)
	out.text(pageWidth-margin-2, 31, 13, faint, "end", v.Start.UTC().Format("2006-01-02 15:04:05")+" to "+v.End.UTC().Format("15:04:05")+" UTC")
	for _, r := range d.Rows {
		out.text(margin+2, headHigh+float64(r.Y)*unitHigh+23, 15, ink, "start", r.Title, bold)
	}
	for _, p := range panels {
		require.NoError(t, s.draw(t.Context(), out, p, marks))
	}
	foot := "Drawn from the dashboard's definition and Prometheus's data, not by Grafana. Dashed red: an alert began to fire. Diamonds: examples with a trace."
	if len(v.Rows) > 0 {
		foot += " Some of the rows."
	}
	out.text(margin+2, height-12, 11, faint, "start", foot)
	out.WriteString(`</svg>`)
	return out.String(), int64(pageWidth), int64(height)
}

// only leaves rows that were asked for, one below the other.
func only(d dashboards.Dashboard, panels []panel, rows []string) (dashboards.Dashboard, []panel) {
	if len(rows) == 0 {
		return d, panels
	}
	var kept []panel
	var headings []dashboards.Row
	var y uint32
	for i, r := range d.Rows {
		if !slices.Contains(rows, r.Title) {
			continue
		}
		below := ^uint32(0)
		if i+1 < len(d.Rows) {
			below = d.Rows[i+1].Y
		}
		headings = append(headings, dashboards.Row{Title: r.Title, Y: y})
		next := y
		for _, p := range panels {
			if p.Y > r.Y && p.Y < below {
				p.Y = p.Y - r.Y + y
				next = max(next, p.Y+p.H)
				kept = append(kept, p)
			}
		}
		y = next
	}
	d.Rows = headings
	return d, kept
}

// marks are when alerts began to fire. The Watchdog always does, and is left out.
func (s source) marks(ctx context.Context, d dashboards.Dashboard) ([]mark, error) {
	var all []mark
	known := map[string]bool{}
	for _, a := range d.Annotations {
		if a.Name != "Firing alerts" {
			continue
		}
		lines, err := s.ask(ctx, a.Query)
		if err != nil {
			return nil, err
		}
		lines = slices.DeleteFunc(lines, func(l line) bool { return len(l.points) == 0 })
		slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.points[0].at, b.points[0].at) })
		for _, l := range lines {
			if l.labels["severity"] == "none" {
				continue
			}
			// What fires already when the picture begins has begun before it.
			name := l.labels["alertname"]
			if p := l.points[0]; p.at-seconds64(s.start) > s.step.Seconds() && !known[name] {
				known[name] = true // that another rule of it fires as well is no news
				all = append(all, mark{p.at, colors["red"]})
			}
		}
	}
	return all, nil
}

func (s source) draw(ctx context.Context, out *svg, p panel, marks []mark) error {
	whole := box{margin + float64(p.X)*unitWidth + gap/2, headHigh + float64(p.Y)*unitHigh + gap/2, float64(p.W)*unitWidth - gap, float64(p.H)*unitHigh - gap}
	out.rect(whole.x, whole.y, whole.w, whole.h, "#ffffff", `rx="3" stroke="#dcdfe4"`)
	fmt.Fprintf(out, `<title>%s</title>`, html.EscapeString(p.Description))
	out.text(whole.x+10, whole.y+20, 13, ink, "start", cut(p.Title, 13, whole.w-16), bold)
	at := box{whole.x + 4, whole.y + 30, whole.w - 8, whole.h - 36}
	var lines []line
	var dots []dot
	for _, q := range p.Queries {
		more, err := s.ask(ctx, q)
		if err != nil {
			return err
		}
		lines = append(lines, more...)
		examples, err := s.dots(ctx, q)
		if err != nil {
			return err
		}
		dots = append(dots, examples...)
	}
	switch p.Kind {
	case dashboards.KindStat:
		stat(out, p, whole, at, lines)
	case dashboards.KindTimeSeries:
		s.graph(out, p, at, lines, dots, marks)
	case dashboards.KindHeatmap:
		s.heatmap(out, p, at, lines, dots, marks)
	case dashboards.KindTable:
		table(out, p, at, lines)
	case dashboards.KindStateTimeline:
		s.timeline(out, p, at, lines, marks)
	}
	return nil
}
