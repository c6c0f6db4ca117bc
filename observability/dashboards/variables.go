package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// The variables that choose where data comes from. The values are those of deploy/grafana/provisioning; elsewhere
// Grafana takes its first data source of the kind.
const (
	varMetrics = "prometheus"
	varLogs    = "loki"
	varTraces  = "tempo"
)

// The variables that choose what of it is shown.
const (
	varProvider = "provider"
	varInstance = "instance"
	varRoute    = "route"
)

// allValues is what a variable is where everything is chosen.
const allValues = ".+"

// variable is one whose values are those of a label.
type variable struct {
	name, label string
	series      string // that has the label
}

var (
	byProvider = variable{varProvider, "Provider", "marquee_feed_interval_seconds"}
	byInstance = variable{varInstance, "Instance", "marquee_build_info"}
	byRoute    = variable{varRoute, "Route", httpRequests}
)

// values is the question for a variable's values, in Grafana's own language.
func (v variable) values() string { return "label_values(" + v.series + ", " + v.name + ")" }

func (v variable) build() cog.Builder[dashboard.VariableModel] {
	return dashboard.NewQueryVariableBuilder(v.name).
		Label(v.label).
		Datasource(metricsSource()).
		Query(dashboard.StringOrMap{String: new(v.values())}).
		Definition(v.values()).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortNaturalAsc).
		Multi(true).
		IncludeAll(true).
		AllValue(allValues).
		Current(option("All", "$__all"))
}

func sourceVariables() []cog.Builder[dashboard.VariableModel] {
	var all []cog.Builder[dashboard.VariableModel]
	for _, v := range []struct{ name, label string }{{varMetrics, "Metrics"}, {varLogs, "Logs"}, {varTraces, "Traces"}} {
		all = append(all, dashboard.NewDatasourceVariableBuilder(v.name).Label(v.label).Type(v.name).Current(option(v.name, v.name)))
	}
	return all
}

func option(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Selected: new(true),
		Text:     dashboard.StringOrArrayOfString{String: &text},
		Value:    dashboard.StringOrArrayOfString{String: &value},
	}
}

func metricsSource() common.DataSourceRef {
	return common.DataSourceRef{Type: new("prometheus"), Uid: new("${" + varMetrics + "}")}
}
