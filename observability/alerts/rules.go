package alerts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// All are all alerts. Rules that differ only in how fast a budget burns share a name.
func All() []Alert { return slices.Concat(pages(), tickets(), []Alert{watchdog()}) }

// Anchor is the heading of its runbook entry as a link names it.
func (a Alert) Anchor() string { return strings.ToLower(a.Name) }

type ruleFile struct {
	Groups []ruleGroup `yaml:"groups"`
}

type ruleGroup struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval,omitempty"`
	Rules    []rule `yaml:"rules"`
}

type rule struct {
	Record      string            `yaml:"record,omitempty"`
	Alert       string            `yaml:"alert,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Expressions are all queries of the rules at the pace, by name; those of one alert that has several are numbered.
func Expressions(p Pace) map[string]string {
	all := map[string]string{}
	for _, r := range Recordings() {
		all[r.Name] = p.expr(r.expr, r.windows)
	}
	for _, a := range All() {
		all[strings.TrimSpace(a.Name+" "+a.Burn)] = p.expr(a.Expr, a.Windows)
	}
	return all
}

// Rules is the file of rules for Prometheus at the pace, in YAML.
func Rules(p Pace) ([]byte, error) {
	recorded := ruleGroup{Name: "marquee-recordings"}
	for _, r := range Recordings() {
		recorded.Rules = append(recorded.Rules, rule{Record: r.Name, Expr: p.expr(r.expr, r.windows)})
	}
	return yaml.Marshal(ruleFile{Groups: []ruleGroup{
		recorded, p.group("marquee-pages", pages()), p.group("marquee-tickets", tickets()), p.group("marquee-watchdog", []Alert{watchdog()}),
	}})
}

func (p Pace) group(name string, alerts []Alert) ruleGroup {
	g := ruleGroup{Name: name}
	for _, a := range alerts {
		g.Rules = append(g.Rules, a.rule(p))
	}
	return g
}

func (a Alert) rule(p Pace) rule {
	r := rule{
		Alert: a.Name, Expr: p.expr(a.Expr, a.Windows), Labels: map[string]string{"severity": string(a.Severity)},
		Annotations: map[string]string{"summary": a.Summary, "description": a.Detail, "dashboard": "/d/" + a.Dashboard, "runbook_url": a.Runbook()},
	}
	if hold := p.shorten(a.For); hold > 0 {
		r.For = short(hold)
	}
	if len(a.SymptomOf) > 0 {
		r.Labels["symptom_of"] = strings.Join(a.SymptomOf, ",")
	}
	if a.Burn != "" {
		r.Labels["burn"] = a.Burn
	}
	return r
}

// expr puts the windows into a query: as a range where it is one, else as a number of seconds.
func (p Pace) expr(query string, windows []time.Duration) string {
	for _, w := range windows {
		w = p.shorten(w)
		at := strings.Index(query, "%s")
		value := fmt.Sprint(w.Seconds())
		if at > 0 && query[at-1] == '[' {
			value = short(w)
		}
		query = query[:at] + value + query[at+2:]
	}
	return query
}
