package promqltest_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/observability/promqltest"
)

func TestProblems(t *testing.T) {
	for name, test := range map[string]struct{ expr, want string }{
		"a counter":                        {`sum by (route, instance) (rate(marquee_http_requests_total{code=~"5.."}[5m]))`, ""},
		"a histogram's buckets":            {`histogram_quantile(0.9, sum by (le) (rate(marquee_run_duration_seconds_bucket[5m])))`, ""},
		"a native histogram":               {`histogram_quantile(0.9, sum(rate(marquee_run_duration_seconds[5m])))`, ""},
		"a bound that there is":            {`marquee_http_request_duration_seconds_bucket{le="0.1"}`, ""},
		"a bound that there is not":        {`marquee_http_request_duration_seconds_bucket{le="0.2"}`, "le of"},
		"a whole bound":                    {`marquee_http_request_duration_seconds_bucket{le="1.0"}`, ""},
		"what is no PromQL":                {`sum(`, "unexpected token"},
		"a name that there is not":         {`marquee_nothing_total`, "there is no metric marquee_nothing_total"},
		"buckets of a counter":             {`marquee_http_requests_total_bucket`, "there is no metric"},
		"a label that there is not":        {`marquee_http_requests_total{status="200"}`, "has no label status"},
		"a bound of a sum":                 {`marquee_run_duration_seconds_sum{le="1.0"}`, "has no label le"},
		"a value that there is not":        {`marquee_answers_total{served="fresh"}`, `served of marquee_answers_total is never "fresh"`},
		"one value of two that is not":     {`marquee_answers_total{served=~"stale|fresh"}`, `never "fresh"`},
		"a pattern that matches":           {`marquee_answers_total{served=~"s.+"}`, ""},
		"a value of an open set":           {`marquee_feed_events{provider="nobody"}`, ""},
		"by a label that there is not":     {`sum by (route) (marquee_answers_total)`, "by (route)"},
		"on a label that one side has not": {`marquee_answers_total * on (served) marquee_role`, "on (served)"},
		"on a label that both have":        {`marquee_feed_events / on (instance, provider) marquee_feed_interval_seconds`, ""},
		"a label from the other side":      {`up * on (instance) group_left (version) marquee_build_info`, ""},
		"a label from nowhere":             {`up * on (instance) group_left (colour) marquee_build_info`, "group_left (colour)"},
		"a selector without a name":        {`{provider="one"}`, "without a name"},
		"a rule that is told of":           {`marquee:age:seconds{provider="one"}`, ""},
		"its label that is not told of":    {`marquee:age:seconds{route="one"}`, "has no label route"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := strings.Join(promqltest.Problems(test.expr, "marquee:age:seconds{provider}"), "\n")
			if test.want == "" {
				assert.Empty(t, problems)
				return
			}
			assert.Contains(t, problems, test.want)
		})
	}
}

// The list of what every process has is held against a process, this one.
func TestWhatEveryProcessHas(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the metrics of the process are those of Linux")
	}
	told := map[string]bool{}
	families, err := observability.NewRegistry(observability.Build{}).Gather()
	require.NoError(t, err)
	for _, f := range families {
		told[f.GetName()] = true
		if f.GetType().String() == "SUMMARY" {
			told[f.GetName()+"_count"], told[f.GetName()+"_sum"] = true, true
		}
	}
	require.Contains(t, told, "go_goroutines")
	for _, one := range promqltest.OfEveryProcess {
		name, _, _ := strings.Cut(one, "{")
		assert.True(t, told[name], "%s is told by no process", name)
	}
}
