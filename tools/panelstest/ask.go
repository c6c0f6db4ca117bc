package panelstest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/marquee-events/marquee/observability/dashboards"
)

// source is a Prometheus and what of its time is looked at.
type source struct {
	url        string
	start, end time.Time
	step       time.Duration
	rate       string // what stands for Grafana's window of rates
}

// line is a series of a panel.
type line struct {
	labels map[string]string
	legend string
	limit  bool
	points []point
	bands  []band // of a native histogram
}

// point is a value at a moment, in seconds.
type point struct{ at, value float64 }

// band is how often values between two bounds were counted at a moment.
type band struct{ at, low, high, count float64 }

// dot is an example: a request of this duration, whose trace is known.
type dot struct {
	point
	trace string
}

// prometheus asks; how long it may take is told with each question.
var prometheus = &http.Client{}

// get asks Prometheus's API.
func (s source) get(ctx context.Context, path string, values url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path+"?"+values.Encode(), nil)
	if err != nil {
		return err
	}
	answer, err := prometheus.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	var envelope struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&envelope); err != nil {
		return err
	}
	if envelope.Status != "success" {
		return errors.New(envelope.Error)
	}
	return json.Unmarshal(envelope.Data, into)
}

func stamp(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// ask asks what a panel asks.
func (s source) ask(ctx context.Context, q dashboards.Query) ([]line, error) {
	expr := q.Runnable(s.rate)
	path, values := "/api/v1/query_range", url.Values{"query": {expr}, "start": {stamp(s.start)}, "end": {stamp(s.end)}, "step": {s.step.String()}}
	if q.Instant {
		path, values = "/api/v1/query", url.Values{"query": {expr}, "time": {stamp(s.end)}}
	}
	var data struct {
		Result []struct {
			Metric     map[string]string    `json:"metric"`
			Value      *[2]any              `json:"value"`
			Values     [][2]any             `json:"values"`
			Histograms [][2]json.RawMessage `json:"histograms"`
		} `json:"result"`
	}
	if err := s.get(ctx, path, values, &data); err != nil {
		return nil, fmt.Errorf("panel %q: %s: %w", q.Panel, expr, err)
	}
	var all []line
	for _, r := range data.Result {
		l := line{labels: r.Metric, legend: legend(q.Legend, r.Metric), limit: q.Limit}
		if r.Value != nil {
			r.Values = append(r.Values, *r.Value)
		}
		for _, v := range r.Values {
			l.points = append(l.points, reading(v))
		}
		for _, h := range r.Histograms {
			bands, err := counted(h)
			if err != nil {
				return nil, fmt.Errorf("panel %q: %w", q.Panel, err)
			}
			l.bands = append(l.bands, bands...)
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Compare(a.legend, b.legend) })
	return all, nil
}

func reading(v [2]any) point {
	at, _ := v[0].(float64)
	text, _ := v[1].(string)
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		value = math.NaN()
	}
	return point{at, value}
}

// counted are the buckets of a native histogram at a moment.
func counted(h [2]json.RawMessage) (bands []band, err error) {
	var at float64
	var value struct {
		Buckets [][4]any `json:"buckets"` // which bounds belong to it, the bounds, the count
	}
	if err := errors.Join(json.Unmarshal(h[0], &at), json.Unmarshal(h[1], &value)); err != nil {
		return nil, err
	}
	for _, b := range value.Buckets {
		bands = append(bands, band{at, reading([2]any{at, b[1]}).value, reading([2]any{at, b[2]}).value, reading([2]any{at, b[3]}).value})
	}
	return bands, nil
}

// dots are the examples of a query.
func (s source) dots(ctx context.Context, q dashboards.Query) ([]dot, error) {
	if !q.Exemplars {
		return nil, nil
	}
	var data []struct {
		Exemplars []struct {
			Labels    map[string]string `json:"labels"`
			Value     string            `json:"value"`
			Timestamp float64           `json:"timestamp"`
		} `json:"exemplars"`
	}
	err := s.get(ctx, "/api/v1/query_exemplars", url.Values{"query": {q.Runnable(s.rate)}, "start": {stamp(s.start)}, "end": {stamp(s.end)}}, &data)
	if err != nil {
		return nil, fmt.Errorf("panel %q: examples: %w", q.Panel, err)
	}
	var all []dot
	for _, of := range data {
		for _, e := range of.Exemplars {
			all = append(all, dot{reading([2]any{e.Timestamp, e.Value}), e.Labels["trace_id"]})
		}
	}
	return all, nil
}

var placeholder = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)

// legend is what a series is called.
func legend(pattern string, labels map[string]string) string {
	return placeholder.ReplaceAllStringFunc(pattern, func(found string) string {
		return labels[placeholder.FindStringSubmatch(found)[1]]
	})
}
