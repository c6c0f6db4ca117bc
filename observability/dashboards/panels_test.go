package dashboards_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/observability/dashboards"
	"github.com/marquee-events/marquee/observability/promqltest"
)

// rules are the series that the rules of deploy/prometheus record, as far as they may be used here.
var rules = func() []string {
	all := []string{"marquee:feed_age:seconds{provider}"}
	for _, over := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
		all = append(all, "marquee:search_errors:ratio_rate"+over, "marquee:search_slow:ratio_rate"+over)
	}
	return all
}()

func eachDashboard(t *testing.T, f func(*testing.T, dashboards.Dashboard)) {
	t.Helper()
	for _, d := range dashboards.All() {
		t.Run(d.UID, func(t *testing.T) { f(t, d) })
	}
}

func TestQueriesAskForWhatThereIs(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		for _, q := range d.Queries() {
			promqltest.Check(t, q.Runnable(""), rules...)
		}
		for _, a := range d.Annotations {
			promqltest.Check(t, a.Query.Runnable(""), rules...)
		}
	})
}

// A legend that names a label which the query does not keep shows an empty place.
func TestLegendsNameLabelsOfTheQuery(t *testing.T) {
	label := regexp.MustCompile(`\{\{(\w+)\}\}`)
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		for _, q := range d.Queries() {
			for _, found := range label.FindAllStringSubmatch(q.Legend, -1) {
				grouped := regexp.MustCompile(`by \([^)]*\b` + found[1] + `\b`).MatchString(q.Expr)
				assert.True(t, grouped || !strings.Contains(q.Expr, " by ("), "%s: %s does not keep %s", q.Panel, q.Expr, found[1])
			}
		}
	})
}

func TestRunnable(t *testing.T) {
	q := dashboards.Query{Expr: `rate(x{provider=~"$provider",route=~"$route",instance=~"$instance"}[$__rate_interval])`}
	assert.Equal(t, `rate(x{provider=~".+",route=~".+",instance=~".+"}[1m])`, q.Runnable(""))
	assert.Equal(t, `rate(x{provider=~".+",route=~".+",instance=~".+"}[30s])`, q.Runnable("30s"))
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		for _, q := range d.Queries() {
			assert.NotContains(t, q.Runnable(""), "$", q.Panel)
		}
	})
}

func TestPanelsSayWhatTheyAreFor(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		seen := map[string]bool{}
		for _, p := range d.Panels {
			assert.False(t, seen[p.Title], "two panels are called %q", p.Title)
			seen[p.Title] = true
			assert.NotEmpty(t, p.Title)
			assert.NotEmpty(t, p.Unit, p.Title)
			assert.NotEmpty(t, p.Queries, p.Title)
			assert.Regexp(t, `^\S.{30,}\.$`, p.Description, p.Title)
			assert.NotContains(t, p.Description, ". ", "%s: one sentence is read, two are not", p.Title)
			for _, q := range p.Queries {
				assert.Equal(t, p.Title, q.Panel)
			}
		}
	})
}

// A panel of durations leads to examples.
func TestLatencyHasExemplars(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		for _, p := range d.Panels {
			latency := slices.ContainsFunc(p.Queries, func(q dashboards.Query) bool { return strings.Contains(q.Expr, "histogram_quantile") }) || p.Kind == dashboards.KindHeatmap
			traced := slices.ContainsFunc(p.Queries, func(q dashboards.Query) bool { return q.Exemplars })
			assert.Equal(t, latency, traced, p.Title)
		}
	})
}

func TestPanelsDoNotOverlap(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		taken := map[[2]uint32]string{}
		for _, r := range d.Rows {
			for x := range uint32(24) {
				taken[[2]uint32{x, r.Y}] = r.Title
			}
		}
		for _, p := range d.Panels {
			assert.LessOrEqual(t, p.X+p.W, uint32(24), p.Title)
			assert.Positive(t, p.W*p.H, p.Title)
			for x := p.X; x < p.X+p.W; x++ {
				for y := p.Y; y < p.Y+p.H; y++ {
					require.Empty(t, taken[[2]uint32{x, y}], "%s lies over it", p.Title)
					taken[[2]uint32{x, y}] = p.Title
				}
			}
		}
	})
}

func TestTheOverviewIsOneScreen(t *testing.T) {
	d := dashboards.All()[0]
	require.Equal(t, dashboards.UIDOverview, d.UID)
	for _, p := range d.Panels {
		assert.LessOrEqual(t, p.Y+p.H, uint32(22), p.Title)
	}
}

