package observability

import (
	"cmp"
	"slices"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// The labels.
var (
	labelPort    = Label{Name: "port", Help: "port that was called", Values: callNames(func(c Call) string { return c.Port })}
	labelMethod  = Label{Name: "method", Help: "its method", Values: callNames(func(c Call) string { return c.Method })}
	labelOutcome = Label{Name: "outcome", Help: "kind of the error, ok for none", Values: kindNames()}

	labelRoute      = Label{Name: "route", Help: "route of the HTTP API", Bound: "the first 64 routes and other"}
	labelHTTPMethod = Label{Name: "method", Help: "HTTP method", Values: append(slices.Clone(httpMethods), other)}
	labelCode       = Label{Name: "code", Help: "status code; 499 when the client went away before there was an answer", Bound: "the registered codes, 499 and other"}
	labelClass      = Label{Name: "class", Help: "class of the status code", Values: codeClasses}
	labelClientCode = Label{Name: "code", Help: "status code, none when there was no answer", Bound: "the registered codes, none and other"}

	labelProvider   = Label{Name: "provider", Help: "id of the provider", Bound: "the configured providers and other"}
	labelFetch      = Label{Name: "outcome", Help: "how the reading ended", Values: append(kindNames(), fetchNotModified)}
	labelRefusal    = Label{Name: "reason", Help: "why no run could begin", Values: []string{catalogue.CodeNotHolder, catalogue.CodeStillConsuming, catalogue.CodeFromTheFuture, other}}
	labelRun        = Label{Name: "outcome", Help: "state in which the run ended", Values: []string{string(catalogue.Concluded), string(catalogue.Incomplete), string(catalogue.Superseded)}}
	labelChange     = Label{Name: "change", Help: "what happened to the events", Values: []string{changeAdded, changeUpdated, changeWithdrawn, changeReturned}}
	labelChunk      = Label{Name: "outcome", Help: "applied, repeated (it had been applied before) or late (a later run is known)", Values: []string{chunkApplied, chunkRepeated, chunkLate}}
	labelReason     = Label{Name: "reason", Help: "reason of the rejection", Values: reasonNames()}
	labelPark       = Label{Name: "reason", Help: "what was wrong with the message", Values: []string{parkPanic, parkCrashes, parkUnreadable, other}}
	labelMessage    = Label{Name: "kind", Help: "kind of the message", Values: []string{ports.KindChunk, ports.KindCompletion, other}}
	labelDelivery   = Label{Name: "outcome", Help: "what the handler said", Values: []string{deliveryAcked, deliveryRetried, deliveryPanicked}}
	labelEventState = Label{Name: "state", Help: "available (in the current feed) or known (ever seen)", Values: []string{stateAvailable, stateKnown}}
	labelLease      = Label{Name: "lease", Help: "name of the lease", Bound: "the leases of the configured providers and other"}
	labelBudget     = Label{Name: "class", Help: "class of requests", Bound: "the first 16 classes and other"}
	labelLayer      = Label{Name: "layer", Help: "where answers are kept: memory (of this process) or redis (of all)", Values: []string{LayerMemory, LayerRedis}}
	labelLookup     = Label{Name: "outcome", Help: "whether there was an answer, current or not", Values: []string{cacheHit, cacheMiss, cacheError}}
	labelAnswer     = Label{Name: "served", Help: "from memory or redis, loaded (made), joined (made for another who asked at the same time) or stale (it cannot be made)",
		Values: []string{answerMemory, answerRedis, answerLoaded, answerJoined, answerStale}}
	labelPhase     = Label{Name: "phase", Help: "what the process does about its index: loading, following (it answers searches) or over_budget", Values: phaseNames()}
	labelFilledBy  = Label{Name: "source", Help: "what the index was filled from: store or file", Values: []string{search.FromStore, search.FromFile}}
	labelFill      = Label{Name: "outcome", Help: "kind of the error, ok for none, over_budget for a catalogue that is too large", Values: append(kindNames(), ports.CodeOverBudget)}
	labelAudit     = Label{Name: "how", Help: "what the index was compared with: itself, as it was when it came, or the store", Values: auditNames}
	labelLimit     = Label{Name: "decision", Help: "what the limiter said", Values: []string{limitAllowed, limitRefused}}
	labelRole      = Label{Name: "role", Help: "what the process does", Values: roleNames}
	labelNeed      = Label{Name: "dependency", Help: "what the process depends on", Bound: "the dependencies that are asked, 16 at most, and other"}
	labelPool      = Label{Name: "pool", Help: "what the connections are for", Values: []string{ports.PoolStoreRead, ports.PoolStoreSnapshot, ports.PoolStoreWatch, ports.PoolStoreWrite, ports.PoolRedis}}
	labelConn      = Label{Name: "state", Help: "in use or idle", Values: []string{connInUse, connIdle}}
	labelVersion   = Label{Name: "version", Help: "version of the build", Bound: "one"}
	labelRevision  = Label{Name: "revision", Help: "revision of the source", Bound: "one"}
	labelGoVersion = Label{Name: "go_version", Help: "version of Go", Bound: "one"}
)

// The buckets of histograms, in seconds.
var (
	callBuckets = []float64{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10}
	waitBuckets = []float64{1e-3, 5e-3, 10e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}
	runBuckets  = []float64{1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600}
)

// The metrics.
var (
	metricBuildInfo = Metric{Name: "marquee_build_info", Type: TypeGauge, Unit: "1", Labels: []Label{labelVersion, labelRevision, labelGoVersion},
		Help: "Always 1; the labels tell what is running."}
	metricRole = Metric{Name: "marquee_role", Type: TypeGauge, Unit: "1", Labels: []Label{labelRole},
		Help: "1 for each role that the process has."}
	metricDependencyUp = Metric{Name: "marquee_dependency_up", Type: TypeGauge, Unit: "1", Labels: []Label{labelNeed},
		Help: "1 while the dependency answers, 0 while it does not, as last asked; whether the process is ready does not always hang on it."}
	metricDiskFree = Metric{Name: "marquee_data_free_bytes", Type: TypeGauge, Unit: "bytes",
		Help: "Bytes that are free for this process on the disk of its data folder. Absent where it keeps none."}
	metricDiskSize = Metric{Name: "marquee_data_size_bytes", Type: TypeGauge, Unit: "bytes",
		Help: "Bytes that the disk of the data folder has."}
	metricPoolConnections = Metric{Name: "marquee_pool_connections", Type: TypeGauge, Unit: "connections", Labels: []Label{labelPool, labelConn},
		Help: "Connections of a pool."}
	metricPoolMost = Metric{Name: "marquee_pool_connections_max", Type: TypeGauge, Unit: "connections", Labels: []Label{labelPool},
		Help: "Connections that a pool may have."}
	metricPoolWaits = Metric{Name: "marquee_pool_waits_total", Type: TypeCounter, Unit: "waits", Labels: []Label{labelPool},
		Help: "Times that somebody had to wait for a connection of the pool."}
	metricPoolWaited = Metric{Name: "marquee_pool_wait_seconds_total", Type: TypeCounter, Unit: "seconds", Labels: []Label{labelPool},
		Help: "How long these waits took together."}
	metricPoolRefused = Metric{Name: "marquee_pool_unanswered_total", Type: TypeCounter, Unit: "waits", Labels: []Label{labelPool},
		Help: "Waits that ended without a connection."}
	metricTelemetryErrors = Metric{Name: "marquee_telemetry_errors_total", Type: TypeCounter, Unit: "errors",
		Help: "Failures to export traces, log records and errors, and other faults of the libraries that do it."}

	metricPortCalls = Metric{Name: "marquee_port_calls_total", Type: TypeCounter, Unit: "calls", Labels: []Label{labelPort, labelMethod, labelOutcome},
		Help: "Calls of a port that have ended."}
	metricPortDuration = Metric{Name: "marquee_port_call_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelPort, labelMethod}, Buckets: callBuckets,
		Help: "How long the calls of a port took."}

	metricHTTPRequests = Metric{Name: "marquee_http_requests_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelRoute, labelHTTPMethod, labelCode},
		Help: "Requests to the HTTP API that have ended."}
	metricHTTPDuration = Metric{Name: "marquee_http_request_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelRoute, labelHTTPMethod, labelClass}, Buckets: callBuckets,
		Help: "How long requests to the HTTP API took, until the answer was written; what they wanted to wait for is not counted."}
	metricHTTPInFlight = Metric{Name: "marquee_http_requests_in_flight", Type: TypeGauge, Unit: "requests",
		Help: "Requests to the HTTP API that are being served."}
	metricClientRequests = Metric{Name: "marquee_http_client_requests_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelClientCode},
		Help: "Requests to providers, by the code of the answer."}
	metricClientDuration = Metric{Name: "marquee_http_client_request_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelOutcome}, Buckets: callBuckets,
		Help: "How long providers took until the header of their answer was there."}

	metricLimitDecisions = Metric{Name: "marquee_limit_decisions_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelBudget, labelLimit},
		Help: "Requests that the rate limit allowed or refused."}

	metricAnswerLookups = Metric{Name: "marquee_answer_cache_lookups_total", Type: TypeCounter, Unit: "lookups", Labels: []Label{labelLayer, labelLookup},
		Help: "Looks for an answer that is kept."}
	metricAnswers = Metric{Name: "marquee_answers_total", Type: TypeCounter, Unit: "answers", Labels: []Label{labelAnswer},
		Help: "Answers to searches, by how they came about; those that ended in an error are not among them."}
	metricAnswersDropped = Metric{Name: "marquee_answer_cache_writes_dropped_total", Type: TypeCounter, Unit: "answers",
		Help: "Answers that were not written to Redis because it did not keep up."}
	metricAnswerBreaker = Metric{Name: "marquee_answer_cache_breaker_open", Type: TypeGauge, Unit: "1",
		Help: "1 while Redis is left alone, because it failed several times in a row."}
	metricFollowing = Metric{Name: "marquee_answer_changes_followed", Type: TypeGauge, Unit: "1",
		Help: "1 while the change log is followed to tell which answers are current, 0 while it cannot be read."}
	metricBehind = Metric{Name: "marquee_answer_changes_behind", Type: TypeGauge, Unit: "changes",
		Help: "Changes that are in the log and not yet read to tell which answers are current, as last read."}

	metricIndexPhase = Metric{Name: "marquee_index_phase", Type: TypeGauge, Unit: "1", Labels: []Label{labelPhase},
		Help: "1 for the phase that the index in memory is in, 0 for the others; searches are answered by the store in all but following. Absent, as all of the index is, where a process keeps none."}
	metricIndexEvents = Metric{Name: "marquee_index_events", Type: TypeGauge, Unit: "events",
		Help: "Events that the index holds."}
	metricIndexBytes = Metric{Name: "marquee_index_bytes", Type: TypeGauge, Unit: "bytes",
		Help: "Bytes of memory that the index takes, about."}
	metricIndexRecent = Metric{Name: "marquee_index_recent_events", Type: TypeGauge, Unit: "events",
		Help: "Events that changed since the index was last brought into one piece."}
	metricIndexLag = Metric{Name: "marquee_index_lag_seconds", Type: TypeGauge, Unit: "seconds",
		Help: "For how long the index may have been behind the store, 0 where it misses nothing. Absent while it is not followed."}
	metricIndexBehind = Metric{Name: "marquee_index_changes_behind", Type: TypeGauge, Unit: "changes",
		Help: "Changes that are in the log and not yet in the index, as far as is known."}
	metricIndexAudited = Metric{Name: "marquee_index_last_audited_timestamp_seconds", Type: TypeGauge, Unit: "seconds",
		Help: "When all of the index had last been compared with the store, since 1970. Absent while that did not happen."}
	metricIndexFills = Metric{Name: "marquee_index_fills_total", Type: TypeCounter, Unit: "fills", Labels: []Label{labelFilledBy, labelFill},
		Help: "Attempts to fill the index."}
	metricIndexAudits = Metric{Name: "marquee_index_audits_total", Type: TypeCounter, Unit: "audits", Labels: []Label{labelAudit, labelOutcome},
		Help: "Looks at a part of the index, whether it is right."}
	metricIndexAuditedEvents = Metric{Name: "marquee_index_audited_events_total", Type: TypeCounter, Unit: "events", Labels: []Label{labelAudit},
		Help: "Events of the index that were looked at."}
	metricIndexWrongEvents = Metric{Name: "marquee_index_wrong_events_total", Type: TypeCounter, Unit: "events", Labels: []Label{labelAudit},
		Help: "Events that were held and should not be, were not held, or were held otherwise, and have been put right."}
	metricIndexMismatches = Metric{Name: "marquee_index_mismatches_total", Type: TypeCounter, Unit: "days", Labels: []Label{labelAudit},
		Help: "Days that the index had wrong, each time that it was found so, and times that something by which it finds events was wrong; they have been put right."}
	metricIndexWrites = Metric{Name: "marquee_index_file_writes_total", Type: TypeCounter, Unit: "writes", Labels: []Label{labelOutcome},
		Help: "Attempts to write the index to its file."}

	metricFetches = Metric{Name: "marquee_fetches_total", Type: TypeCounter, Unit: "fetches", Labels: []Label{labelProvider, labelFetch},
		Help: "Readings of a feed that have ended."}
	metricFeedBytes = Metric{Name: "marquee_feed_bytes_total", Type: TypeCounter, Unit: "bytes", Labels: []Label{labelProvider},
		Help: "Bytes read from feeds, after decompression."}
	metricDamagedRecords = Metric{Name: "marquee_feed_records_damaged_total", Type: TypeCounter, Unit: "records", Labels: []Label{labelProvider},
		Help: "Records that were not well formed and were read with indulgence."}
	metricFeedRecords = Metric{Name: "marquee_feed_records_total", Type: TypeCounter, Unit: "records", Labels: []Label{labelProvider},
		Help: "Records that feeds handed over."}
	metricLastConcluded = Metric{Name: "marquee_feed_last_concluded_timestamp_seconds", Type: TypeGauge, Unit: "seconds", Labels: []Label{labelProvider},
		Help: "When the last run began that was concluded, since 1970; the feed's age is time() minus this. Absent while nothing is known."}
	metricFeedInterval = Metric{Name: "marquee_feed_interval_seconds", Type: TypeGauge, Unit: "seconds", Labels: []Label{labelProvider},
		Help: "From the beginning of one fetch of the provider to that of the next, as configured."}
	metricFeedAnswered = Metric{Name: "marquee_feed_last_answered_timestamp_seconds", Type: TypeGauge, Unit: "seconds", Labels: []Label{labelProvider},
		Help: "When this process last read the feed to its end, or was told that it is unchanged, since 1970; 0 while it did not."}
	metricFeedFailed = Metric{Name: "marquee_feed_last_failed_timestamp_seconds", Type: TypeGauge, Unit: "seconds", Labels: []Label{labelProvider},
		Help: "When this process last could not read the feed, since 1970; 0 while that did not happen."}
	metricFeedEvents = Metric{Name: "marquee_feed_events", Type: TypeGauge, Unit: "events", Labels: []Label{labelProvider, labelEventState},
		Help: "Events of a provider, as last asked."}
	metricOpenRejections = Metric{Name: "marquee_feed_rejections_open", Type: TypeGauge, Unit: "rejections", Labels: []Label{labelProvider},
		Help: "Rejections of a provider that are open, as last asked."}
	metricHeldEvents = Metric{Name: "marquee_feed_withdrawals_held", Type: TypeGauge, Unit: "events", Labels: []Label{labelProvider},
		Help: "Events whose withdrawal the last concluded run held back, because too many would leave at once."}

	metricFeedRetries = Metric{Name: "marquee_feed_retries_total", Type: TypeCounter, Unit: "attempts", Labels: []Label{labelProvider},
		Help: "Attempts to get a feed that followed on one that failed."}
	metricFeedBreaker = Metric{Name: "marquee_feed_breaker_open", Type: TypeGauge, Unit: "1", Labels: []Label{labelProvider},
		Help: "1 while the provider is left alone, because its feed could not be read several times in a row."}

	metricRunsBegun = Metric{Name: "marquee_runs_begun_total", Type: TypeCounter, Unit: "runs", Labels: []Label{labelProvider},
		Help: "Runs that began."}
	metricRunsRefused = Metric{Name: "marquee_runs_refused_total", Type: TypeCounter, Unit: "runs", Labels: []Label{labelProvider, labelRefusal},
		Help: "Runs that could not begin."}
	metricRuns = Metric{Name: "marquee_runs_total", Type: TypeCounter, Unit: "runs", Labels: []Label{labelProvider, labelRun},
		Help: "Runs that this process saw end."}
	metricRunDuration = Metric{Name: "marquee_run_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelProvider}, Buckets: runBuckets,
		Help: "How long runs took from their beginning to their conclusion."}
	metricEventsChanged = Metric{Name: "marquee_events_changed_total", Type: TypeCounter, Unit: "events", Labels: []Label{labelProvider, labelChange},
		Help: "Events that changed in the catalogue."}
	metricChunks = Metric{Name: "marquee_chunks_total", Type: TypeCounter, Unit: "chunks", Labels: []Label{labelProvider, labelChunk},
		Help: "Chunks that the store took."}
	metricSkipped = Metric{Name: "marquee_events_skipped_as_old_total", Type: TypeCounter, Unit: "events", Labels: []Label{labelProvider},
		Help: "Events of late chunks that were not taken, because a later run may know better."}
	metricRejections = Metric{Name: "marquee_records_rejected_total", Type: TypeCounter, Unit: "records", Labels: []Label{labelProvider, labelReason},
		Help: "Records that could not be taken, each time that a run brought them."}

	metricPublished = Metric{Name: "marquee_messages_published_total", Type: TypeCounter, Unit: "messages", Labels: []Label{labelMessage},
		Help: "Messages that the broker made durable."}
	metricPublishedBytes = Metric{Name: "marquee_messages_published_bytes_total", Type: TypeCounter, Unit: "bytes", Labels: []Label{labelMessage},
		Help: "Bytes of their bodies."}
	metricDeliveries = Metric{Name: "marquee_deliveries_total", Type: TypeCounter, Unit: "deliveries", Labels: []Label{labelMessage, labelDelivery},
		Help: "Deliveries that were handled."}
	metricRedeliveries = Metric{Name: "marquee_redeliveries_total", Type: TypeCounter, Unit: "deliveries", Labels: []Label{labelMessage},
		Help: "Deliveries of a message that had been delivered before."}
	metricDeliveryDuration = Metric{Name: "marquee_delivery_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelMessage}, Buckets: waitBuckets,
		Help: "How long deliveries were in hand."}
	metricDeliveryWait = Metric{Name: "marquee_delivery_wait_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelMessage}, Buckets: waitBuckets,
		Help: "How long messages waited from being published to being taken in hand."}
	metricDeliveriesInFlight = Metric{Name: "marquee_deliveries_in_flight", Type: TypeGauge, Unit: "deliveries",
		Help: "Deliveries in hand."}
	metricBacklog = Metric{Name: "marquee_backlog_messages", Type: TypeGauge, Unit: "messages",
		Help: "Messages that are not acknowledged, as last asked."}
	metricBacklogAge = Metric{Name: "marquee_backlog_oldest_seconds", Type: TypeGauge, Unit: "seconds",
		Help: "Age of the oldest message that is not acknowledged, 0 where there is none, as last asked."}
	metricParkedNow = Metric{Name: "marquee_messages_parked", Type: TypeGauge, Unit: "messages",
		Help: "Messages that are put aside now, as last asked."}
	metricParked = Metric{Name: "marquee_messages_parked_total", Type: TypeCounter, Unit: "messages", Labels: []Label{labelMessage, labelPark},
		Help: "Messages that were put aside because of a fault of their own."}

	metricChangesRead = Metric{Name: "marquee_changes_read_total", Type: TypeCounter, Unit: "changes",
		Help: "Entries of the change log that were read."}
	metricChangeHead = Metric{Name: "marquee_change_log_head", Type: TypeGauge, Unit: "1",
		Help: "Number of the last entry of the change log, as last read."}
	metricLeaseHeld = Metric{Name: "marquee_lease_held", Type: TypeGauge, Unit: "1", Labels: []Label{labelLease},
		Help: "1 while this process holds the lease, as last answered."}
)

// Metrics are all metrics of Marquee's own, by name. Those of the Go runtime and the process
// (go_*, process_*) come beside them.
func Metrics() []Metric {
	all := []Metric{
		metricBuildInfo, metricRole, metricDependencyUp, metricDiskFree, metricDiskSize,
		metricPoolConnections, metricPoolMost, metricPoolWaits, metricPoolWaited, metricPoolRefused, metricTelemetryErrors, metricPortCalls, metricPortDuration,
		metricHTTPRequests, metricHTTPDuration, metricHTTPInFlight, metricClientRequests, metricClientDuration, metricLimitDecisions,
		metricAnswerLookups, metricAnswers, metricAnswersDropped, metricAnswerBreaker, metricFollowing, metricBehind,
		metricIndexPhase, metricIndexEvents, metricIndexBytes, metricIndexRecent, metricIndexLag, metricIndexBehind, metricIndexAudited,
		metricIndexFills, metricIndexAudits, metricIndexAuditedEvents, metricIndexWrongEvents, metricIndexMismatches, metricIndexWrites,
		metricFetches, metricFeedBytes, metricFeedRecords, metricDamagedRecords, metricFeedInterval, metricFeedAnswered, metricFeedFailed, metricLastConcluded, metricFeedEvents, metricOpenRejections, metricHeldEvents,
		metricFeedRetries, metricFeedBreaker,
		metricRunsBegun, metricRunsRefused, metricRuns, metricRunDuration, metricEventsChanged, metricChunks, metricSkipped, metricRejections,
		metricPublished, metricPublishedBytes, metricDeliveries, metricRedeliveries, metricDeliveryDuration, metricDeliveryWait, metricDeliveriesInFlight, metricBacklog, metricBacklogAge, metricParkedNow, metricParked,
		metricChangesRead, metricChangeHead, metricLeaseHeld,
	}
	slices.SortFunc(all, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
