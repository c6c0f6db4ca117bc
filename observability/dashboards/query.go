package dashboards

import (
	"fmt"
	"strings"
)

// share is the share of part in all, as expressions of counters. Of what never happened there is no series: it counts as 0,
// since no data would look like a failure of the monitoring.
func share(part, all string) string {
	return fmt.Sprintf("(sum (%s) or vector(0)) / sum (%s)", part, all)
}

// shareBy is that share for each value of a label.
func shareBy(by, part, all string) string {
	return fmt.Sprintf("(sum by (%[1]s) (%[2]s) or sum by (%[1]s) (%[3]s) * 0) / sum by (%[1]s) (%[3]s)", by, part, all)
}

// rate is how fast a counter grows.
func rate(series string) string { return "rate(" + series + "[$__rate_interval])" }

// total is how much each group of a counter grows in a second.
func total(by, series string) string { return "sum by (" + by + ") (" + rate(series) + ")" }

// inAnHour is by how much a counter of rare things has grown.
func inAnHour(by, series string) string { return "sum by (" + by + ") (increase(" + series + "[1h]))" }

// some leaves out what there is none of: of a dozen outcomes, most never happen.
func some(expr string) string { return expr + " > 0" }

// quantile is a quantile of a histogram's classic buckets, which every Prometheus has.
func quantile(q, by, histogram, selector string) string {
	group := strings.TrimPrefix(by+", le", ", ")
	return fmt.Sprintf("histogram_quantile(%s, sum by (%s) (%s))", q, group, rate(histogram+"_bucket{"+selector+"}"))
}

// quantiles adds the median and what the slow ones take, with examples of them.
func (p Panel) quantiles(histogram, selector string) Panel {
	for _, q := range []struct{ name, q string }{{"p50", "0.5"}, {"p95", "0.95"}, {"p99", "0.99"}} {
		p = p.query(q.name, "%s", quantile(q.q, "", histogram, selector))
	}
	return p.traced()
}

// p95 adds what the slower ones of each group take, with examples of them.
func (p Panel) p95(by, legend, histogram, selector string) Panel {
	return p.query(legend, "%s", quantile("0.95", by, histogram, selector)).traced()
}

// What counts as an answer to a search, and what of it the objective is about: what a client asked wrongly for, asked too
// often, or did not wait for, is left out of both sides.
const (
	searchRoutes = `route=~"/search|/events"`
	counted      = searchRoutes + `,code!~"404|429|499"`
	failed       = searchRoutes + `,code=~"5.."`
	answered     = searchRoutes + `,class=~"2xx|3xx"`
)

// here is what a dashboard with the variable of instances is about.
const here = `instance=~"$instance"`

const (
	httpRequests = "marquee_http_requests_total"
	httpDuration = "marquee_http_request_duration_seconds"
	portCalls    = "marquee_port_calls_total"
	portDuration = "marquee_port_call_duration_seconds"
)
