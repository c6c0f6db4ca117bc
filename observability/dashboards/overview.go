package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/units"

// The objectives: of the answers to searches, so many do not fail, and so many are there within 100 ms.
const (
	objectiveAvailable = 0.999
	objectiveFast      = 0.99
)

// overview says whether users are fine, on one screen: no headings, nothing to scroll.
func overview() Dashboard {
	// Counted from the counters themselves: an average of hours would let a quiet one weigh as much as a busy one.
	failures := share("increase("+httpRequests+"{"+failed+"}[30d])", "increase("+httpRequests+"{"+counted+"}[30d])")
	fast := share("increase("+httpDuration+"_bucket{"+answered+`,le="0.1"}[30d])`, "increase("+httpDuration+"_count{"+answered+"}[30d])")

	return Dashboard{
		UID: UIDOverview, Title: "Overview", File: "overview.json", Annotations: annotations(), variables: []variable{byProvider},
		Description: "Are users fine? The objectives, what is asked and how fast it is answered, how old the feeds are, and which alerts fire.",
	}.place(
		section{height: 4, panels: []Panel{
			number("Searches answered, 30 days", units.PercentUnit,
				"Share of search answers without 5xx, of which 99.9% are promised; 404, 429 and 499 count on neither side.").
				query("", "1 - %s", failures).
				colors(red, step{objectiveAvailable, green}).digits(3).fill().empty("no searches").wide(5),
			number("Error budget left", units.PercentUnit,
				"How much of the month's 0.1% of failures may still be used; below zero the promise is broken, and below a quarter changes should wait.").
				query("", "1 - %s / (1 - %g)", failures, objectiveAvailable).
				colors(red, step{0, orange}, step{0.25, green}).digits(0).fill().empty("no searches"),
			number("Budget burnt in an hour", units.Short,
				"How many times faster than allowed the last hour used the error budget: at 1 it lasts for just thirty days, at 14.4 for two.").
				query("", "marquee:search_errors:ratio_rate1h / (1 - %g)", objectiveAvailable).
				colors(green, step{1, yellow}, step{6, orange}, step{14.4, red}).digits(1),
			number("Answered within 100 ms, 30 days", units.PercentUnit,
				"Share of good search answers that took at most 100 ms, of which 99% are promised.").
				query("", "%s", fast).
				colors(red, step{objectiveFast, green}).digits(2).fill().empty("no searches").wide(5),
			number("Instances up", units.Short,
				"Processes of each role that Prometheus reaches; a role that is missing is a role that nobody has.").
				query("{{role}}", "count by (role) (marquee_role == 1)").empty("none").wide(3),
			number("Dependencies", units.NoUnit,
				"Whether everything that a process needs answers all of them; one that is down for one process is shown as down.").
				query("{{dependency}}", "min by (dependency) (marquee_dependency_up)").
				colors(red, step{1, green}).say(upDown...).empty("unknown").wide(3),
		}},
		section{height: 7, panels: exploring(spans("kind=server"),
			graph("Requests by class of code", units.RequestsPerSecond,
				"A class 5xx that is not a thin line, or a sum that falls at once, is trouble of users.").
				query("{{class}}", "%s", total("class", httpDuration+"_count")).stack().painted(byClass...).
				explore(spans("kind=server && span.http.response.status_code>=500")),
			graph("Latency of searches", units.Seconds,
				"p99 above the dashed line means that the promise of 100 ms is being broken; the dots lead to traces.").
				quantiles(httpDuration, answered).colors(green, step{0.1, red}).
				explore(spans("kind=server && duration>100ms")),
			graph("Age of feeds", units.Seconds,
				"A feed that is older than its dashed limit, three of its intervals, shows users events that may be gone.").
				query("{{provider}}", `time() - max by (provider) (marquee_feed_last_concluded_timestamp_seconds{provider=~"$provider"})`).
				limit("limit of {{provider}}", `3 * max by (provider) (marquee_feed_interval_seconds{provider=~"$provider"})`).
				leading(UIDIngest, "Ingest of this provider", "provider").
				explore(spans(`name="fetch run"`)),
		)},
		section{height: 7, panels: exploring(spans("status=error"),
			graph("Events in the catalogue", units.Short,
				"Available events that fall at once, while the known ones do not, were withdrawn: see on Ingest by which run.").
				query("{{provider}} {{state}}", `max by (provider, state) (marquee_feed_events{provider=~"$provider"})`).
				leading(UIDIngest, "Ingest of this provider", "provider"),
			graph("Answers by how they came about", units.OpsPerSecond,
				"Stale answers mean that neither index nor store can be searched, although users still see something.").
				query("{{served}}", "%s", total("served", "marquee_answers_total")).stack(),
			list("Firing alerts", units.NoUnit,
				"What Prometheus holds to be wrong now; an empty list while users complain is a gap in the alerts.").
				query("", `ALERTS{alertstate="firing"}`).
				hide("Time", "Value", "__name__", "alertstate", "job").empty("none"),
		)},
	)
}

// upDown are the words for a thing that is there or not.
var upDown = []word{{"0", "down", red}, {"1", "up", green}}

// byClass are the colours of classes of status codes.
var byClass = []word{
	{value: "1xx", color: gray}, {value: "2xx", color: green}, {value: "3xx", color: blue},
	{value: "4xx", color: yellow}, {value: "5xx", color: red}, {value: "other", color: gray},
}
