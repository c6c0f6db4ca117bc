package postgres_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/huandu/go-sqlbuilder"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/internal/criteria"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// crowd is a catalogue of some years, as large as is needed for the planner to care.
const crowd = `INSERT INTO events (id, provider, base_id, event_id, title, title_fold, organizer, sell_mode, start_at, start_offset, end_at, end_offset, time_zone,
	sold_out, min_price, max_price, capacity, currency, category, city, venue, url, image, first_seen, available, revision, fingerprint)
	SELECT gen_random_uuid(), 'default', n::text, n::text, 'An evening with ' || md5(n::text), 'an evening with ' || md5(n::text), '1', 'online',
	1800000000 + (n * 7919::bigint) % 94608000, 7200, 1800000000 + (n * 7919::bigint) % 94608000 + 7200, 7200, 'Europe/Madrid',
	FALSE, n % 100 * 10000, n % 100 * 20000, 100, 'EUR', '', '', '', '', '', 1700000000000, TRUE, 1, '\x00'
	FROM generate_series(1, 60000) AS n`

// plan is a node of what EXPLAIN says.
type plan struct {
	Node  string `json:"Node Type"`
	Index string `json:"Index Name"`
	Plans []plan
}

func (p plan) all() []plan {
	nodes := []plan{p}
	for _, below := range p.Plans {
		nodes = append(nodes, below.all()...)
	}
	return nodes
}

// Every criterion has an index that finds it, and every order one that has it already. `go test -v` shows the plans.
func TestPlans(t *testing.T) {
	url := database(t)
	execute(t, url, crowd)
	execute(t, url, "VACUUM ANALYZE events")
	conn := connect(t, url)

	day := func(n int) time.Time { return time.Unix(1800000000, 0).AddDate(0, 0, n) }
	within := func(from, to int) event.TimeRange {
		return event.TimeRange{From: event.NotBefore(day(from)), To: event.NotAfter(day(to))}
	}
	search := func(q catalogue.Query) string {
		q.Limit = 20
		return interpolated(criteria.Page(sqlbuilder.PostgreSQL, q, criteria.FromStart(q), "*"))
	}
	last := func(by catalogue.SortBy) string {
		q := catalogue.Query{Order: catalogue.Order{By: by}, Offset: 59_980, Limit: 20}
		return interpolated(criteria.Page(sqlbuilder.PostgreSQL, q, criteria.Nearer(q, 60_000), "*"))
	}
	page := func(r event.TimeRange) string { return search(catalogue.Query{Criteria: catalogue.Criteria{Range: r}}) }
	ordered := func(by catalogue.SortBy, desc bool, after *catalogue.Position) string {
		return search(catalogue.Query{Order: catalogue.Order{By: by, Desc: desc}, After: after})
	}
	middle := catalogue.Position{Number: 1850000000, Text: "an evening with 8", ID: event.ID{8}}
	total := func(r event.TimeRange) string {
		return interpolated(criteria.Total(sqlbuilder.PostgreSQL, catalogue.Query{Criteria: catalogue.Criteria{Range: r}, Limit: 1}))
	}
	starting := func(r event.TimeRange) string {
		return interpolated(criteria.Starting(sqlbuilder.PostgreSQL, r, "*"))
	}
	for _, tt := range []struct {
		name, query, index string
		sorted             bool // what the index has in part may be sorted in part
	}{
		{"a day", page(within(500, 501)), "events_by_start", false},
		{"a month", page(within(500, 530)), "events_by_start", false},
		{"everything from now on", page(event.TimeRange{From: event.NotBefore(day(10))}), "events_by_start", false},
		{"everything until now", page(event.TimeRange{To: event.NotAfter(day(900))}), "events_by_start", false},
		{"everything", page(event.TimeRange{}), "events_by_start", false},
		{"how many in a day", total(within(500, 501)), "events_by_start", false},
		{"how many in a month", total(within(500, 530)), "events_by_start", false},
		{"what starts on a day", starting(within(500, 501)), "events_by_start", false},
		{"the latest first", ordered(catalogue.ByStart, true, nil), "events_by_start", false},
		{"behind an event, by the start", ordered(catalogue.ByStart, false, &middle), "events_by_start", false},
		{"by the end", ordered(catalogue.ByEnd, false, nil), "events_by_end", false},
		{"behind an event, by the end, the latest first", ordered(catalogue.ByEnd, true, &middle), "events_by_end", false},
		{"by the title", ordered(catalogue.ByTitle, false, nil), "events_by_title", true},
		{"behind an event, by the title", ordered(catalogue.ByTitle, false, &middle), "events_by_title", true},
		{"the last page", last(catalogue.ByStart), "events_by_start", false},
		{"the last page, by the title", last(catalogue.ByTitle), "events_by_title", true},
		{"a word anywhere in the title", search(catalogue.Query{Criteria: catalogue.Criteria{Words: []string{"abcdef"}}}), "events_by_words", true},
		{"an event", "SELECT * FROM events WHERE id = '26601705-2514-5283-be40-b97bebd51251'", "events_pkey", false},
		{"what a run may have lost", "SELECT id, available FROM events WHERE provider = 'nobody'", "events_by_provider", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var raw []byte
			require.NoError(t, conn.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+tt.query).Scan(&raw))
			var explained []struct {
				Plan plan
				Took float64 `json:"Execution Time"`
			}
			require.NoError(t, json.Unmarshal(raw, &explained))
			var steps []string
			used := false
			for _, node := range explained[0].Plan.all() {
				steps = append(steps, strings.TrimSpace(node.Node+" "+node.Index))
				used = used || node.Index == tt.index
				assert.NotEqual(t, "Seq Scan", node.Node)
				if !tt.sorted {
					assert.NotContains(t, node.Node, "Sort")
				}
			}
			t.Logf("%s: %.2f ms", strings.Join(steps, " < "), explained[0].Took)
			assert.True(t, used, "%s does not use %s", tt.query, tt.index)
		})
	}
}

// interpolated has the values in place of the placeholders: EXPLAIN takes no parameters.
func interpolated(query string, args []any) string {
	return regexp.MustCompile(`\$\d+`).ReplaceAllStringFunc(query, func(placeholder string) string {
		var n int
		_, _ = fmt.Sscanf(placeholder, "$%d", &n)
		switch v := args[n-1].(type) {
		case string:
			return "'" + strings.ReplaceAll(v, "'", "''") + "'"
		case []byte:
			return fmt.Sprintf("'%x'", v)
		default:
			return fmt.Sprint(v)
		}
	})
}
