package alerts

import (
	"time"
)

// Dependencies, as the readiness checks name them.
const (
	store  = "store"
	broker = "broker"
	feed   = "provider"
)

const saturated = 15 * time.Minute // how long something has to be used to the full to be worth a look

// tickets are what can wait until the next working day.
func tickets() []Alert {
	const ingest, search, dependencies, runtime = "marquee-ingest", "marquee-search", "marquee-dependencies", "marquee-runtime"
	ofProvider := ingest + "?var-provider={{ $labels.provider }}"
	return []Alert{
		{
			Name: "ProviderDown", Severity: Ticket, Dashboard: ofProvider,
			Expr:    `marquee:feed_failing:bool == 1`,
			For:     5 * time.Minute,
			Summary: "the feed of {{ $labels.provider }} cannot be read",
			Detail:  "It is the provider's own outage, or the network in between. Searches are answered with what was known before.",
		},
		{
			Name: "DependencyDown", Severity: Ticket, Dashboard: dependencies,
			Expr: `sum by (dependency) (1 - marquee_dependency_up) > 0`, For: time.Minute,
			Summary: "the {{ $labels.dependency }} does not answer {{ $value }} of the processes",
			Detail:  "Searches are answered from memory, where the index is followed, else with what was asked before. Without the store nobody gets details and changes. Nothing new is taken in, and nothing is lost. When users notice, a page follows.",
		},
		{
			Name: "InstanceDown", Severity: Ticket, Dashboard: runtime,
			Expr: `up{job="marquee"} == 0`, For: 5 * time.Minute,
			Summary: "{{ $labels.instance }} cannot be reached by Prometheus",
			Detail:  "The others do its work as long as there are any.",
		},
		{
			Name: "RoleAbsent", Severity: Ticket, Dashboard: "marquee-overview",
			Expr: `absent(marquee_role{role="fetch"}) or absent(marquee_role{role="consume"})`, For: 5 * time.Minute,
			Summary: "no process has the role {{ $labels.role }}",
			Detail:  "Without one that fetches no feed is read, without one that consumes nothing is applied; the catalogue stands still.",
		},
		{
			Name: "CrashLoop", Severity: Ticket, Dashboard: runtime,
			Expr: `changes(process_start_time_seconds{job="marquee"}[%s]) >= 3`, Windows: []time.Duration{30 * time.Minute},
			Summary: "{{ $labels.instance }} has started {{ $value }} times in half an hour",
			Detail:  "Each start costs a moment without it. What was in hand is taken up by the others or by the next start.",
		},
		{
			Name: "MessagesParked", Severity: Ticket, Dashboard: ingest,
			Expr: `max(marquee_messages_parked) > 0`, For: time.Minute,
			Summary: "{{ $value }} messages are put aside",
			Detail:  "Their run is not concluded, so nothing is marked as gone by it; the next run brings the feed again.",
		},
		{
			Name: "WithdrawalHeld", Severity: Ticket, Dashboard: ofProvider,
			Expr: `max by (provider) (marquee_feed_withdrawals_held) > 0`, For: time.Minute,
			Summary: "{{ $value }} events of {{ $labels.provider }} would leave at once, and are kept",
			Detail:  "Either the feed lacks a part, or the provider took much off sale. Three complete readings that agree are believed; until then these events are shown as available.",
		},
		{
			Name: "RecordsRejected", Severity: Ticket, Dashboard: ofProvider,
			Expr:    `sum by (provider) (increase(marquee_records_rejected_total[%s])) / (sum by (provider) (increase(marquee_feed_records_total[%s])) > 0) > 0.05`,
			Windows: []time.Duration{time.Hour, time.Hour}, For: 5 * time.Minute,
			Summary: "{{ $value | humanizePercentage }} of the records of {{ $labels.provider }} cannot be understood",
			Detail:  "These events are missing or stay as they were. The others are not affected.",
		},
		{
			Name: "EventsSkippedAsOld", Severity: Ticket, Dashboard: ofProvider, SymptomOf: []string{store, broker},
			Expr: `sum by (provider) (increase(marquee_events_skipped_as_old_total[%s])) > 100`, Windows: []time.Duration{time.Hour},
			Summary: "{{ $value | humanize }} events of {{ $labels.provider }} came so late that a newer reading was known",
			Detail:  "Consumers are slower than the feed is read. No value is wrong, but work is wasted and the catalogue is later than it could be.",
		},
		{
			Name: "BacklogOld", Severity: Ticket, Dashboard: ingest, SymptomOf: []string{store, broker},
			Expr: `max(marquee_backlog_oldest_seconds) > %s`, Windows: []time.Duration{5 * time.Minute}, For: 5 * time.Minute,
			Summary: "a message has waited for {{ $value | humanizeDuration }}",
			Detail:  "What it brings is not in the catalogue yet.",
		},
		{
			Name: "RunFromTheFuture", Severity: Ticket, Dashboard: ofProvider,
			Expr:    `sum by (provider) (increase(marquee_runs_refused_total{reason="run_from_the_future"}[%s])) > 0`,
			Windows: []time.Duration{15 * time.Minute},
			Summary: "a message of {{ $labels.provider }} belongs to a run that is dated more than five minutes ahead, and is refused",
			Detail:  "Runs are dated by the clock of the store: it was put back, or something else publishes to this broker. The message is put aside and what it brings is not taken.",
		},
		{
			Name: "FeedBreakerOpen", Severity: Ticket, Dashboard: ofProvider, SymptomOf: []string{feed},
			Expr: `max by (provider) (marquee_feed_breaker_open == 1 and on (instance) max by (instance) (marquee_lease_held) == 1)`, For: 5 * time.Minute, // of who fetches now
			Summary: "{{ $labels.provider }} is left alone, because it failed several times in a row",
			Detail:  "It is tried every 30 seconds.",
		},
		{
			Name: "RedisBreakerOpen", Severity: Ticket, Dashboard: dependencies,
			Expr: `max by (instance) (marquee_answer_cache_breaker_open) == 1`, For: 5 * time.Minute,
			Summary: "{{ $labels.instance }} does without Redis",
			Detail:  "Each process keeps answers for itself: the store is asked more often.",
		},
		{
			Name: "AnswersStale", Severity: Ticket, Dashboard: search, SymptomOf: []string{store},
			Expr:    `sum(rate(marquee_answers_total{served="stale"}[%s])) / (sum(rate(marquee_answers_total[%s])) > 0) > 0.01`,
			Windows: []time.Duration{5 * time.Minute, 5 * time.Minute}, For: 5 * time.Minute,
			Summary: "{{ $value | humanizePercentage }} of answers are older than they should be",
			Detail:  "The store cannot answer what it is asked: details of events, and searches where the index in memory does not make them. Users get the last answers that are known, marked as stale.",
		},
		{
			Name: "ChangesNotFollowed", Severity: Ticket, Dashboard: search, SymptomOf: []string{store},
			Expr: `min by (instance) (marquee_answer_changes_followed) == 0`, For: 2 * time.Minute,
			Summary: "{{ $labels.instance }} cannot follow what changes in the catalogue",
			Detail:  "Answers are kept for their time to live whatever changes: they may be a minute old.",
		},
		{
			Name: "IndexNotUsed", Severity: Ticket, Dashboard: search, SymptomOf: []string{store},
			Expr: `max by (instance) (marquee_index_phase{phase="following"}) == 0`, For: 10 * time.Minute,
			Summary: "{{ $labels.instance }} does not answer searches from memory",
			Detail:  "The store answers them, as long as it is there: new questions take longer, and it has more to do. Either the index cannot be filled, or the catalogue takes more memory than it may.",
		},
		{
			Name: "IndexBehind", Severity: Ticket, Dashboard: search, SymptomOf: []string{store},
			Expr: `max by (instance) (marquee_index_lag_seconds) > %s`, Windows: []time.Duration{2 * time.Minute}, For: time.Minute, // absent while it is not followed
			Summary: "{{ $labels.instance }} answers searches with what was known {{ $value | humanizeDuration }} ago",
			Detail:  "Searches work, without what changed since then: new events are missing, prices and sold-out marks are old.",
		},
		{
			Name: "IndexWrong", Severity: Ticket, Dashboard: search,
			Expr: `sum by (instance, how) (increase(marquee_index_mismatches_total[%s])) > 0`, Windows: []time.Duration{time.Hour},
			Summary: "the index of {{ $labels.instance }} was wrong, compared with {{ $labels.how }}",
			Detail:  "Searches of some days may have been answered wrongly, for a minute or until the days were compared with the store. They have been put right; that it happened is a bug, or memory that fails.",
		},
		{
			Name: "PoolExhausted", Severity: Ticket, Dashboard: dependencies, SymptomOf: []string{store},
			Expr:    `sum by (instance, pool) (rate(marquee_pool_wait_seconds_total{pool!="redis"}[%s])) > 1 or sum by (instance, pool) (rate(marquee_pool_unanswered_total{pool!="redis"}[%s])) > 0.1`,
			Windows: []time.Duration{5 * time.Minute, 5 * time.Minute}, For: 5 * time.Minute, // who gives up waiting is not among the waits
			Summary: "callers of {{ $labels.instance }} wait for a connection of {{ $labels.pool }}, or give up",
			Detail:  "Answers take as much longer. The store is slow, or is asked more than it can answer.",
		},
		{
			Name: "CPUSaturated", Severity: Ticket, Dashboard: runtime,
			Expr: `rate(process_cpu_seconds_total{job="marquee"}[%s]) / on (instance) go_sched_gomaxprocs_threads{job="marquee"} > 0.85`, Windows: []time.Duration{saturated}, For: 5 * time.Minute,
			Summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its processors",
			Detail:  "There is no room left for more requests; latency grows first.",
		},
		{
			Name: "MemoryNearLimit", Severity: Ticket, Dashboard: runtime,
			// Without a limit the runtime tells the largest number that there is.
			Expr: `process_resident_memory_bytes{job="marquee"} / on (instance) (go_gc_gomemlimit_bytes{job="marquee"} < 1e15) > 0.95`, For: saturated,
			Summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory limit",
			Detail:  "The garbage collector works harder and harder; at the container's limit the process is ended.",
		},
		{
			Name: "AlertsUndelivered", Severity: Ticket, Dashboard: "marquee-overview",
			Expr: `sum by (integration) (increase(alertmanager_notifications_failed_total[%s])) > 0`, Windows: []time.Duration{15 * time.Minute},
			Summary: "messages of Alertmanager cannot be delivered by {{ $labels.integration }}",
			Detail:  "Who reads there is told of nothing, pages included. This message came another way.",
		},
		{
			Name: "WatcherDown", Severity: Ticket, Dashboard: "marquee-overview",
			Expr: `up{job=~"alertmanager|collector"} == 0`, For: 5 * time.Minute,
			Summary: "the {{ $labels.job }} does not answer Prometheus",
			Detail:  "Without the collector there are no traces and logs to look at; one Alertmanager of several is no longer there.",
		},
		{
			Name: "TelemetryLost", Severity: Ticket, Dashboard: runtime,
			Expr: `sum by (instance) (increase(marquee_telemetry_errors_total[%s])) > 0`, Windows: []time.Duration{15 * time.Minute}, For: 5 * time.Minute,
			Summary: "{{ $labels.instance }} loses traces or logs on the way to the collector",
			Detail:  "Users notice nothing, but the next search for a cause will.",
		},
	}
}

// watchdog always fires. Who receives it somewhere else raises the alarm when it stops: then Prometheus, Alertmanager or the way
// out of here is broken.
func watchdog() Alert {
	return Alert{
		Name: "Watchdog", Severity: None, Dashboard: "marquee-overview", Expr: `vector(1)`,
		Summary: "alerting works",
		Detail:  "This always fires. An outside receiver that no longer hears of it knows that nobody would hear of anything else.",
	}
}
