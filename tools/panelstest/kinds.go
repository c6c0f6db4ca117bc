package panelstest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// stat draws numbers as they are at the end.
func stat(out *svg, p panel, whole, at box, lines []line) {
	if len(lines) == 0 || len(lines[0].points) == 0 || !finite(lines[0].points[0].value) {
		out.text(at.x+at.w/2, at.y+at.h/2+8, 24, faint, "middle", p.none())
		return
	}
	if len(lines) > 1 {
		// Beside a name, each has a line of its own.
		each := at.h / float64(len(lines))
		size := min(21, each*0.62)
		for i, l := range lines {
			text, color := p.say(l.points[0].value)
			y := at.y + (float64(i)+0.5)*each + size*0.36
			out.text(at.x+10, y, min(13, size), ink, "start", cut(l.legend, 13, at.w/2))
			out.text(at.x+at.w-10, y, size, color, "end", text, bold)
		}
		return
	}
	text, color := p.say(lines[0].points[0].value)
	size := min(44, (at.w-20)/(float64(len(text))*letter))
	ink := color
	if p.look.Options.ColorMode == "background" {
		out.rect(whole.x, whole.y, whole.w, whole.h, color, `rx="3"`)
		out.text(whole.x+10, whole.y+20, 13, "#ffffff", "start", cut(p.Title, 13, whole.w-16), bold)
		ink = "#ffffff"
	}
	out.text(at.x+at.w/2, at.y+at.h/2+size*0.36, size, ink, "middle", text, bold)
	if l := lines[0].legend; l != "" {
		out.text(at.x+at.w/2, at.y+at.h-6, 12, faint, "middle", l)
	}
}

// table draws the labels of series.
func table(out *svg, p panel, at box, lines []line) {
	columns := map[string]float64{}
	for _, l := range lines {
		for name, value := range l.labels {
			if !p.hides(name) {
				columns[name] = max(columns[name], width(name, 11), width(value, 12))
			}
		}
	}
	if len(lines) == 0 || len(columns) == 0 {
		out.text(at.x+at.w/2, at.y+at.h/2, 15, faint, "middle", p.none())
		return
	}
	names := slices.Sorted(maps.Keys(columns))
	room := 0.0
	for _, n := range names {
		room += columns[n] + 14
	}
	// The first column is what it is about: the others make room for it.
	first := columns[names[0]] + 14
	shrink := min(1, (at.w-12-first)/max(room-first, 1))
	rows := slices.SortedFunc(slices.Values(lines), func(a, b line) int {
		for _, n := range names {
			if c := strings.Compare(a.labels[n], b.labels[n]); c != 0 {
				return c
			}
		}
		return 0
	})
	fits := int((at.h - 26) / 21)
	x := at.x + 8
	for _, n := range names {
		w := columns[n] + 14
		if n != names[0] {
			w *= shrink
		}
		out.text(x, at.y+14, 11, "#1f5fbf", "start", cut(n, 11, w-4), bold)
		for i, l := range rows[:min(len(rows), fits)] {
			out.text(x, at.y+35+float64(i)*21, 12, ink, "start", cut(l.labels[n], 12, w-4))
		}
		x += w
	}
	for i := range min(len(rows), fits) + 1 {
		out.line(at.x+4, at.y+21+float64(i)*21, at.x+at.w-4, at.y+21+float64(i)*21, grid)
	}
	if len(rows) > fits {
		out.text(at.x+8, at.y+at.h-1, 10.5, faint, "start", fmt.Sprintf("and %d more", len(rows)-fits))
	}
}