// Links in what Grafana gets lead to dashboards that there are, and each dashboard leads to all others.
func TestLinksLeadSomewhere(t *testing.T) {
	var uids []string
	for _, d := range dashboards.All() {
		uids = append(uids, d.UID)
	}
	link := regexp.MustCompile(`/d/([a-z-]+)`)
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		text, err := d.JSON()
		require.NoError(t, err)
		for _, found := range link.FindAllSubmatch(text, -1) {
			assert.Contains(t, uids, string(found[1]))
		}

		var built struct {
			UID   string
			Links []struct {
				URL                   string
				KeepTime, IncludeVars bool
			}
		}
		require.NoError(t, json.Unmarshal(text, &built))
		assert.Equal(t, d.UID, built.UID)
		var others []string
		for _, l := range built.Links {
			others = append(others, strings.TrimPrefix(l.URL, "/d/"))
			assert.True(t, l.KeepTime && l.IncludeVars, l.URL)
		}
		others = append(others, d.UID)
		assert.ElementsMatch(t, uids, others)
	})
}

// What Grafana gets has every panel and heading, in their places, and nothing twice.
func TestJSONHasAllPanels(t *testing.T) {
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		text, err := d.JSON()
		require.NoError(t, err)
		var built struct {
			Panels []struct {
				ID      int
				Type    string
				Title   string
				GridPos struct{ X, Y, W, H uint32 }
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &built))
		require.Len(t, built.Panels, len(d.Panels)+len(d.Rows))
		ids := map[int]bool{}
		panels := slices.Clone(d.Panels)
		for _, b := range built.Panels {
			assert.False(t, ids[b.ID], "%s: number %d is taken", b.Title, b.ID)
			ids[b.ID] = true
			if b.Type == "row" {
				assert.Contains(t, d.Rows, dashboards.Row{Title: b.Title, Y: b.GridPos.Y})
				continue
			}
			p := panels[0]
			panels = panels[1:]
			assert.Equal(t, p.Title, b.Title)
			assert.Equal(t, string(p.Kind), b.Type, p.Title)
			assert.Equal(t, [4]uint32{p.X, p.Y, p.W, p.H}, [4]uint32{b.GridPos.X, b.GridPos.Y, b.GridPos.W, b.GridPos.H}, p.Title)
			assert.Len(t, b.Targets, len(p.Queries), p.Title)
		}
	})
}

// A variable that is used is one that the dashboard has.
func TestVariablesAreThere(t *testing.T) {
	used := regexp.MustCompile(`\$(\w+)`)
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		text, err := d.JSON()
		require.NoError(t, err)
		var built struct {
			Templating struct {
				List []struct{ Name, Definition string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &built))
		names := []string{"__rate_interval"}
		values := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`)
		for _, v := range built.Templating.List {
			names = append(names, v.Name)
			if v.Definition != "" {
				parts := values.FindStringSubmatch(v.Definition)
				require.NotNil(t, parts, v.Definition)
				promqltest.Check(t, parts[1]+"{"+parts[2]+`!=""}`)
			}
		}
		for _, q := range d.Queries() {
			for _, found := range used.FindAllStringSubmatch(q.Expr, -1) {
				assert.Contains(t, names, found[1], q.Panel)
			}
		}
		for _, name := range []string{"prometheus", "loki", "tempo"} {
			assert.Contains(t, names, name)
		}
	})
}

// Traces that a link asks for are those of spans that there are.
func TestLinksAskForSpansThatThereAre(t *testing.T) {
	name := regexp.MustCompile(`name(=~?)"([^"]+)"`)
	found := 0
	eachDashboard(t, func(t *testing.T, d dashboards.Dashboard) {
		text, err := d.JSON()
		require.NoError(t, err)
		var built struct {
			Panels []struct {
				Title string
				Links []struct{ URL string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &built))
		for _, p := range built.Panels {
			for _, l := range p.Links {
				address, err := url.Parse(l.URL)
				require.NoError(t, err, p.Title)
				var panes map[string]struct {
					Queries []struct{ Query, Expr string }
				}
				require.NoError(t, json.Unmarshal([]byte(address.Query().Get("panes")), &panes), p.Title)
				question := panes["marquee"].Queries[0]
				assert.NotEmpty(t, question.Query+question.Expr, p.Title)
				for _, asked := range name.FindAllStringSubmatch(strings.ReplaceAll(question.Query, serviceName, ""), -1) {
					pattern := asked[2]
					if asked[1] == "=" {
						pattern = regexp.QuoteMeta(pattern)
					}
					known := slices.ContainsFunc(observability.Spans(), func(s observability.Span) bool {
						return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(s.Name)
					})
					assert.True(t, known, "%s: no span is called %s", p.Title, asked[2])
					found++
				}
			}
		}
	})
	assert.Positive(t, found)
}

// serviceName is what finds spans of the service, and is no span's name.
const serviceName = `resource.service.name="marquee"`
