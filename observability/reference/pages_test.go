package reference

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/observability/alerts"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

// operations is where the pages for who is on call are.
const operations = "../../docs/operations"

// generated parts stand between these lines.
const begin, end = "<!-- begin: written by `go test ./observability/reference -run Current -update` -->\n", "<!-- end -->"

func TestMetricsPageIsCurrent(t *testing.T) { hold(t, "metrics.md", metricsPage(t)) }

func TestBurnRatesAreCurrent(t *testing.T) { hold(t, "README.md", burnRates()) }

// hold has the generated part of a page say what the code says.
func hold(t *testing.T, page, want string) {
	t.Helper()
	path := filepath.Join(operations, page)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found, "%s has lost the line %q", page, begin)
	got, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has lost the line %q", page, end)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+want+end+after), 0o644))
		return
	}
	if got != want { // the difference is not shown: hundreds of long lines help nobody
		assert.Fail(t, "a page is not current", "docs/operations/%s and the code differ; the code is right: run `go test ./observability/reference -run Current -update`", page)
	}
}

// group is a heading of the metrics page, for the metrics whose names begin with one of the prefixes.
type group struct {
	title    string
	prefixes []string
}

var groups = []group{
	{"HTTP", []string{"marquee_http_", "marquee_limit_"}},
	{"Search and answers", []string{"marquee_answer", "marquee_change"}},
	{"The index in memory", []string{"marquee_index_"}},
	{"Feeds", []string{"marquee_feed_", "marquee_fetches_"}},
	{"Runs and ingest", []string{"marquee_run", "marquee_chunks_", "marquee_events_", "marquee_records_"}},
	{"Broker", []string{"marquee_messages_", "marquee_deliver", "marquee_redeliveries_", "marquee_backlog_"}},
	{"Store, pools and disk", []string{"marquee_pool_", "marquee_data_", "marquee_lease_"}},
	{"Ports", []string{"marquee_port_"}},
	{"The process", []string{"marquee_build_info", "marquee_role", "marquee_dependency_", "marquee_telemetry_"}},
}

func (g group) has(name string) bool {
	return slices.ContainsFunc(g.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func metricsPage(t *testing.T) string {
	var b strings.Builder
	for _, m := range observability.Metrics() {
		in := slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return !g.has(m.Name) })
		require.Len(t, in, 1, "%s belongs into one group of the page", m.Name)
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n\n| metric | type | unit | labels | what it says |\n|---|---|---|---|---|\n", g.title)
		for _, m := range observability.Metrics() {
			if g.has(m.Name) {
				row(&b, "`"+m.Name+"`", typeOf(m), m.Unit, labels(m.Labels), m.Help)
			}
		}
	}
	b.WriteString("\n## What is recorded\n\nQueries that alerts and dashboards share; Prometheus keeps their answers under these names, from the rules in `deploy/prometheus/rules`.\n\n" +
		"| name | labels | what it says |\n|---|---|---|\n")
	var told []string
	for _, r := range alerts.Recordings() {
		if slices.Contains(told, r.Help) {
			continue
		}
		told = append(told, r.Help)
		var names []string
		for _, same := range alerts.Recordings() {
			if same.Help == r.Help {
				names = append(names, "`"+same.Name+"`")
			}
		}
		row(&b, strings.Join(names, ", "), strings.Join(r.Labels, ", "), r.Help)
	}
	b.WriteString("\n## Spans\n\n| span | kind | what it is | attributes |\n|---|---|---|---|\n")
	told = nil
	for _, s := range observability.Spans() {
		if slices.Contains(told, s.Help) {
			continue
		}
		told = append(told, s.Help)
		var names, keys []string
		for _, same := range observability.Spans() { // there is one for each method of HTTP, and for each kind of message
			if same.Help == s.Help {
				names = append(names, "`"+same.Name+"`")
			}
		}
		for _, a := range s.Attributes {
			keys = append(keys, "`"+string(a)+"`")
		}
		row(&b, strings.Join(names, ", "), kinds(s), s.Help, strings.Join(keys, ", "))
	}
	b.WriteString("\n## Attributes of spans\n\n| attribute | what it says |\n|---|---|\n")
	for _, a := range observability.Attributes() {
		row(&b, "`"+string(a.Key)+"`", a.Help)
	}
	b.WriteString("\n")
	return b.String()
}

func row(b *strings.Builder, cells ...string) {
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

func typeOf(m observability.Metric) string {
	if m.Type != observability.TypeHistogram {
		return string(m.Type)
	}
	return fmt.Sprintf("%s, %d bounds from %s to %s", m.Type, len(m.Buckets), plain(m.Buckets[0]), plain(m.Buckets[len(m.Buckets)-1]))
}

// plain is a number without an exponent.
func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func labels(all []observability.Label) string {
	var b []string
	for _, l := range all {
		values := l.Bound
		if l.Values != nil {
			values = "`" + strings.Join(l.Values, "`, `") + "`"
		}
		b = append(b, fmt.Sprintf("**%s** (%s): %s", l.Name, l.Help, values))
	}
	return strings.Join(b, "<br>")
}

// burnRates is the table of how fast an error budget may be used up before anybody is told.
func burnRates() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| | rate | of searches fail (%.4g%% is the budget) | of searches are late (%.4g%%) | over | and still over | for | who is told |\n|---|---|---|---|---|---|---|---|\n",
		100*(1-alerts.Availability), 100*(1-alerts.Promptness))
	for _, r := range alerts.Burns() {
		severity := alerts.Ticket
		if r.Wakes() {
			severity = alerts.Page
		}
		row(&b, r.Name, fmt.Sprintf("%g", r.Rate), fmt.Sprintf("%.4g%%", 100*r.Rate*(1-alerts.Availability)), fmt.Sprintf("%.4g%%", 100*r.Rate*(1-alerts.Promptness)),
			spoken(r.Long), spoken(r.Short), spoken(r.Hold), string(severity))
	}
	fmt.Fprintf(&b, "\nA rate counts only where there were at least %d bad answers in the longer window.\n\n", alerts.Fewest)
	return b.String()
}

// spoken is a duration as people write it.
func spoken(d time.Duration) string {
	if d >= time.Hour {
		return fmt.Sprintf("%g h", d.Hours())
	}
	return fmt.Sprintf("%g min", d.Minutes())
}

// kinds are those that a span may have.
func kinds(s observability.Span) string {
	names := make([]string, len(s.Kinds))
	for i, k := range s.Kinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
