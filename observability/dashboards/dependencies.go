package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/units"

// The ports that lead to each dependency. Redis has none of its own: what keeps answers is a port with two layers.
const (
	storePorts    = "searcher|event_reader|change_reader|snapshotter|ingester|runs|parking|rejection_reader|feed_reader|leases"
	brokerPorts   = "publisher|intake|backlog"
	providerPorts = "feed"

	redisLooks = `marquee_answer_cache_lookups_total{layer="redis",`
)

// dependencies says which of what Marquee stands on is slow or away.
func dependencies() Dashboard {
	return Dashboard{
		UID: UIDDependencies, Title: "Dependencies", File: "dependencies.json", Annotations: annotations(), variables: []variable{byInstance},
		Description: "What Marquee stands on, store, broker, Redis and provider: whether each is there, how fast it answers, and whether there is room.",
	}.place(
		section{"Are they there?", 7, exploring(spans("status=error"),
			states("Up",
				"All processes at once is the dependency; one of them is its network.").
				query("{{dependency}} {{instance}}", "min by (dependency, instance) (marquee_dependency_up{%s})", here).
				colors(red, step{1, green}).say(upDown...).wide(12),
			states("Breakers",
				"A dependency that failed several times in a row is left alone for a while: Redis by each process, a provider by who fetches.").
				query("Redis {{instance}}", "max by (instance) (marquee_answer_cache_breaker_open{%s})", here).
				query("{{provider}} {{instance}}", "max by (provider, instance) (marquee_feed_breaker_open{%s})", here).
				colors(green, step{1, red}).say(breaker...).wide(12),
		)},
		portSection("Store", storePorts),
		portSection("Broker", brokerPorts),
		section{"Redis", 8, exploring(spans(`name=~"answer_cache[.].*"`),
			graph("Looks into Redis by outcome", units.OpsPerSecond,
				"Errors without an open breaker are few in a row; with one, there are none since nobody asks.").
				query("{{outcome}}", "%s", total("outcome", redisLooks+here+"}")).stack().empty("there is no Redis").wide(6),
			graph("Redis: failed looks", units.PercentUnit,
				"Share of looks that ended in an error, which cost users the time that it takes to make the answer and nothing else.").
				query("{{instance}}", "%s", shareBy("instance", rate(redisLooks+`outcome="error",`+here+"}"), rate(redisLooks+here+"}"))).empty("there is no Redis").wide(6),
			graph("Answers that are kept: slow ones, p99", units.Seconds,
				"Memory and Redis are counted together, and the slow ones are Redis: a rise is that of Redis, or of the way to it.").
				query("{{method}}", "%s", quantile("0.99", "method", portDuration, `port="answer_cache",`+here)).traced().wide(6),
			graph("Answers not written to Redis", units.OpsPerSecond,
				"Redis does not keep up; users notice nothing, and other processes make answers that this one has.").
				query("{{instance}}", "%s", total("instance", "marquee_answer_cache_writes_dropped_total{"+here+"}")).wide(6),
		)},
		portSection("Provider", providerPorts,
			graph("Requests by code", units.RequestsPerSecond,
				"The codes are the provider's own; none is a network without an answer.").
				query("{{code}}", "%s", total("code", "marquee_http_client_requests_total{"+here+"}")).stack().wide(12),
			graph("Until its header is there", units.Seconds,
				"How long the provider takes to begin its answer, whatever the feed's size.").
				quantiles("marquee_http_client_request_duration_seconds", here).wide(12),
		),
		section{"Pools of connections", 8, exploring(spans("status=error"),
			graph("Connections in use", units.Short,
				"A line at its dashed limit is a pool that somebody waits for.").
				query("{{pool}} {{state}}", `sum by (pool, state) (marquee_pool_connections{state="in_use",%s})`, here).
				limit("{{pool}} at most", "sum by (pool) (marquee_pool_connections_max{%s})", here).wide(12),
			graph("Pools that are full", units.PercentUnit,
				"The fullest process of each pool: at 100% for more than moments, calls wait.").
				query("{{pool}}", `max by (pool) (sum by (pool, instance) (marquee_pool_connections{state="in_use",%[1]s}) / sum by (pool, instance) (marquee_pool_connections_max{%[1]s}))`, here).
				whole().wide(12),
			graph("Waits for a connection", units.OpsPerSecond,
				"A few at a rush are well; all the time, the pool is too small or what uses it too slow.").
				query("{{pool}}", "%s", total("pool", "marquee_pool_waits_total{"+here+"}")),
			graph("How long a wait takes", units.Seconds,
				"On average; two seconds is what a search waits at most before it is answered with 503 or a stale answer.").
				query("{{pool}}", "%s / %s", total("pool", "marquee_pool_wait_seconds_total{"+here+"}"), total("pool", "marquee_pool_waits_total{"+here+"}")),
			graph("Waits without a connection", units.OpsPerSecond,
				"Each is a call that failed because of the pool alone.").
				query("{{pool}}", "%s", total("pool", "marquee_pool_unanswered_total{"+here+"}")),
		)},
		section{"Disk", 7, exploring(spans("status=error"),
			graph("Disk free", units.PercentUnit,
				"Of the data folder's disk; below 10% the embedded store and broker are about to refuse what is written.").
				query("{{instance}}", "marquee_data_free_bytes{%[1]s} / marquee_data_size_bytes{%[1]s}", here).
				colors(red, step{0.1, green}).whole().wide(12),
			graph("Bytes free", units.BytesIEC,
				"A line that falls steadily tells when it will be at 0.").
				query("{{instance}}", "marquee_data_free_bytes{%s}", here).wide(12),
		)},
	)
}

// portSection tells how the calls of some ports go: how many, how many fail, and how long they take.
func portSection(name, ports string, more ...Panel) section {
	chosen := `port=~"` + ports + `",` + here
	traces := spans(`name=~"(` + ports + `)[.].*"`)
	panels := []Panel{
		graph(name+": calls", units.OpsPerSecond,
			"Compare with the requests: calls that rise alone are retries, or a cache that has stopped to help.").
			query("{{port}}.{{method}}", "%s", total("port, method", portCalls+"{"+chosen+"}")),
		graph(name+": failed calls", units.PercentUnit,
			"Share that ended as unavailable or internal; not_found, conflict and canceled did their work.").
			query("{{port}}.{{method}}", "%s", shareBy("port, method", rate(portCalls+"{"+chosen+`,outcome=~"unavailable|internal"}`), rate(portCalls+"{"+chosen+"}"))).
			explore(spans(`name=~"(` + ports + `)[.].*" && status=error`)),
		graph(name+": slow ones, p95", units.Seconds,
			"One call of twenty takes longer; where all methods rise together it is the dependency, where one does it is its query.").
			p95("port, method", "{{port}}.{{method}}", portDuration, chosen),
	}
	return section{name, 8, exploring(traces, append(panels, more...)...)}
}
