package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/units"

// search says how requests are answered, and from where.
func search() Dashboard {
	const chosen = `route=~"$route",` + here
	requests := httpRequests + "{" + chosen + "}"

	return Dashboard{
		UID: UIDSearch, Title: "Search", File: "search.json", Annotations: annotations(), variables: []variable{byRoute, byInstance},
		Description: "How requests are answered: how many, how many fail, how long they take, and where the answers come from.",
	}.place(
		section{"Requests", 8, exploring(spans("kind=server"),
			graph("Requests by route", units.RequestsPerSecond,
				"Look for a route that nobody asks for any more, and for one that is asked far more than usual.").
				query("{{route}}", "%s", total("route", requests)).
				leading(UIDSearch, "Only this route", "route"),
			graph("Failed requests by route", units.PercentUnit,
				"Share of requests that ended with 5xx; 404, 429 and 499 count on neither side, and anything above 0.1% uses up the error budget.").
				query("{{route}}", "%s", shareBy("route", rate(httpRequests+"{"+chosen+`,code=~"5.."}`), rate(httpRequests+"{"+chosen+`,code!~"404|429|499"}`))).
				leading(UIDSearch, "Only this route", "route").
				explore(spans("kind=server && span.http.response.status_code>=500")),
			graph("Slow ones by route, p95", units.Seconds,
				"One request of twenty takes longer than this; a single route that rises is a matter of its own query.").
				p95("route", "{{route}}", httpDuration, chosen).
				leading(UIDSearch, "Only this route", "route"),
			graph("Requests by code", units.RequestsPerSecond,
				"503 tells of the store, 500 of a mistake in the program, 499 of users who did not want to wait.").
				query("{{code}}", "%s", total("code", requests)).stack(),
			graph("Requests in flight", units.Short,
				"A level that rises while requests do not is a queue: something behind them is slower than they come.").
				query("{{instance}}", `sum by (instance) (marquee_http_requests_in_flight{%s})`, here),
			graph("Requests over the limit", units.RequestsPerSecond,
				"Many are one client that asks too fast, or a limit that is too narrow since there are more users.").
				query("{{class}}", "%s", total("class", `marquee_limit_decisions_total{decision="refused",`+here+"}")),
		)},
		section{"Latency", 9, exploring(spans("kind=server && duration>100ms"),
			distribution("Distribution of latency", units.Seconds,
				"Two bands are two kinds of answers, such as from memory and from the store; it needs native histograms, and stays empty where Prometheus does not scrape them.").
				query("", "sum (%s)", rate(httpDuration+"{"+chosen+"}")).traced(),
			graph("Quantiles of latency", units.Seconds,
				"p99 that leaves the others behind is a rare and expensive case: follow a dot at the top to its trace.").
				quantiles(httpDuration, chosen).wide(12),
			graph("Answers over 100 ms", units.PercentUnit,
				"Share of good answers that took longer than promised; above 1% for long, the promise is broken.").
				query("{{route}}", "1 - %s", shareBy("route", rate(httpDuration+"_bucket{"+chosen+`,class=~"2xx|3xx",le="0.1"}`), rate(httpDuration+"_count{"+chosen+`,class=~"2xx|3xx"}`))).
				colors(green, step{1 - objectiveFast, red}),
			graph("Searches in the store", units.Seconds,
				"How long the store takes for what neither the index nor a cache answers; where this rises and the requests' latency does not, few ask for it.").
				quantiles(portDuration, `port="searcher",`+here).
				explore(spans(`name="searcher.search"`)),
			graph("Searches in the store by outcome", units.OpsPerSecond,
				"While an index is followed there are next to none; anything but ok is the store (unavailable) or a mistake in the program (internal).").
				query("{{outcome}}", "%s", some(total("outcome", portCalls+`{port="searcher",`+here+"}"))).stack().
				explore(spans(`name="searcher.search" && status=error`)),
		)},
		section{"Read model", 7, exploring(spans(`name="searcher.search"`),
			states("Who answers searches",
				"The store answers while the index is filled, and for good where the catalogue is too large for the memory that it may take; then new questions take longer.").
				query("{{instance}}", `sum by (instance) (marquee_index_phase{phase="following",%[1]s}) + 2 * sum by (instance) (marquee_index_phase{phase="over_budget",%[1]s})`, here).
				colors(yellow, step{1, green}, step{2, red}).say(word{"0", "store, filling", yellow}, word{"1", "memory", green}, word{"2", "store, too large", red}).empty("no index"),
			graph("How old the index may be", units.Seconds,
				"Searches are answered with what was known so long ago: moments are well, a line that rises steadily is a log that cannot be read.").
				query("{{instance}}", "max by (instance) (marquee_index_lag_seconds{%s})", here).empty("no index is followed"),
			graph("Changes not yet in the index", units.Short,
				"A number that does not come back to 0 while the log can be read is a process that cannot keep up.").
				query("{{instance}}", "max by (instance) (marquee_index_changes_behind{%s})", here).empty("no index"),
			graph("Events in the index", units.Short,
				"All processes have the same number, but for those of a moment ago; recent ones that pile up are not being brought into one piece.").
				query("{{instance}}", "max by (instance) (marquee_index_events{%s})", here).
				query("{{instance}} recent", "max by (instance) (marquee_index_recent_events{%s})", here).empty("no index"),
			graph("Memory of the index", units.BytesIEC,
				"It grows with the catalogue; at MARQUEE_SEARCH_INDEX_MEMORY the store answers searches instead.").
				query("{{instance}}", "max by (instance) (marquee_index_bytes{%s})", here).empty("no index"),
			graph("Fills in the last hour", units.Short,
				"One for each start is usual; more are another history of the catalogue, or attempts that fail.").
				query("from {{source}}: {{outcome}}", "%s", some(inAnHour("source, outcome", "marquee_index_fills_total{"+here+"}"))).empty("none"),
			graph("Wrong in the last hour", units.Short,
				"Anything but 0 is a bug or memory that fails: searches of these days were wrong for a while.").
				query("days, compared with {{how}}", "%s", inAnHour("how", "marquee_index_mismatches_total{"+here+"}")).
				query("events, compared with {{how}}", "%s", inAnHour("how", "marquee_index_wrong_events_total{"+here+"}")).empty("no index"),
			graph("Since all was compared with the store", units.Seconds,
				"It falls back to 0 with each round; one that only rises is an audit that fails, or a store that is away.").
				query("{{instance}}", "time() - max by (instance) (marquee_index_last_audited_timestamp_seconds{%s})", here).empty("not yet"),
			graph("Writes to the file in the last hour", units.Short,
				"Anything but ok costs the next start the time that it takes to fill the index from the store.").
				query("{{outcome}}", "%s", some(inAnHour("outcome", "marquee_index_file_writes_total{"+here+"}"))).empty("none"),
		)},
		section{"Answers that are kept", 8, exploring(spans(`name=~"answer_cache.*"`),
			graph("Answers by how they came about", units.OpsPerSecond,
				"Loaded ones are made anew, from memory or by the store; they should be the smaller part whenever many ask for the same.").
				query("{{served}}", "%s", total("served", "marquee_answers_total{"+here+"}")).stack(),
			graph("Stale and joined answers", units.OpsPerSecond,
				"Stale answers are given only while neither the index nor the store can be searched; many joined ones are a rush for one answer.").
				query("{{served}}", "%s", total("served", `marquee_answers_total{served=~"stale|joined",`+here+"}")),
			graph("Found in the caches", units.PercentUnit,
				"Share of looks that found an answer, current or not; a layer at 0 is a layer that is not there.").
				query("{{layer}}", "%s", shareBy("layer", rate(`marquee_answer_cache_lookups_total{outcome="hit",`+here+"}"), rate("marquee_answer_cache_lookups_total{"+here+"}"))).whole(),
			graph("Looks into the caches", units.OpsPerSecond,
				"Errors are those of Redis; they cost users nothing but the time that it takes to make the answer.").
				query("{{layer}} {{outcome}}", "%s", total("layer, outcome", "marquee_answer_cache_lookups_total{"+here+"}")),
			states("Change log followed",
				"Where it is not followed, nobody knows which answers are current, and every one is made anew.").
				query("{{instance}}", "min by (instance) (marquee_answer_changes_followed{%s})", here).
				colors(red, step{1, green}).say(word{"0", "not followed", red}, word{"1", "followed", green}),
			graph("Changes not yet read", units.Short,
				"A number that does not come back to 0 is a process that cannot keep up with the changes.").
				query("{{instance}}", "max by (instance) (marquee_answer_changes_behind{%s})", here),
		)},
	)
}
