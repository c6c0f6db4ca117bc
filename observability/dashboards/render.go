package dashboards

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// JSON is the dashboard as Grafana reads it from a file.
func (d Dashboard) JSON() ([]byte, error) {
	//nolint:staticcheck // the classic form is what every Grafana 12 reads from files, the one that is preferred is not
	b := dashboard.NewDashboardBuilder("Marquee: " + d.Title)
	b = b.Uid(d.UID).
		Description(d.Description).
		Tags([]string{"marquee"}).
		Timezone("browser").
		Time("now-6h", "now").
		Refresh("1m").
		Tooltip(dashboard.DashboardCursorSyncCrosshair). // one moment in all graphs is what one compares
		Editable().
		Links(d.toOthers())

	for _, v := range sourceVariables() {
		b = b.WithVariable(v)
	}
	for _, v := range d.variables {
		b = b.WithVariable(v.build())
	}
	for _, a := range d.Annotations {
		b = b.Annotation(a.build())
	}

	// Grafana tells panels apart by number, and takes them in the order of the file.
	var id uint32
	next := func() uint32 { id++; return id }
	rows := d.Rows
	for _, p := range d.Panels {
		for len(rows) > 0 && rows[0].Y < p.Y {
			b = b.WithRow(dashboard.NewRowBuilder(rows[0].Title).Id(next()).GridPos(dashboard.GridPos{W: gridWidth, H: 1, Y: rows[0].Y}))
			rows = rows[1:]
		}
		built, err := p.build(next())
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: panel %q: %w", d.UID, p.Title, err)
		}
		b = b.WithPanel(built)
	}

	built, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("build dashboard %s: %w", d.UID, err)
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode dashboard %s: %w", d.UID, err)
	}
	return append(text, '\n'), nil
}

// done is a panel that is built already, which is all that a dashboard wants of a builder.
type done dashboard.Panel

func (d done) Build() (dashboard.Panel, error) { return dashboard.Panel(d), nil }

func (p Panel) build(id uint32) (cog.Builder[dashboard.Panel], error) {
	var b cog.Builder[dashboard.Panel]
	switch p.Kind {
	case KindStat:
		b = p.buildStat(id)
	case KindTimeSeries:
		b = p.buildTimeSeries(id)
	case KindHeatmap:
		b = p.buildHeatmap(id)
	case KindTable:
		b = p.buildTable(id)
	case KindStateTimeline:
		b = p.buildTimeline(id)
	}
	built, err := b.Build()
	return done(built), err
}
