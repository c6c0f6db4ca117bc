package panelstest

import (
	"fmt"
	"html"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/dashboards"
)

func TestFormat(t *testing.T) {
	three := 3
	for _, c := range []struct {
		value    float64
		unit     string
		decimals *int
		want     string
	}{
		{0.99951, "percentunit", &three, "99.951%"},
		{0.5, "percentunit", nil, "50%"},
		{0.0123, "s", nil, "12.3 ms"},
		{0.0000042, "s", nil, "4.2 µs"},
		{90, "s", nil, "90 s"},
		{7200, "s", nil, "2 h"},
		{0, "s", nil, "0 s"},
		{1536, "bytes", nil, "1.5 KiB"},
		{1234, "reqps", nil, "1.23 K req/s"},
		{12, "ops", nil, "12 ops/s"},
		{3, "short", nil, "3"},
		{math.NaN(), "s", nil, "–"},
	} {
		assert.Equal(t, c.want, format(c.value, c.unit, c.decimals))
	}
}

// What is drawn may come from anywhere, and is text.
func TestTextIsEscaped(t *testing.T) {
	assert.Equal(t, `<strong>a</strong><br>&lt;script&gt; <a href="http://x/y">What to do</a>`, string(markup("*a*\n<script> <http://x/y|What to do>")))
	assert.NotContains(t, string(markup(`<http://x/"onclick="y|z> <javascript:alert(1)|z>`)), `<a href="javascript`)
	assert.NotContains(t, string(markup(`<http://x/"onclick="y|z>`)), `"onclick`)
	out := &svg{}
	out.text(0, 0, 10, `"red"`, "start", "<b>")
	assert.NotContains(t, out.String(), "<b>")
	assert.NotContains(t, out.String(), `""red`)
}

// Every panel of every dashboard can be drawn of whatever Prometheus answers, and of nothing.
func TestEveryDashboardIsDrawn(t *testing.T) {
	start := time.Date(2027, 1, 2, 3, 4, 0, 0, time.UTC)
	for name, answer := range map[string]func(path string) string{
		"nothing": func(path string) string {
			if strings.Contains(path, "exemplars") {
				return `[]`
			}
			return `{"result":[]}`
		},
		"something": func(path string) string {
			at := float64(start.Unix())
			switch {
			case strings.Contains(path, "exemplars"):
				return fmt.Sprintf(`[{"exemplars":[{"labels":{"trace_id":"a"},"value":"0.2","timestamp":%f}]}]`, at+5)
			case strings.Contains(path, "range"):
				return fmt.Sprintf(`{"result":[{"metric":{"class":"<i>"},"values":[[%f,"1"],[%f,"NaN"],[%f,"2"]]},
					{"metric":{},"histograms":[[%f,{"count":"3","sum":"1","buckets":[[0,"0.1","0.2","3"]]}]]}]}`, at, at+1, at+2, at)
			}
			return fmt.Sprintf(`{"result":[{"metric":{"alertname":"<i>"},"value":[%f,"1"]},{"metric":{"alertname":"b"},"value":[%f,"0"]}]}`, at, at)
		},
	} {
		t.Run(name, func(t *testing.T) {
			prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"status":"success","data":%s}`, answer(r.URL.Path))
			}))
			defer prometheus.Close()
			for _, d := range dashboards.All() {
				drawn, width, height := drawing(t, d, View{Prometheus: prometheus.URL, Start: start, End: start.Add(time.Minute)})
				assert.NotContains(t, drawn, "<i>")
				assert.NotContains(t, drawn, "NaN")
				assert.Positive(t, width*height)
				for _, p := range d.Panels {
					assert.Contains(t, drawn, ">"+html.EscapeString(strings.Fields(p.Title)[0]), p.Title)
				}
			}
		})
	}
}

func TestSpansOfATrace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "traces.json")
	const line = `{"resourceSpans":[{"scopeSpans":[{"spans":[
		{"traceId":"a","spanId":"2","parentSpanId":"1","name":"child","startTimeUnixNano":"20","endTimeUnixNano":"30"},
		{"traceId":"a","spanId":"1","parentSpanId":"0","name":"parent","startTimeUnixNano":"10","endTimeUnixNano":"40","attributes":[{"key":"k","value":{"stringValue":"v"}}]},
		{"traceId":"b","spanId":"3","name":"other","startTimeUnixNano":"10","endTimeUnixNano":"40"}]}]}]}`
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(line, "\n", "")+"\n"+line[:30]), 0o600))
	all := tree(Spans(t, file, "a"))
	require.Len(t, all, 2)
	assert.Equal(t, "parent", all[0].Name)
	assert.Equal(t, 1, all[1].depth)
	assert.Equal(t, "k=v", details(all[0].Span))
}
