// Package promqltest holds PromQL against the metrics that there are: a panel or an alert that asks for a name which was
// changed is not an error to Prometheus, it is only silent.
package promqltest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/marquee-events/marquee/observability"
)

// Check fails the test unless expr is PromQL whose metrics and labels all exist: those of observability.Metrics, of the Go
// runtime and of Prometheus itself, and the extra ones. An extra one is a name with its labels in braces, such as
// "marquee:feed_age:seconds{provider}"; job and instance are added by every scrape and need not be said.
func Check(t testing.TB, expr string, extra ...string) {
	t.Helper()
	for _, problem := range Problems(expr, extra...) {
		t.Errorf("%s\n\tin %s", problem, expr)
	}
}

// Problems are what Check complains of.
func Problems(expr string, extra ...string) []string {
	parsed, err := metricsql.Parse(expr)
	if err != nil {
		return []string{err.Error()}
	}
	c := checker{known: known(extra)}
	metricsql.VisitAll(parsed, c.visit)
	return c.problems
}

// series is what is known of a name.
type series map[string][]string // the values of each label; nil where the set is open

type checker struct {
	known    map[string]series
	problems []string
}

func (c *checker) complain(format string, args ...any) {
	if problem := fmt.Sprintf(format, args...); !slices.Contains(c.problems, problem) {
		c.problems = append(c.problems, problem)
	}
}

func (c *checker) visit(e metricsql.Expr) {
	switch e := e.(type) {
	case *metricsql.MetricExpr:
		c.selector(e)
	case *metricsql.AggrFuncExpr:
		c.grouping(e.Modifier, e)
	case *metricsql.BinaryOpExpr:
		for _, side := range []metricsql.Expr{e.Left, e.Right} {
			c.grouping(e.GroupModifier, side)
		}
		c.grouping(e.JoinModifier, e)
	}
}

// selector looks at a name and at what its braces say.
func (c *checker) selector(e *metricsql.MetricExpr) {
	for _, filters := range e.LabelFilterss {
		name := nameOf(filters)
		labels, ok := c.known[name]
		switch {
		case name == "":
			c.complain("a selector without a name")
			continue
		case !ok:
			c.complain("there is no metric %s", name)
			continue
		}
		for _, f := range filters {
			if f.Label == "__name__" {
				continue
			}
			values, ok := labels[f.Label]
			if !ok {
				c.complain("%s has no label %s", name, f.Label)
				continue
			}
			for _, value := range wanted(f) {
				if values != nil && !matchesOne(value, values) {
					c.complain("%s of %s is never %q, only %s", f.Label, name, value, strings.Join(values, ", "))
				}
			}
		}
	}
}

// grouping looks at the labels of by, without, on, ignoring, group_left and group_right: some series in e must have each.
func (c *checker) grouping(m metricsql.ModifierExpr, e metricsql.Expr) {
	for _, label := range m.Args {
		var names []string
		found := false
		metricsql.VisitAll(e, func(inner metricsql.Expr) {
			selector, ok := inner.(*metricsql.MetricExpr)
			if !ok {
				return
			}
			for _, filters := range selector.LabelFilterss {
				labels, ok := c.known[nameOf(filters)]
				if _, has := labels[label]; has || !ok { // what is not known is complained of elsewhere
					found = true
				}
				names = append(names, nameOf(filters))
			}
		})
		if !found {
			c.complain("%s (%s): no label of %s", m.Op, label, strings.Join(names, ", "))
		}
	}
}

func nameOf(filters []metricsql.LabelFilter) string {
	for _, f := range filters {
		if f.Label == "__name__" && !f.IsRegexp && !f.IsNegative {
			return f.Value
		}
	}
	return ""
}

// wanted are the values that a filter is about. A pattern is taken apart where it is a plain list of alternatives.
func wanted(f metricsql.LabelFilter) []string {
	switch {
	case !f.IsRegexp && f.Value == "":
		return nil // asks for series without the label
	case !f.IsRegexp:
		return []string{regexp.QuoteMeta(f.Value)}
	case strings.ContainsAny(f.Value, "()[]"):
		return []string{f.Value}
	}
	return strings.Split(f.Value, "|")
}

func matchesOne(pattern string, values []string) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && slices.ContainsFunc(values, re.MatchString)
}

// known are all names that Prometheus has after it has scraped Marquee, and the extra ones.
func known(extra []string) map[string]series {
	all := map[string]series{}
	add := func(name string, labels series) {
		withScrape := series{"job": nil, "instance": nil}
		maps.Copy(withScrape, labels)
		all[name] = withScrape
	}
	for _, m := range observability.Metrics() {
		labels := series{}
		for _, l := range m.Labels {
			labels[l.Name] = l.Values
		}
		add(m.Name, labels) // of a histogram: the native one
		if m.Type == observability.TypeHistogram {
			add(m.Name+"_sum", labels)
			add(m.Name+"_count", labels)
			buckets := series{"le": bounds(m.Buckets)}
			maps.Copy(buckets, labels)
			add(m.Name+"_bucket", buckets)
		}
	}
	for _, one := range slices.Concat(ofEveryProcess, ofPrometheus, extra) {
		name, rest, _ := strings.Cut(one, "{")
		labels := series{}
		for label := range strings.SplitSeq(strings.TrimSuffix(rest, "}"), ",") {
			if label = strings.TrimSpace(label); label != "" {
				labels[label] = nil
			}
		}
		add(name, labels)
	}
	return all
}

// bounds are the values of le, as Prometheus writes them.
func bounds(buckets []float64) []string {
	values := []string{"+Inf"}
	for _, b := range buckets {
		value := fmt.Sprintf("%g", b)
		if !strings.ContainsAny(value, ".e") {
			value += ".0"
		}
		values = append(values, value)
	}
	return values
}

// ofEveryProcess are the metrics of the Go runtime and the process that may be used: those that panels and alerts have a
// use for. A test holds them against what a process really tells.
var ofEveryProcess = []string{
	"go_gc_duration_seconds{quantile}", "go_gc_duration_seconds_count", "go_gc_duration_seconds_sum", "go_gc_gomemlimit_bytes", "go_goroutines",
	"go_memstats_alloc_bytes_total", "go_memstats_heap_inuse_bytes", "go_sched_gomaxprocs_threads", "go_threads",
	"process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds",
}

// ofPrometheus are the series that Prometheus makes by itself. An alert has the labels of what it asks about as well; these
// are those that may be relied on.
var ofPrometheus = []string{
	"up", "scrape_duration_seconds", "scrape_samples_scraped",
	"alertmanager_notifications_failed_total{integration,reason}", // of who is watched beside Marquee
	"ALERTS{alertname,alertstate,severity}", "ALERTS_FOR_STATE{alertname,severity}",
}