// timeline draws in which state each thing was.
func (s source) timeline(out *svg, p panel, at box, lines []line, marks []mark) {
	if len(lines) == 0 {
		out.text(at.x+at.w/2, at.y+at.h/2, 15, faint, "middle", p.none())
		return
	}
	names := 0.0
	for _, l := range lines {
		names = max(names, width(l.legend, 11.5))
	}
	names = min(names+14, at.w*0.36)
	a := axes{box: box{at.x + names, at.y + 4, at.w - names - 10, at.h - 24}, from: seconds64(s.start), to: seconds64(s.end)}
	a.times(out)
	each := a.h / float64(len(lines))
	for i, l := range lines {
		y, h := a.y+float64(i)*each+each*0.1, min(each*0.8, 40)
		out.text(a.x-8, y+h/2+4, 11.5, ink, "end", cut(l.legend, 11.5, names-8))
		for _, run := range s.runs(l.points) {
			text, color := p.say(run.value)
			x, w := a.px(run.from), a.px(run.to)-a.px(run.from)
			out.rect(x, y, w, h, color, `fill-opacity="0.82"`)
			if w > width(text, 11)+8 {
				out.text(x+w/2, y+h/2+4, 11, "#ffffff", "middle", text, bold)
			}
		}
	}
	a.mark(out, marks)
}

type run struct{ from, to, value float64 }

// runs joins readings that are the same.
func (s source) runs(points []point) (all []run) {
	step := s.step.Seconds()
	for _, p := range points {
		to := min(p.at+step, seconds64(s.end))
		if n := len(all); n > 0 && all[n-1].value == p.value && p.at-all[n-1].to < step {
			all[n-1].to = to
			continue
		}
		all = append(all, run{p.at, to, p.value})
	}
	return all
}

// heatmap draws how often which durations were. Its axis is logarithmic, as the buckets of a native histogram are.
func (s source) heatmap(out *svg, p panel, at box, lines []line, dots []dot, marks []mark) {
	var bands []band
	for _, l := range lines {
		bands = append(bands, l.bands...)
	}
	bands = slices.DeleteFunc(bands, func(b band) bool { return b.low <= 0 || b.count <= 0 })
	if len(bands) == 0 {
		out.text(at.x+at.w/2, at.y+at.h/2, 15, faint, "middle", p.none())
		return
	}
	low, high, most := math.Inf(1), 0.0, 0.0
	for _, b := range bands {
		low, high, most = min(low, b.low), max(high, b.high), max(most, b.count)
	}
	a := axes{box: box{at.x + 62, at.y + 4, at.w - 72, at.h - 26}, from: seconds64(s.start), to: seconds64(s.end), low: math.Log10(low), high: math.Log10(high)}
	for decade := math.Floor(a.low); decade <= a.high; decade++ {
		for _, m := range []float64{1, 3} {
			v := math.Log10(m) + decade
			if v >= a.low && v <= a.high {
				out.line(a.x, a.py(v), a.x+a.w, a.py(v), grid)
				out.text(a.x-6, a.py(v)+3.5, 10.5, faint, "end", format(math.Pow(10, v), p.unit(), nil))
			}
		}
	}
	a.times(out)
	w := s.step.Seconds() / (a.to - a.from) * a.w
	for _, b := range bands {
		x, top, bottom := a.px(b.at), a.py(math.Log10(b.high)), a.py(math.Log10(b.low))
		wide := min(w, a.x+a.w-x)
		out.rect(x, top, wide+0.2, bottom-top+0.2, heat(math.Sqrt(b.count/most)), `shape-rendering="crispEdges"`)
	}
	a.mark(out, marks)
	for i, d := range dots {
		dots[i].value = math.Log10(d.value)
	}
	a.dots(out, dots, 30)
}

// heat goes from pale yellow over orange to dark red, in steps, since more of them can hardly be told apart.
func heat(part float64) string {
	part = math.Round(part*16) / 16
	stops := [][3]float64{{255, 245, 200}, {253, 190, 110}, {240, 110, 60}, {200, 35, 50}, {110, 5, 40}}
	at := part * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	between := at - float64(i)
	mix := func(c int) int { return int(stops[i][c] + (stops[i+1][c]-stops[i][c])*between) }
	return fmt.Sprintf("#%02x%02x%02x", mix(0), mix(1), mix(2))
}
