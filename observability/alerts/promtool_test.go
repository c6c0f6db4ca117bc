package alerts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/alerts"
	"github.com/marquee-events/marquee/observability/promqltest"
)

func TestPrometheusTakesTheRules(t *testing.T) {
	out := promqltest.Promtool(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(deployed, "rules", "marquee.yml"))
	require.Contains(t, out, "SUCCESS")
}

func TestPrometheusTakesItsConfiguration(t *testing.T) {
	out := promqltest.Promtool(t, "check", "config", "--lint=all", "--lint-fatal", filepath.Join(deployed, "prometheus.yml"))
	require.Contains(t, out, "SUCCESS")
}

// scene is a course of metrics, a value a minute (ten minutes where it lasts for hours), and who is told of what at a
// moment.
type scene struct {
	alert  string
	what   string
	series []string // "name{labels} values" in promtool's notation
	at     string
	fires  []string // the labels of each alert, without its name; none for silence
}

type (
	unitTest struct {
		RuleFiles []string `yaml:"rule_files"`
		Interval  string   `yaml:"evaluation_interval"`
		Order     []string `yaml:"group_eval_order"`
		Tests     []played `yaml:"tests"`
	}
	played struct {
		Name     string      `yaml:"name"`
		Interval string      `yaml:"interval"`
		Series   []series    `yaml:"input_series"`
		Exprs    []exprProof `yaml:"promql_expr_test"`
	}
	series struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	exprProof struct {
		Expr    string   `yaml:"expr"`
		At      string   `yaml:"eval_time"`
		Samples []sample `yaml:"exp_samples"`
	}
	sample struct {
		Labels string  `yaml:"labels"`
		Value  float64 `yaml:"value"`
	}
)

func (s scene) step() string {
	if strings.HasSuffix(s.at, "h") {
		return "10m"
	}
	return "1m"
}

func (s scene) played() played {
	p := played{Name: s.alert + ": " + s.what, Interval: s.step()}
	for _, line := range s.series {
		end := strings.LastIndex(line, "}") + 1
		if end == 0 {
			end = strings.Index(line, " ")
		}
		p.Series = append(p.Series, series{line[:end], strings.TrimSpace(line[end:])})
	}
	proof := exprProof{Expr: fmt.Sprintf(`ALERTS{alertname=%q,alertstate="firing"}`, s.alert), At: s.at, Samples: []sample{}}
	for _, labels := range s.fires {
		proof.Samples = append(proof.Samples, sample{fmt.Sprintf(`ALERTS{alertname=%q,alertstate="firing",%s}`, s.alert, labels), 1})
	}
	p.Exprs = []exprProof{proof}
	return p
}

// Each alert fires when it should and is silent when it should.
func TestAlertsFireWhenTheyShould(t *testing.T) {
	rules, err := filepath.Abs(filepath.Join(deployed, "rules", "marquee.yml"))
	require.NoError(t, err)
	tests := map[string]unitTest{}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, s := range scenes {
		test := tests[s.step()]
		// In any other order an alert would see what was recorded a step ago, which is gone where steps are long.
		test.RuleFiles, test.Interval, test.Order = []string{rules}, s.step(), []string{"marquee-recordings", "marquee-pages", "marquee-tickets", "marquee-watchdog"}
		test.Tests = append(test.Tests, s.played())
		tests[s.step()] = test
		if len(s.fires) > 0 {
			fires[s.alert] = true
		} else {
			silent[s.alert] = true
		}
	}
	for _, a := range alerts.All() {
		require.True(t, fires[a.Name], "no scene has %s fire", a.Name)
		require.True(t, silent[a.Name] || a.Severity == alerts.None, "no scene has %s silent", a.Name)
	}
	args := []string{"test", "rules"}
	for step, test := range tests {
		text, err := yaml.Marshal(test)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "every"+step+".yml")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		args = append(args, path)
	}
	require.Contains(t, promqltest.Promtool(t, args...), "SUCCESS")
}
