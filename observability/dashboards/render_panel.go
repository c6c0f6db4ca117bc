package dashboards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// anyPanel is what the builders of all kinds of panels have in common; they have no type for it.
type anyPanel[B any] interface {
	cog.Builder[dashboard.Panel]
	Id(uint32) B
	Title(string) B
	Description(string) B
	Datasource(common.DataSourceRef) B
	GridPos(dashboard.GridPos) B
	Links([]cog.Builder[dashboard.DashboardLink]) B
	DataLinks([]cog.Builder[dashboard.DashboardLink]) B
	Unit(string) B
	Decimals(float64) B
	Min(float64) B
	Max(float64) B
	NoValue(string) B
	Mappings([]dashboard.ValueMapping) B
	Thresholds(cog.Builder[dashboard.ThresholdsConfig]) B
	WithTarget(cog.Builder[variants.Dataquery]) B
}

// shared sets what panels of every kind have.
func shared[B anyPanel[B]](b B, p Panel, id uint32, format prometheus.PromQueryFormat) B {
	b = b.Id(id).Title(p.Title).Description(p.Description).Unit(p.Unit).Datasource(metricsSource()).
		GridPos(dashboard.GridPos{X: p.X, Y: p.Y, W: p.W, H: p.H}).
		Links(buildLinks(p.links))
	for i, q := range p.Queries {
		b = b.WithTarget(q.build(reference(i), format))
	}
	if len(p.dataLinks) > 0 {
		b = b.DataLinks(buildLinks(p.dataLinks))
	}
	if p.decimals != nil {
		b = b.Decimals(*p.decimals)
	}
	if p.least != nil {
		b = b.Min(*p.least)
	}
	if p.most != nil {
		b = b.Max(*p.most)
	}
	if p.noValue != "" {
		b = b.NoValue(p.noValue)
	}
	if len(p.words) > 0 {
		b = b.Mappings(mappings(p.words))
	}
	if len(p.steps) > 0 {
		b = b.Thresholds(thresholds(p.steps))
	}
	return b
}

// reference is what Grafana calls a query of a panel.
func reference(i int) string { return "ABCDEFGHIJ"[i : i+1] }

func (q Query) build(ref string, format prometheus.PromQueryFormat) cog.Builder[variants.Dataquery] {
	b := prometheus.NewDataqueryBuilder().RefId(ref).Datasource(metricsSource()).EditorMode(prometheus.QueryEditorModeCode).
		Expr(q.Expr).LegendFormat(q.Legend).Exemplar(q.Exemplars).Format(format)
	if q.Instant {
		return b.Instant()
	}
	return b.Range()
}

func thresholds(steps []step) cog.Builder[dashboard.ThresholdsConfig] {
	var all []dashboard.Threshold
	for i, s := range steps {
		t := dashboard.Threshold{Color: s.color}
		if i > 0 { // the first has no beginning
			t.Value = new(s.from)
		}
		all = append(all, t)
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(all)
}

func mappings(words []word) []dashboard.ValueMapping {
	options := map[string]dashboard.ValueMappingResult{}
	for i, w := range words {
		options[w.value] = dashboard.ValueMappingResult{Text: new(w.text), Color: new(w.color), Index: new(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

func (p Panel) buildStat(id uint32) cog.Builder[dashboard.Panel] {
	b := shared(stat.NewPanelBuilder(), p, id, prometheus.PromQueryFormatTimeSeries).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Orientation(common.VizOrientationAuto).
		GraphMode(common.BigValueGraphModeNone).
		ColorMode(common.BigValueColorModeValue)
	if p.background {
		b = b.ColorMode(common.BigValueColorModeBackground)
	}
	return b
}

func (p Panel) buildTimeSeries(id uint32) cog.Builder[dashboard.Panel] {
	b := shared(timeseries.NewPanelBuilder(), p, id, prometheus.PromQueryFormatTimeSeries).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending).HideZeros(true)).
		ShowPoints(common.VisibilityModeNever).
		LineWidth(1).
		FillOpacity(10)
	if p.stacked {
		b = b.FillOpacity(60).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal))
	}
	for _, w := range p.paint {
		b = b.OverrideByName(w.value, []dashboard.DynamicConfigValue{{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": w.color}}})
	}
	for i, q := range p.Queries {
		if q.Limit {
			b = b.OverrideByQuery(reference(i), []dashboard.DynamicConfigValue{
				{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{8, 8}}},
				{Id: "custom.fillOpacity", Value: 0},
			})
		}
	}
	if len(p.steps) > 0 {
		b = b.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	return b
}

func (p Panel) buildHeatmap(id uint32) cog.Builder[dashboard.Panel] {
	return shared(heatmap.NewPanelBuilder(), p, id, prometheus.PromQueryFormatHeatmap).
		Calculate(false). // Prometheus has counted already
		YAxis(heatmap.NewYAxisConfigBuilder().Unit(p.Unit)).
		Color(heatmap.NewHeatmapColorOptionsBuilder().Mode(heatmap.HeatmapColorModeScheme).Scheme("Spectral").Reverse(true).
			Scale(heatmap.HeatmapColorScaleExponential).Exponent(0.5).Steps(64).Fill("dark-orange")).
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle).ShowColorScale(true))
}

func (p Panel) buildTable(id uint32) cog.Builder[dashboard.Panel] {
	exclude := map[string]bool{}
	for _, column := range p.hidden {
		exclude[column] = true
	}
	return shared(table.NewPanelBuilder(), p, id, prometheus.PromQueryFormatTable).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{"excludeByName": exclude}})
}

func (p Panel) buildTimeline(id uint32) cog.Builder[dashboard.Panel] {
	return shared(statetimeline.NewPanelBuilder(), p, id, prometheus.PromQueryFormatTimeSeries).
		MergeValues(true).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeSingle).Sort(common.SortOrderNone)).
		ShowValue(common.VisibilityModeAuto).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(false).DisplayMode(common.LegendDisplayModeHidden).Placement(common.LegendPlacementBottom)).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds))
}
