package reference

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/observability/alerts"
	"github.com/marquee-events/marquee/observability/dashboards"
	"github.com/marquee-events/marquee/observability/promqltest"
)

const root = "../.."

// recorded are the names that the rules record, as promqltest wants them.
func recorded() []string {
	var all []string
	for _, r := range alerts.Recordings() {
		all = append(all, r.Signature())
	}
	return all
}

func TestAlertsAskForWhatThereIs(t *testing.T) {
	for name, expr := range alerts.Expressions(alerts.Earnest) {
		t.Run(name, func(t *testing.T) { promqltest.Check(t, expr, recorded()...) })
	}
}

// An alert leads to a dashboard that there is, and sets only variables that it has.
func TestAlertsLeadToDashboards(t *testing.T) {
	variables := map[string][]string{}
	for _, d := range dashboards.All() {
		text, err := d.JSON()
		require.NoError(t, err)
		var made struct {
			Templating struct {
				List []struct{ Name string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &made))
		variables[d.UID] = []string{}
		for _, v := range made.Templating.List {
			variables[d.UID] = append(variables[d.UID], v.Name)
		}
	}
	for _, a := range alerts.All() {
		uid, query, _ := strings.Cut(a.Dashboard, "?")
		require.Contains(t, variables, uid, a.Name)
		values, err := url.ParseQuery(query)
		require.NoError(t, err, a.Name)
		for name := range values {
			variable, is := strings.CutPrefix(name, "var-")
			assert.True(t, is && slices.Contains(variables[uid], variable), "%s: %s has no %s", a.Name, uid, name)
		}
	}
}

// What people are told is a template; a field that is not there would be told as "<no value>".
func TestAlertsAreToldInWords(t *testing.T) {
	functions := template.FuncMap{}
	for _, name := range []string{"humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp"} {
		functions[name] = func(float64) string { return "0.5" }
	}
	for _, a := range alerts.All() {
		labels := map[string]string{}
		for _, name := range labelsOf(a) {
			labels[name] = "some " + name
		}
		for _, text := range []string{a.Summary, a.Detail, a.Dashboard} {
			// The first line is what Prometheus puts before each template.
			made, err := template.New(a.Name).Option("missingkey=error").Funcs(functions).Parse(`{{ $labels := .Labels }}{{ $value := .Value }}` + text)
			require.NoError(t, err, "%s: %s", a.Name, text)
			var b strings.Builder
			require.NoError(t, made.Execute(&b, map[string]any{"Labels": labels, "Value": 0.5}), "%s: %s", a.Name, text)
			assert.NotContains(t, b.String(), "{{", a.Name)
			assert.NotContains(t, b.String(), "<no value>", a.Name)
		}
		assert.NotEmpty(t, a.Summary, a.Name)
		assert.NotContains(t, a.Summary, "\n", a.Name)
		assert.Regexp(t, `\.$`, a.Detail, a.Name)
	}
}

// labelsOf are the labels that an alert may speak of: those that its query names, and those that recorded series and
// scraped targets have where nothing takes them away.
func labelsOf(a alerts.Alert) []string {
	grouped := regexp.MustCompile(`(?:by|on) \(([^)]*)\)`).FindAllStringSubmatch(a.Expr, -1)
	for _, r := range alerts.Recordings() {
		if len(grouped) == 0 && strings.HasPrefix(a.Expr, r.Name+" ") {
			return r.Labels
		}
	}
	if len(grouped) == 0 {
		if equal := regexp.MustCompile(`absent\(\w+\{(\w+)=`).FindStringSubmatch(a.Expr); equal != nil {
			return equal[1:]
		}
		if regexp.MustCompile(`(?:sum|max|min|vector)\(`).MatchString(a.Expr) {
			return nil
		}
		return []string{"job", "instance"}
	}
	var all []string
	for _, g := range grouped {
		for name := range strings.SplitSeq(g[1], ",") {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// The runbook has an entry for each alert, pages first, and no other. Each has all that is needed at night.
func TestRunbookHasEachAlert(t *testing.T) {
	parts := regexp.MustCompile(`(?m)^\*\*([A-Z][a-z ]+)\.\*\* \S`)
	section, entries := "", map[string]string{}
	text := read(t, filepath.Join(operations, "runbook.md"))
	for _, entry := range regexp.MustCompile(`(?m)^##`).Split(text, -1)[1:] {
		heading, body, _ := strings.Cut(entry, "\n")
		name, is := strings.CutPrefix(heading, "# ")
		if !is {
			section = strings.TrimSpace(heading)
			continue
		}
		entries[name] = section
		var got []string
		for _, found := range parts.FindAllStringSubmatch(body, -1) {
			got = append(got, found[1])
		}
		assert.Equal(t, []string{"What users notice", "Confirm", "Mend", "Call"}, got, "parts of the entry %s", name)
		confirm, _, _ := strings.Cut(body, "**Mend.**")
		assert.Contains(t, confirm, "```promql\n", "%s cannot be confirmed by a query", name)
	}
	known := map[string]bool{}
	for _, a := range alerts.All() {
		known[a.Name] = true
		want := "Tickets"
		if a.Severity == alerts.Page {
			want = "Pages"
		}
		assert.Equal(t, want, entries[a.Name], "where the runbook has %s", a.Name)
		assert.Equal(t, strings.ToLower(a.Name), a.Anchor())
	}
	for name := range entries {
		assert.True(t, known[name], "the runbook has %s, which is no alert", name)
	}
	_, path, _ := strings.Cut(alerts.RunbookPage, "/main/")
	assert.FileExists(t, filepath.Join(root, path))
}

// Queries that somebody is told to paste ask for what there is.
func TestQueriesInPagesAskForWhatThereIs(t *testing.T) {
	for _, query := range queriesInPages(t) {
		promqltest.Check(t, query, recorded()...)
	}
}

func queriesInPages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, page := range pages(t, "docs/operations", ".md") {
		for _, found := range regexp.MustCompile("\n```promql\n((?s:.*?))\n```").FindAllStringSubmatch(read(t, page), -1) {
			all = append(all, strings.TrimSpace(found[1]))
		}
	}
	require.GreaterOrEqual(t, len(all), 27, "the runbook has one for each alert")
	return all
}

// roles of the database are called like metrics.
var roles = []string{"marquee_owner", "marquee_service", "marquee_reader"}

// What a page or a configuration calls a metric or a recorded series is one.
func TestNamesInPagesExist(t *testing.T) {
	known := map[string]bool{}
	for _, m := range observability.Metrics() {
		known[m.Name] = true
		if m.Type == observability.TypeHistogram {
			known[m.Name+"_bucket"], known[m.Name+"_count"], known[m.Name+"_sum"] = true, true, true
		}
	}
	for _, name := range roles {
		known[name] = true
	}
	for _, r := range alerts.Recordings() {
		known[r.Name] = true
	}
	named := regexp.MustCompile(`\bmarquee(?:_[a-z0-9_]+|:[a-z0-9_]+:[a-z0-9_]+)`)
	n := 0
	for _, page := range slices.Concat([]string{filepath.Join(root, "README.md")}, pages(t, "docs", ".md"), pages(t, "deploy", ".yml"), pages(t, "deploy", ".tmpl"), pages(t, "deploy", ".md")) {
		for _, name := range named.FindAllString(read(t, page), -1) {
			assert.True(t, known[name], "%s speaks of %s, which there is not", page, name)
			n++
		}
	}
	assert.Greater(t, n, 100, "names found")
}

// Links between pages lead to files that there are, and to headings that these have.
func TestLinksInPagesLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	n := 0
	for _, page := range slices.Concat([]string{filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")}, pages(t, "docs", ".md"), pages(t, "deploy", ".md")) {
		for _, found := range link.FindAllStringSubmatch(withoutCode(read(t, page)), -1) {
			target, err := url.Parse(found[1] + found[2])
			require.NoError(t, err, page)
			if target.Scheme != "" {
				continue
			}
			n++
			path := page
			if target.Path != "" {
				path = filepath.Join(filepath.Dir(page), target.Path)
			}
			if _, err := os.Stat(path); err != nil {
				assert.Fail(t, "a link leads nowhere", "%s leads to %s", page, target)
				continue
			}
			if target.Fragment != "" {
				assert.Contains(t, anchors(read(t, path)), target.Fragment, "%s leads to %s", page, target)
			}
		}
	}
	assert.Greater(t, n, 50, "links found")
}

var (
	fenced = regexp.MustCompile("\n```(?s:.*?)\n```")
	inline = regexp.MustCompile("`[^`\n]*`")
)

func withoutCode(text string) string {
	return inline.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
}

// anchors are the headings of a page as a link names them.
func anchors(text string) []string {
	var all []string
	for _, found := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// pages are all files below a folder of the module whose names end so.
func pages(t *testing.T, folder, ext string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ext {
			all = append(all, path)
		}
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, all, "%s below %s", ext, folder)
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
