package dashboards

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// link leads from a panel to somewhere else.
type link struct {
	title, url string
	newTab     bool
}

// What processes of Marquee sent, as long as they are called by their own name.
const (
	serviceLogs   = `{service_name="marquee"}`
	serviceTraces = `resource.service.name="marquee"`
)

// troubles are the log lines that somebody should read.
const troubles = serviceLogs + ` | detected_level=~"warn|error|fatal"`

// spans is a question to Tempo for spans of the service.
func spans(condition string) string {
	if condition == "" {
		return "{" + serviceTraces + "}"
	}
	return "{" + serviceTraces + " && " + condition + "}"
}

// explore adds the ways to the troubles and to some traces of the same time.
func (p Panel) explore(traces string) Panel {
	p.links = []link{
		{"Logs of this time", exploreURL(varLogs, map[string]any{"expr": troubles}), true},
		{"Traces of this time", exploreURL(varTraces, map[string]any{"queryType": "traceql", "query": traces, "limit": 20}), true},
	}
	return p
}

// exploring adds these ways to all panels that have none of their own.
func exploring(traces string, panels ...Panel) []Panel {
	for i, p := range panels {
		if p.links == nil {
			panels[i] = p.explore(traces)
		}
	}
	return panels
}

// leading adds a way from a series to a dashboard, which then shows what has the same value of a label.
func (p Panel) leading(uid, title, label string) Panel {
	p.dataLinks = append(p.dataLinks, link{title: title, url: dashboardURL(uid) + "?var-" + label + "=${__field.labels." + label + "}&${__url_time_range}"})
	return p
}

func dashboardURL(uid string) string { return "/d/" + uid }

// exploreURL is the address of a question in Explore, for the time that the dashboard shows. Grafana replaces variables
// in it before anybody follows it, and only where they are not escaped.
func exploreURL(source string, query map[string]any) string {
	query["refId"] = "A"
	query["datasource"] = map[string]string{"type": source, "uid": "${" + source + "}"}
	panes, err := json.Marshal(map[string]any{"marquee": map[string]any{
		"datasource": "${" + source + "}",
		"queries":    []any{query},
		"range":      map[string]string{"from": "${__from}", "to": "${__to}"},
	}})
	if err != nil {
		panic("dashboards: " + err.Error()) // there is nothing in it but text and numbers
	}
	escaped := strings.ReplaceAll(url.QueryEscape(string(panes)), "+", "%20")
	for _, v := range []string{source, "__from", "__to"} {
		escaped = strings.ReplaceAll(escaped, url.QueryEscape("${"+v+"}"), "${"+v+"}")
	}
	return "/explore?schemaVersion=1&orgId=1&panes=" + escaped
}

// toOthers are the links to the other dashboards, which then show the same time and the same choice.
func (d Dashboard) toOthers() []cog.Builder[dashboard.DashboardLink] {
	var all []cog.Builder[dashboard.DashboardLink]
	for _, other := range titles {
		if other.uid != d.UID {
			all = append(all, inSight{dashboard.NewDashboardLinkBuilder(other.title).
				Type(dashboard.DashboardLinkTypeLink).Icon("dashboard").Url(dashboardURL(other.uid)).
				KeepTime(true).IncludeVars(true)})
		}
	}
	return all
}

// titles are what the dashboards are called, in the order in which they are listed.
var titles = []struct{ uid, title string }{
	{UIDOverview, "Overview"},
	{UIDSearch, "Search"},
	{UIDIngest, "Ingest"},
	{UIDDependencies, "Dependencies"},
	{UIDRuntime, "Runtime"},
}

func buildLinks(links []link) []cog.Builder[dashboard.DashboardLink] {
	var all []cog.Builder[dashboard.DashboardLink]
	for _, l := range links {
		all = append(all, inSight{dashboard.NewDashboardLinkBuilder(l.title).Type(dashboard.DashboardLinkTypeLink).Url(l.url).TargetBlank(l.newTab)})
	}
	return all
}

// inSight is a link that is seen. The library puts links into a menu unless told otherwise, and has no word to tell it.
type inSight struct {
	cog.Builder[dashboard.DashboardLink]
}

func (s inSight) Build() (dashboard.DashboardLink, error) {
	built, err := s.Builder.Build()
	built.Placement = nil
	return built, err
}
