package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// annotations are the same on every dashboard: most of what goes wrong begins with one of them.
func annotations() []Annotation {
	return []Annotation{
		{
			Name:  "Starts and deployments",
			Query: Query{Expr: `1000 * process_start_time_seconds{job="marquee"} * on (job, instance) group_left (version, revision) marquee_build_info`},
			color: blue, title: "{{instance}} started", text: "version {{version}}, revision {{revision}}", timeIsValue: true,
		},
		{
			Name:  "Firing alerts",
			Query: Query{Expr: `ALERTS{alertstate="firing"}`},
			color: red, title: "{{alertname}}", text: "{{severity}} {{provider}} {{instance}}",
		},
	}
}

func (a Annotation) build() cog.Builder[dashboard.AnnotationQuery] {
	return dashboard.NewAnnotationQueryBuilder().
		Name(a.Name).Datasource(metricsSource()).Enable(true).IconColor(a.color).
		Target(prometheus.NewDataqueryBuilder().Expr(a.Query.Expr).Range().RefId("Annotation")).
		Expr(a.Query.Expr).TitleFormat(a.title).TextFormat(a.text).UseValueForTime(a.timeIsValue)
}
