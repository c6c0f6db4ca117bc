package observe

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/observability/dashboards"
	"github.com/marquee-events/marquee/tools/panelstest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// incidentVariable is a folder for pictures of an incident, for the documentation; see make incident.
const incidentVariable = "MARQUEE_INCIDENT_PICTURES"

// tooLarge is what a picture in the repository may not be, in bytes.
const tooLarge = 220 << 10

// The database becomes slow, slower, dies, and comes back; what people on call see of it is drawn.
func TestIncident(t *testing.T) {
	folder := os.Getenv(incidentVariable)
	if folder == "" {
		t.Skip("takes three minutes and makes pictures: make incident")
	}
	require.NoError(t, os.MkdirAll(folder, 0o750))
	server.Browser(t) // better missed now than after three minutes

	// When what happened is for who tells the story.
	tell := func(what string) time.Time {
		now := time.Now()
		t.Log(now.UTC().Format("15:04:05.0"), what)
		return now
	}

	feed := newProvider(t, 400)
	database := server.StartPostgres(t)
	at, err := url.Parse(database.URL())
	require.NoError(t, err)
	way := newDetour(t, at.Host)
	at.Host = way.address
	otlp := prooftest.StartCollector(t)
	// Tickets wait for what explains them: a process looks at its dependencies every five seconds, which is long at this pace.
	o := newOnCall(t, 6*time.Second, otlp.URL())
	m := startMarquee(
		t, "api,fetch,consume", "MARQUEE_PROVIDER_URL="+feed.url, "MARQUEE_DATABASE_URL="+at.String(), "MARQUEE_FETCH_INTERVAL=15s", "MARQUEE_CACHE_TTL=5s",
		"MARQUEE_SEARCH_INDEX=store", // from memory, searches would not notice
		"OTEL_EXPORTER_OTLP_ENDPOINT="+otlp.HTTP, "OTEL_BSP_SCHEDULE_DELAY=500", "OTEL_BLRP_SCHEDULE_DELAY=500",
	)
	o.prometheus.watch(t, m.address())
	prooftest.Until(t, "the feed is in the catalogue", func() bool {
		n, err := o.prometheus.count(t.Context(), `sum(marquee_feed_events{state="available"}) > 100`)
		return err == nil && n == 1
	})
	askAll(t, m.api, 10, 80*time.Millisecond)
	tell("all is well")
	time.Sleep(55 * time.Second)
	healthy := time.Now()

	way.slow(70 * time.Millisecond)
	slow := tell("the database becomes slow: 70 ms more each way")
	o.told("SearchLatencyBurn")
	tell("people hear of SearchLatencyBurn")
	time.Sleep(4 * time.Second)
	way.slow(150 * time.Millisecond)
	tell("it becomes slower: 150 ms each way")
	time.Sleep(9 * time.Second)

	database.Kill()
	way.cut()
	way.slow(0)
	dead := tell("the database dies")
	o.told("SearchAvailabilityBurn")
	tell("people hear of SearchAvailabilityBurn")
	o.told("DependencyDown")
	tell("people hear of DependencyDown")
	for _, rule := range []string{"AnswersStale", "ChangesNotFollowed"} {
		prooftest.Until(t, rule+" fires", func() bool { return o.is(rule, "firing") })
	}
	tell("AnswersStale and ChangesNotFollowed fire")
	time.Sleep(7 * time.Second)
	worst := tell("the dashboards are looked at")
	for _, rule := range []string{"AnswersStale", "ChangesNotFollowed"} {
		assert.Zero(t, o.receivers.heard("firing", rule), "people hear of %s, which DependencyDown explains", rule)
	}

	database.Start()
	way.join()
	back := tell("the database is back")
	for _, rule := range []string{"DependencyDown", "SearchAvailabilityBurn", "SearchLatencyBurn"} {
		prooftest.Until(t, "people hear that "+rule+" is over", func() bool { return o.receivers.heard("resolved", rule) > 0 })
		tell("people hear that " + rule + " is over")
	}
	time.Sleep(max(0, time.Until(back.Add(40*time.Second))))
	after := tell("it is over")
	for _, message := range o.receivers.messages("") {
		t.Log("message", message.Arrived.UTC().Format("15:04:05.0"), title(message))
	}

	// All is drawn from what was kept, so drawing disturbs nothing.
	put := func(name string, picture []byte) {
		assert.Less(t, len(picture), tooLarge, name)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), picture, 0o600))
	}
	draw := func(name, uid string, start, end time.Time, rows ...string) {
		all := dashboards.All()
		d := all[slices.IndexFunc(all, func(d dashboards.Dashboard) bool { return d.UID == uid })]
		put(name, panelstest.Dashboard(t, d, panelstest.View{Prometheus: o.prometheus.URL(), Start: start, End: end, Rate: "2s", Rows: rows}))
	}
	const before = 50 * time.Second
	draw("overview-before.png", dashboards.UIDOverview, healthy.Add(-before), healthy)
	draw("overview-during.png", dashboards.UIDOverview, healthy.Add(-before/2), worst)
	draw("search-during.png", dashboards.UIDSearch, healthy.Add(-before/2), worst)
	draw("dependencies-during.png", dashboards.UIDDependencies, healthy.Add(-before/2), worst, "Are they there?", "Store", "Pools of connections")
	draw("overview-after.png", dashboards.UIDOverview, healthy.Add(-before/2), after)

	put("page.png", panelstest.Messages(t, firsts(o.receivers.messages(""), slow, back)...))
	put("resolved.png", panelstest.Messages(t, firsts(o.receivers.messages(""), back, after)...))

	prooftest.Until(t, "all is written down", func() bool { return time.Since(after) > 3*time.Second })
	for name, s := range map[string]struct {
		class    string
		from, to time.Time
	}{"slow": {"2xx", slow, dead}, "failed": {"5xx", dead.Add(2 * time.Second), back}} {
		example := o.example(`marquee_http_request_duration_seconds_bucket{route="/events",class="`+s.class+`"}`, s.from, s.to)
		put("trace-"+name+".png", panelstest.Trace(t, panelstest.Spans(t, otlp.Traces, example)))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "log-"+name+".json"), m.lines(t, example), 0o600))
		received, err := os.ReadFile(otlp.Logs)
		require.NoError(t, err)
		assert.Contains(t, string(received), example, "the collector has the log line of the trace")
	}
	require.Empty(t, o.receivers.wrong(), "messages")
}

