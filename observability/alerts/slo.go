package alerts

import (
	"fmt"
	"strings"
	"time"
)

// The objectives, over 30 days. An answer counts where a client could expect one: 404 and 429 are answers that are as they
// should be and say nothing of how well searches are served, and 499 is a client that went away.
const (
	// Availability is the share of search answers that are no server error.
	Availability = 0.999
	// Promptness is the share of search answers that take less than Prompt.
	Promptness = 0.99
	// Lateness is how many intervals a feed may be old.
	Lateness = 3
)

// Prompt is how long a search may take, an upper bound of a bucket of the histogram.
const Prompt = 100 * time.Millisecond

const (
	searches = `route=~"/search|/events"`
	answered = searches + `,code!~"404|429|499"`
	failed   = searches + `,code=~"5.."`
	timed    = searches + `,class=~"2xx|3xx"`
)

// Recording is a query whose answer is kept under a name.
type Recording struct {
	Name    string
	Labels  []string // that its answer has
	Help    string   // what it says; the window is in the name
	expr    string
	windows []time.Duration
}

// burnWindows are those over which the shares of bad answers are kept; dashboards use them too.
var burnWindows = []time.Duration{
	5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour,
}

func errorsOver(window time.Duration) string {
	return "marquee:search_errors:ratio_rate" + short(window)
}
func slowOver(window time.Duration) string   { return "marquee:search_slow:ratio_rate" + short(window) }
func failuresIn(window time.Duration) string { return "marquee:search_errors:increase" + short(window) }
func latesIn(window time.Duration) string    { return "marquee:search_slow:increase" + short(window) }

// Recordings are the queries that alerts and dashboards share. A share is absent while nothing is asked, and 0 where there
// was no error yet.
func Recordings() []Recording {
	var all []Recording
	for _, w := range burnWindows {
		twice, thrice := []time.Duration{w, w}, []time.Duration{w, w, w}
		all = append(all,
			Recording{Name: errorsOver(w), Help: "Share of search answers that were server errors. 404, 429 and 499 count on neither side.", windows: thrice,
				expr: fmt.Sprintf(`(sum(rate(marquee_http_requests_total{%s}[%%s])) or 0 * sum(rate(marquee_http_requests_total{%s}[%%s]))) / (sum(rate(marquee_http_requests_total{%s}[%%s])) > 0)`, failed, answered, answered)},
			Recording{Name: slowOver(w), Help: fmt.Sprintf("Share of good search answers that took longer than %d ms.", Prompt.Milliseconds()), windows: twice,
				expr: fmt.Sprintf(`1 - sum(rate(marquee_http_request_duration_seconds_bucket{%s,le="%g"}[%%s])) / (sum(rate(marquee_http_request_duration_seconds_count{%s}[%%s])) > 0)`, timed, Prompt.Seconds(), timed)},
		)
	}
	for _, w := range []time.Duration{time.Hour, 6 * time.Hour, 72 * time.Hour} {
		all = append(all,
			Recording{Name: failuresIn(w), Help: "How many search answers were server errors.", windows: []time.Duration{w},
				expr: fmt.Sprintf(`sum(increase(marquee_http_requests_total{%s}[%%s]))`, failed)},
			Recording{Name: latesIn(w), Help: fmt.Sprintf("How many good search answers took longer than %d ms.", Prompt.Milliseconds()), windows: []time.Duration{w, w},
				expr: fmt.Sprintf(`sum(increase(marquee_http_request_duration_seconds_count{%s}[%%s])) - sum(increase(marquee_http_request_duration_seconds_bucket{%s,le="%g"}[%%s]))`, timed, timed, Prompt.Seconds())},
		)
	}
	provider := []string{"provider"}
	return append(all,
		Recording{Name: "marquee:feed_age:seconds", Labels: provider, Help: "Seconds since the last run began that was concluded; absent where none ever was.",
			expr: `time() - max by (provider) (marquee_feed_last_concluded_timestamp_seconds)`},
		Recording{Name: "marquee:feed_interval:seconds", Labels: provider, Help: "From one fetch to the next, as configured.",
			expr: `max by (provider) (marquee_feed_interval_seconds)`},
		Recording{Name: "marquee:feed_failing:bool", Labels: provider, Help: "1 where the last reading of the feed failed, and none was read to its end for three intervals; else 0. A provider that fails now and then is no excuse.",
			expr: fmt.Sprintf(`(max by (provider) (marquee_feed_last_failed_timestamp_seconds) > bool max by (provider) (marquee_feed_last_answered_timestamp_seconds)) * on (provider) (time() - max by (provider) (marquee_feed_last_answered_timestamp_seconds) > bool on (provider) %d * marquee:feed_interval:seconds)`, Lateness)},
	)
}

// Signature is the name with its labels in braces.
func (r Recording) Signature() string {
	if len(r.Labels) == 0 {
		return r.Name
	}
	return r.Name + "{" + strings.Join(r.Labels, ",") + "}"
}

// Burn is a rate at which an error budget is used up, over two windows: the long one says that it matters, the short one
// that it still goes on. The rates are those of the Site Reliability Workbook, chapter 5: 14.4 uses up 2% of the budget of 30
// days in an hour, 6 uses up 5% in six hours, 1 uses up 10% in three days.
type Burn struct {
	Name        string
	Rate        float64 // how many times faster than lasts for 30 days
	Long, Short time.Duration
	Hold        time.Duration // how long it has to go on
}

// Burns are the rates that somebody is told of, the fastest first.
func Burns() []Burn {
	return []Burn{
		{"fast", 14.4, time.Hour, 5 * time.Minute, 2 * time.Minute},
		{"medium", 6, 6 * time.Hour, 30 * time.Minute, 15 * time.Minute},
		{"slow", 1, 72 * time.Hour, 6 * time.Hour, time.Hour},
	}
}

// Wakes is whether a budget that burns so fast is a page. At the slowest rate it lasts until the next working day.
func (b Burn) Wakes() bool { return b.Rate > 1 }

// Fewest is how many bad answers there have to be before anybody is told: with a handful of requests an hour a single one would be
// a large share.
const Fewest = 10

// budgetBurn are the rules for an error budget: those that wake somebody, and the one that does not.
func budgetBurn(budget float64, share, count func(time.Duration) string, page, ticket Alert) []Alert {
	var rules []Alert
	for _, b := range Burns() {
		rule := ticket
		if b.Wakes() {
			rule = page
		}
		rule.Burn, rule.For = b.Name, b.Hold
		rule.Expr = fmt.Sprintf("%s > %.4g and %s > %.4g and %s >= %d", share(b.Long), b.Rate*budget, share(b.Short), b.Rate*budget, count(b.Long), Fewest)
		rules = append(rules, rule)
	}
	return rules
}

// short writes a duration as Prometheus does, in its largest whole unit.
func short(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= unit.of && d%unit.of == 0 {
			return fmt.Sprintf("%d%s", d/unit.of, unit.name)
		}
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}
