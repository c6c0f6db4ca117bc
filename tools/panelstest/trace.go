package panelstest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Span is a span as a collector wrote it to a file.
type Span struct {
	Trace  string `json:"traceId"`
	ID     string `json:"spanId"`
	Parent string `json:"parentSpanId"`
	Name   string `json:"name"`
	Kind   int    `json:"kind"`
	Start  string `json:"startTimeUnixNano"`
	End    string `json:"endTimeUnixNano"`
	Status struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
	Attributes []Attribute `json:"attributes"`
	Events     []struct {
		Name       string      `json:"name"`
		Attributes []Attribute `json:"attributes"`
	} `json:"events"`
	Links []struct {
		Trace string `json:"traceId"`
	} `json:"links"`
}

// Attribute is an attribute of a span. Its value is an object of one field, which says of which type it is.
type Attribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

func (a Attribute) value() string {
	for _, v := range a.Value {
		return fmt.Sprint(v)
	}
	return ""
}

func (s Span) start() int64 { n, _ := strconv.ParseInt(s.Start, 10, 64); return n }
func (s Span) end() int64   { n, _ := strconv.ParseInt(s.End, 10, 64); return n }

// Spans reads the spans of a trace from a file that a collector wrote, a line for each export.
func Spans(t testing.TB, file, trace string) []Span {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { _ = f.Close() }()
	var all []Span
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var export struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []Span `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		// The last line may be half there.
		if json.Unmarshal(lines.Bytes(), &export) != nil {
			continue
		}
		for _, r := range export.ResourceSpans {
			for _, scope := range r.ScopeSpans {
				for _, s := range scope.Spans {
					if s.Trace == trace {
						all = append(all, s)
					}
				}
			}
		}
	}
	require.NoError(t, lines.Err())
	return all
}

// nested is a span in its place in the tree.
type nested struct {
	Span
	depth int
}

// tree puts spans below those that they belong to, as they began. A span whose parent is somewhere else stands for itself.
func tree(spans []Span) []nested {
	known := map[string]bool{}
	below := map[string][]Span{}
	for _, s := range spans {
		known[s.ID] = true
	}
	for _, s := range spans {
		parent := s.Parent
		if !known[parent] {
			parent = ""
		}
		below[parent] = append(below[parent], s)
	}
	var all []nested
	var descend func(string, int)
	descend = func(of string, depth int) {
		children := below[of]
		slices.SortStableFunc(children, func(a, b Span) int { return cmp.Compare(a.start(), b.start()) })
		for _, s := range children {
			all = append(all, nested{s, depth})
			descend(s.ID, depth+1)
		}
	}
	descend("", 0)
	return all
}

// Trace draws the spans of a trace as a waterfall.
func Trace(t testing.TB, spans []Span) []byte {
	t.Helper()
	require.NotEmpty(t, spans, "spans of the trace")
	const (
		wide, names, bars = 1200.0, 330.0, 630.0
		lineHigh, top     = 44.0, 84.0
	)
	all := tree(spans)
	begin, end := int64(math.MaxInt64), int64(0)
	for _, s := range spans {
		begin, end = min(begin, s.start()), max(end, s.end())
	}
	whole := float64(max(end-begin, 1))
	height := top + float64(len(all))*lineHigh + 30
	out := &svg{}
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" font-family="'DejaVu Sans Condensed','Helvetica Neue',Arial,sans-serif">`, wide, height)
	out.rect(6, 6, wide-12, height-12, "#ffffff", `rx="4" stroke="#dcdfe4"`)
	out.text(20, 32, 16, ink, "start", all[0].Name, bold)
	out.text(20, 52, 12, faint, "start", fmt.Sprintf("trace %s · %s UTC · %d spans · %s", all[0].Trace, time.Unix(0, begin).UTC().Format("2006-01-02 15:04:05.000"), len(all), format(whole/1e9, "s", nil)))
	for i := range 5 {
		x := names + bars*float64(i)/4
		for n := range all { // but not across what is written
			out.line(x, top+float64(n)*lineHigh-4, x, top+float64(n)*lineHigh+20, grid)
		}
		out.text(x, top-14, 10.5, faint, "middle", format(whole/1e9*float64(i)/4, "s", nil))
	}
	for i, s := range all {
		y := top + float64(i)*lineHigh
		out.line(14, y-4, wide-14, y-4, grid)
		color := colors["blue"]
		if s.Status.Code == 2 {
			color = colors["red"]
		}
		indent := 20 + float64(s.depth)*16
		out.text(indent, y+13, 12.5, ink, "start", cut(s.Name, 12.5, names-indent-8), bold)
		x, w := names+float64(s.start()-begin)/whole*bars, max(float64(s.end()-s.start())/whole*bars, 2)
		out.rect(x, y+2, w, 14, color, `rx="2" fill-opacity="0.85"`)
		out.text(wide-24, y+13, 11.5, ink, "end", format(float64(s.end()-s.start())/1e9, "s", nil))
		out.text(indent, y+31, 10.5, faint, "start", cut(details(s.Span), 10.5, wide-indent-30))
	}
	out.text(20, height-14, 10.5, faint, "start", "Drawn from the spans that the collector received, not by Grafana. Red: the span ended with an error.")
	out.WriteString(`</svg>`)
	return shoot(t, out.String(), int64(wide), int64(height))
}

// usual are attributes that are the same on all spans of a kind, and would take the room of those that are not.
var usual = []string{
	"http.request.method", "url.scheme", "url.path", "user_agent.original", "network.protocol.version", "error.type",
	"db.system.name", "server.address", "server.port", "user.name", "db.namespace", "db.operation.name",
}

// details are what is told of a span beside its name: first what went wrong.
func details(s Span) string {
	var all []string
	if s.Status.Message != "" {
		all = append(all, s.Status.Message)
	}
	for _, e := range s.Events {
		for _, a := range e.Attributes {
			if a.Key == "exception.message" && a.value() != s.Status.Message {
				all = append(all, a.value())
			}
		}
	}
	for _, a := range s.Attributes {
		if !slices.Contains(usual, a.Key) {
			all = append(all, a.Key+"="+strings.Join(strings.Fields(a.value()), " "))
		}
	}
	return strings.Join(all, " · ")
}
