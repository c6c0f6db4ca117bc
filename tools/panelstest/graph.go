package panelstest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// box is a place on a drawing.
type box struct{ x, y, w, h float64 }

// axes turn moments and values into places.
type axes struct {
	box
	from, to  float64 // seconds
	low, high float64
}

func (a axes) px(at float64) float64 { return a.x + (at-a.from)/(a.to-a.from)*a.w }

func (a axes) py(value float64) float64 {
	part := (value - a.low) / (a.high - a.low)
	return a.y + a.h - min(max(part, -0.01), 1.01)*a.h
}

// marks are moments that are marked on every graph.
type mark struct {
	at    float64
	color string
}

// graph draws lines over time.
func (s source) graph(out *svg, p panel, at box, lines []line, dots []dot, marks []mark) {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l line) bool {
		return !slices.ContainsFunc(l.points, func(p point) bool { return finite(p.value) })
	})
	if len(lines) == 0 {
		out.text(at.x+at.w/2, at.y+at.h/2, 15, faint, "middle", p.none())
		return
	}
	painted := s.colored(p, lines)
	at.h -= drawLegend(out, at, lines, painted)
	if p.stacked() {
		lines = s.pile(lines)
	}
	a := axes{box: box{at.x + 62, at.y + 4, at.w - 72, at.h - 26}, from: seconds64(s.start), to: seconds64(s.end)}
	var ticks []float64
	a.low, a.high, ticks = scale(p, lines)
	decimals := p.look.FieldConfig.Defaults.Decimals
	for _, v := range ticks {
		out.line(a.x, a.py(v), a.x+a.w, a.py(v), grid)
		out.text(a.x-6, a.py(v)+3.5, 10.5, faint, "end", format(v, p.unit(), decimals))
	}
	a.times(out)
	a.mark(out, marks)
	fmt.Fprintf(out, `<svg x="%.1f" y="%.1f" width="%.1f" height="%.1f" viewBox="%.1f %.1f %.1f %.1f">`, a.x, a.y-1, a.w, a.h+2, a.x, a.y-1, a.w, a.h+2)
	opacity := p.look.FieldConfig.Defaults.Custom.FillOpacity / 100
	for i, l := range slices.Backward(lines) { // of what is piled up, the lowest lies on top
		path, area := a.paths(l.points, s.step.Seconds())
		switch {
		case l.limit:
			out.path(path, painted[i], "none", `stroke-width="1.3" stroke-dasharray="8 6"`)
		case p.stacked():
			out.path(area, "none", "#ffffff") // what is below does not shine through
			out.path(area, "none", painted[i], fmt.Sprintf(`fill-opacity="%g"`, opacity))
			out.path(path, painted[i], "none", `stroke-width="1.2"`)
		default:
			out.path(area, "none", painted[i], fmt.Sprintf(`fill-opacity="%g"`, opacity))
			out.path(path, painted[i], "none", `stroke-width="1.4" stroke-linejoin="round"`)
		}
	}
	out.WriteString(`</svg>`)
	a.thresholds(out, p)
	a.dots(out, dots, 14)
}

func seconds64(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (s source) colored(p panel, lines []line) []string {
	var all []string
	for i, l := range lines {
		color, ok := p.fixed(l.legend)
		if !ok {
			color = series[i%len(series)]
		}
		all = append(all, color)
	}
	return all
}

// pile puts each line on those before it.
func (s source) pile(lines []line) []line {
	sum := map[int64]float64{}
	var all []line
	for _, l := range lines {
		l.points = slices.Clone(l.points)
		for i, p := range l.points {
			at := int64(math.Round(p.at * 1000))
			if finite(p.value) {
				sum[at] += p.value
			}
			l.points[i].value = sum[at]
		}
		all = append(all, l)
	}
	return all
}

// scale chooses what the axis of values shows, and where it is marked.
func scale(p panel, lines []line) (low, high float64, ticks []float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.points {
			if finite(p.value) {
				low, high = min(low, p.value), max(high, p.value)
			}
		}
	}
	d := p.look.FieldConfig.Defaults
	if d.Min != nil {
		low = *d.Min
	}
	if d.Max != nil {
		high = *d.Max
	}
	if high <= low {
		high = low + cmp.Or(math.Abs(low), 1.0)
	}
	factor := 1.0
	if d.Unit == "bytes" {
		for factor*1024 <= high {
			factor *= 1024
		}
	}
	pace := nice((high-low)/factor/4) * factor
	if d.Min == nil {
		low = math.Floor(low/pace) * pace
	}
	if d.Max == nil {
		high = math.Ceil(high/pace-1e-9) * pace
	}
	for n := math.Ceil(low/pace - 1e-9); n*pace <= high+pace/1000; n++ {
		ticks = append(ticks, n*pace+0) // the 0 makes one of a negative one
	}
	return low, high, ticks
}

// nice is a round number that is not below.
func nice(v float64) float64 {
	size := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*size >= v*0.999 {
			return m * size
		}
	}
	return 10 * size
}

