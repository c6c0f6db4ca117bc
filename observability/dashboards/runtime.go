package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/units"

// runtime says how the processes themselves are. Their metrics have names that every program in Go has, so they are
// filtered by the scrape's job.
func runtime() Dashboard {
	const process = `{job="marquee",` + here + "}"

	return Dashboard{
		UID: UIDRuntime, Title: "Runtime", File: "runtime.json", Annotations: annotations(), variables: []variable{byInstance},
		Description: "The processes themselves: processor, memory, goroutines, files, restarts, and what is running.",
	}.place(
		section{"Processes", 6, exploring(spans(""),
			states("Scraped",
				"Down is a process that is gone, or an admin listener that Prometheus does not reach.").
				query("{{instance}}", "up%s", process).
				colors(red, step{1, green}).say(upDown...).wide(8),
			graph("Restarts in the last hour", units.Short,
				"A process that starts again and again dies of the same thing each time: its last lines of log say of what.").
				query("{{instance}}", "changes(process_start_time_seconds%s[1h])", process),
			graph("Up since", units.Seconds,
				"All falling at once is a deployment; one alone is a restart.").
				query("{{instance}}", "time() - process_start_time_seconds%s", process),
			list("What is running", units.NoUnit,
				"Two versions are a deployment under way; two for long are one that got stuck.").
				query("", `max by (instance, version, revision, go_version) (marquee_build_info{%s})`, here).
				hide("Time", "Value").wide(16),
			number("Roles", units.Short,
				"How many processes have each role.").
				query("{{role}}", `count by (role) (marquee_role{%s} == 1)`, here).wide(8),
		)},
		section{"Processor and memory", 8, exploring(spans(""),
			graph("Processors used", units.Short,
				"A line at its dashed limit has no reserve: requests wait for the processor before they wait for anything else.").
				query("{{instance}}", "rate(process_cpu_seconds_total%s[$__rate_interval])", process).
				limit("limit of {{instance}}", "go_sched_gomaxprocs_threads%s", process).wide(12),
			graph("Memory", units.BytesIEC,
				"Resident memory that nears the limit of the container ends the process; the heap in use tells whether it is data or what is not yet returned.").
				query("{{instance}} resident", "process_resident_memory_bytes%s", process).
				query("{{instance}} heap in use", "go_memstats_heap_inuse_bytes%s", process).
				limit("{{instance}} GOMEMLIMIT", "go_gc_gomemlimit_bytes%s < 1e15", process).wide(12), // unset it is the largest number that there is
			graph("Allocated", units.BytesPerSecondSI,
				"What the collector has to clean up after; a step without more requests is a change in the program.").
				query("{{instance}}", "rate(go_memstats_alloc_bytes_total%s[$__rate_interval])", process),
			graph("Longest pause of the collector", units.Seconds,
				"Of the latest pauses; above 10 ms it shows in the latency of searches.").
				query("{{instance}}", `max by (instance) (go_gc_duration_seconds{quantile=~"1|1.0",job="marquee",%s})`, here), // before version 3, Prometheus kept the 1 as it was told
			graph("Collections", units.OpsPerSecond,
				"More and more of them at a memory near GOMEMLIMIT is a process that does little else.").
				query("{{instance}}", "rate(go_gc_duration_seconds_count%s[$__rate_interval])", process),
		)},
		section{"What it holds", 8, exploring(spans(""),
			graph("Goroutines", units.Short,
				"A number that rises with the days and not with the requests is a leak.").
				query("{{instance}}", "go_goroutines%s", process).wide(6),
			graph("Files and connections", units.Short,
				"They rise with the requests in flight; what does not fall again is not closed.").
				query("{{instance}}", "process_open_fds%s", process).wide(6),
			graph("Files and connections of those allowed", units.PercentUnit,
				"Near 100%, nothing can be opened or accepted any more.").
				query("{{instance}}", "process_open_fds%[1]s / process_max_fds%[1]s", process).whole().wide(6),
			graph("Telemetry that was lost", units.CountsPerSecond,
				"Above 0 traces or logs are missing in what you look at; Marquee itself does not wait for them.").
				query("{{instance}}", "%s", total("instance", "marquee_telemetry_errors_total{"+here+"}")).wide(6),
		)},
	)
}