// firsts are the first messages with each title that came in a time.
func firsts(all []panelstest.Message, from, to time.Time) (chosen []panelstest.Message) {
	known := map[string]bool{}
	for _, m := range all {
		if name := title(m); m.Arrived.After(from) && m.Arrived.Before(to) && !known[name] {
			known[name] = true
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// told waits until people hear of a rule.
func (o *onCall) told(name string) {
	o.t.Helper()
	prooftest.Until(o.t, "people hear of "+name, func() bool { return o.receivers.heard("firing", name) > 0 })
}

// example is the trace of the slowest request of a time that Prometheus has an example of.
func (o *onCall) example(query string, from, to time.Time) string {
	o.t.Helper()
	var data []struct {
		Exemplars []struct {
			Labels map[string]string `json:"labels"`
			Value  string            `json:"value"`
		} `json:"exemplars"`
	}
	ask := url.Values{"query": {query}, "start": {from.UTC().Format(time.RFC3339Nano)}, "end": {to.UTC().Format(time.RFC3339Nano)}}
	require.NoError(o.t, o.prometheus.get(o.t.Context(), "/api/v1/query_exemplars?"+ask.Encode(), &data))
	slowest, trace := -1.0, ""
	for _, s := range data {
		for _, e := range s.Exemplars {
			value, err := strconv.ParseFloat(e.Value, 64)
			require.NoError(o.t, err)
			if value > slowest {
				slowest, trace = value, e.Labels["trace_id"]
			}
		}
	}
	require.NotEmpty(o.t, trace, "an example of %s", query)
	return trace
}

// lines are those of the log with a trace, as JSON that people can read.
func (m *marquee) lines(t *testing.T, trace string) []byte {
	t.Helper()
	var all []byte
	for line := range strings.Lines(m.Log()) {
		if !strings.Contains(line, trace) {
			continue
		}
		var fields json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		pretty, err := json.MarshalIndent(fields, "", "  ")
		require.NoError(t, err)
		all = append(append(all, pretty...), '\n')
	}
	require.NotEmpty(t, all, "log lines of the trace %s", trace)
	return all
}