// times marks the axis of time.
func (a axes) times(out *svg) {
	pace := 1.0
	for _, pace = range []float64{5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600} {
		if a.w/((a.to-a.from)/pace) >= 62 {
			break
		}
	}
	for t := math.Ceil(a.from/pace) * pace; t <= a.to; t += pace {
		x := a.px(t)
		out.line(x, a.y, x, a.y+a.h, grid)
		if x > a.x+a.w-16 {
			continue // it would be cut off
		}
		out.text(x, a.y+a.h+15, 10.5, faint, "middle", time.Unix(int64(t), 0).UTC().Format("15:04:05"))
	}
}

// mark draws moments that matter.
func (a axes) mark(out *svg, marks []mark) {
	for _, m := range marks {
		if m.at < a.from || m.at > a.to {
			continue
		}
		x := a.px(m.at)
		out.line(x, a.y, x, a.y+a.h, m.color, `stroke-dasharray="3 3" stroke-opacity="0.75"`)
		out.path(fmt.Sprintf("M%.1f %.1f l-4 6 h8 z", x, a.y+a.h-6), "none", m.color)
	}
}

func (a axes) thresholds(out *svg, p panel) {
	d := p.look.FieldConfig.Defaults
	if d.Custom.ThresholdsStyle.Mode != "dashed" {
		return
	}
	for _, s := range d.Thresholds.Steps {
		if s.Value != nil && *s.Value >= a.low && *s.Value <= a.high {
			out.line(a.x, a.py(*s.Value), a.x+a.w, a.py(*s.Value), paint(s.Color), `stroke-width="1.3" stroke-dasharray="9 6"`)
		}
	}
}

// dots draws examples, of those near to one another one.
func (a axes) dots(out *svg, dots []dot, near float64) {
	taken := map[[2]int]bool{}
	for _, d := range dots {
		if d.at < a.from || d.at > a.to || d.value > a.high || d.value < a.low {
			continue
		}
		x, y := a.px(d.at), a.py(d.value)
		cell := [2]int{int(x / near), int(y / near)}
		if taken[cell] {
			continue
		}
		taken[cell] = true
		out.path(fmt.Sprintf("M%.1f %.1f l3 3 l-3 3 l-3 -3 z", x, y-3), "#ffffff", "#5a6cd6", `stroke-width="0.6"`)
	}
}

// paths are a line, and the area between it and the axis. Where readings are missing there is a gap.
func (a axes) paths(points []point, step float64) (path, area string) {
	var p, r strings.Builder
	var begun, last point
	open := false
	base := a.py(max(a.low, min(0, a.high)))
	shut := func() {
		if open {
			fmt.Fprintf(&r, "L%.1f %.1f L%.1f %.1f Z ", a.px(last.at), base, a.px(begun.at), base)
		}
		open = false
	}
	for _, at := range points {
		if !finite(at.value) {
			shut()
			continue
		}
		if open && at.at-last.at > 1.5*step {
			shut()
		}
		command := "L"
		if !open {
			command, begun, open = "M", at, true
		}
		fmt.Fprintf(&p, "%s%.1f %.1f ", command, a.px(at.at), a.py(at.value))
		fmt.Fprintf(&r, "%s%.1f %.1f ", command, a.px(at.at), a.py(at.value))
		last = at
	}
	shut()
	return p.String(), r.String()
}

const (
	legendSize = 11.0
	legendLine = 17.0
	legendMost = 3 // lines; the rest is counted
)

// drawLegend names the lines at the foot of a box, and returns how much of it that takes. Where there is no room for all, those that
// reach highest are named.
func drawLegend(out *svg, at box, lines []line, colors []string) float64 {
	order := make([]int, 0, len(lines))
	named := 0
	for i, l := range lines {
		order = append(order, i)
		if l.legend != "" {
			named++
		}
	}
	if named == 0 {
		return 0
	}
	peak := func(l line) float64 {
		high := math.Inf(-1)
		for _, p := range l.points {
			if finite(p.value) {
				high = max(high, p.value)
			}
		}
		return high
	}
	room := func(chosen []int) [][]int {
		rows, x := [][]int{nil}, 0.0
		for _, i := range chosen {
			w := 24 + width(lines[i].legend, legendSize)
			if x+w > at.w-8 && x > 0 {
				rows, x = append(rows, nil), 0
			}
			rows[len(rows)-1] = append(rows[len(rows)-1], i)
			x += w
		}
		return rows
	}
	left := 0
	for len(room(order)) > legendMost || left > 0 && len(room(append(slices.Clone(order), order[0]))) > legendMost {
		lowest := slices.MinFunc(order, func(a, b int) int { return cmp.Compare(peak(lines[a]), peak(lines[b])) })
		order = slices.DeleteFunc(order, func(i int) bool { return i == lowest })
		left++
	}
	rows := room(order)
	for n, row := range rows {
		x, y := at.x+4, at.y+at.h-float64(len(rows)-n)*legendLine+10
		for _, i := range row {
			out.rect(x, y-5, 12, 3.5, colors[i], `rx="1.5"`)
			out.text(x+16, y, legendSize, ink, "start", lines[i].legend)
			x += 24 + width(lines[i].legend, legendSize)
		}
		if n == len(rows)-1 && left > 0 {
			out.text(x+2, y, legendSize, faint, "start", fmt.Sprintf("and %d more", left))
		}
	}
	return float64(len(rows)) * legendLine
}
