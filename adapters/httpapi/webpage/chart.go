package webpage

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// chart is a drawing of values over time, each of which holds until the next. It says nothing that the list of changes does not.
type chart struct {
	Title       string
	Description string
	Bottom, Top string // labels of the axis
	From, To    string // likewise
	Area        string // points of the stretch between the lowest and the highest value; empty where they are one
	Lines       []string
}

// The drawing, in units of its own.
const (
	chartWidth, chartHeight = 640.0, 120.0
)

// point is what a chart shows of a moment.
type point struct {
	at           time.Time
	least, most  float64
	known        bool
	leastT, mosT string // as text
}

// charts draws prices and tickets. There are none of what never changed.
func charts(d *eventDetail) (prices, capacity *chart) {
	var p, c []point
	for i := range d.History {
		s := &d.History[i]
		tickets := float64(s.Capacity)
		text := grouped(s.Capacity)
		c = append(c, point{s.At, tickets, tickets, true, text, text})
		least, knownLeast := number(s.MinPrice)
		most, knownMost := number(s.MaxPrice)
		if knownLeast && knownMost {
			p = append(p, point{s.At, least, most, true, amount(*s.MinPrice, d.Currency), amount(*s.MaxPrice, d.Currency)})
		} else {
			p = append(p, point{at: s.At})
		}
	}
	return draw("Price", p, d.LastSeen), draw("Tickets left", c, d.LastSeen)
}

func number(n *json.Number) (float64, bool) {
	if n == nil {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// draw draws points up to the end.
func draw(title string, points []point, end time.Time) *chart {
	first, last := -1, -1
	var top point
	changed := false
	for i, p := range points {
		if !p.known {
			continue
		}
		if first < 0 {
			first = i
		}
		if last >= 0 && (points[last].least != p.least || points[last].most != p.most) {
			changed = true
		}
		last = i
		if p.most >= top.most {
			top = p
		}
	}
	if !changed || top.most <= 0 {
		return nil
	}
	begin := points[0].at
	if end.Before(points[len(points)-1].at) {
		end = points[len(points)-1].at
	}
	length := max(end.Sub(begin).Seconds(), 1)
	x := func(at time.Time) float64 { return at.Sub(begin).Seconds() / length * chartWidth }
	y := func(v float64) float64 { return chartHeight - v/top.most*chartHeight }

	c := &chart{
		Title: title, Bottom: "0", Top: top.mosT, From: begin.Format("2 Jan 2006"), To: end.Format("2 Jan 2006"),
		Description: fmt.Sprintf("%s from %s to %s: at first %s, at last %s, at most %s.", title, begin.Format(dayForm), end.Format(dayForm), between(points[first]), between(points[last]), top.mosT),
	}
	var least, most path
	var area []string
	for i, p := range points {
		until := end
		if i+1 < len(points) {
			until = points[i+1].at
		}
		if !p.known {
			least.lift()
			most.lift()
			continue
		}
		least.hold(x(p.at), x(until), y(p.least))
		most.hold(x(p.at), x(until), y(p.most))
		if p.least != p.most {
			area = append(area, fmt.Sprintf("M%s %sH%sV%sH%sZ", short(x(p.at)), short(y(p.most)), short(x(until)), short(y(p.least)), short(x(p.at))))
		}
	}
	c.Lines = append(c.Lines, most.String())
	if len(area) > 0 {
		c.Lines = append(c.Lines, least.String())
		c.Area = strings.Join(area, "")
	}
	return c
}

func between(p point) string {
	if p.leastT == p.mosT {
		return p.leastT
	}
	return p.leastT + " to " + p.mosT
}

// path is a line of steps.
type path struct {
	b    strings.Builder
	down bool
}

func (p *path) lift() { p.down = false }

func (p *path) hold(from, until, y float64) {
	if p.down {
		p.b.WriteString("V" + short(y))
	} else {
		p.b.WriteString("M" + short(from) + " " + short(y))
		p.down = true
	}
	p.b.WriteString("H" + short(until))
}

func (p *path) String() string { return p.b.String() }

// short is a coordinate, to a tenth.
func short(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
