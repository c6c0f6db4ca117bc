package panelstest

import (
	"fmt"
	"html"
	"strings"
)

// svg is a drawing in the making. All that is written on it is escaped.
type svg struct{ strings.Builder }

// The widths of letters of the font, on average, in parts of its size: enough to tell what fits.
const letter = 0.57

func (s *svg) rect(x, y, w, h float64, fill string, more ...string) {
	fmt.Fprintf(s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" %s/>`, x, y, max(w, 0), max(h, 0), html.EscapeString(fill), strings.Join(more, " "))
}

func (s *svg) line(x1, y1, x2, y2 float64, color string, more ...string) {
	fmt.Fprintf(s, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" %s/>`, x1, y1, x2, y2, html.EscapeString(color), strings.Join(more, " "))
}

// text writes; anchor is start, middle or end.
func (s *svg) text(x, y, size float64, color, anchor, text string, more ...string) {
	fmt.Fprintf(s, `<text x="%.1f" y="%.1f" font-size="%g" fill="%s" text-anchor="%s" %s>%s</text>`, x, y, size, html.EscapeString(color), anchor, strings.Join(more, " "), html.EscapeString(text))
}

func (s *svg) path(d, stroke, fill string, more ...string) {
	fmt.Fprintf(s, `<path d="%s" stroke="%s" fill="%s" %s/>`, html.EscapeString(d), html.EscapeString(stroke), html.EscapeString(fill), strings.Join(more, " "))
}

// width is about how much room a text takes.
func width(text string, size float64) float64 { return float64(len([]rune(text))) * size * letter }

// cut shortens a text to a width.
func cut(text string, size, room float64) string {
	runes := []rune(text)
	if fits := int(room / (size * letter)); len(runes) > fits {
		return string(runes[:max(fits-1, 0)]) + "…"
	}
	return text
}

const (
	ink   = "#24292e"
	faint = "#6b7280"
	grid  = "#e8eaed"
	bold  = `font-weight="600"`
)
