package observability

import (
	"cmp"
	"slices"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// MetricType is the type of a metric as Prometheus knows it.
type MetricType string

// The types of metric.
const (
	TypeCounter   MetricType = "counter"
	TypeGauge     MetricType = "gauge"
	TypeHistogram MetricType = "histogram"
)

// Label is a label of a metric and what bounds its values.
type Label struct {
	Name   string
	Help   string
	Values []string // all that there are; nil where the set is not fixed here
	Bound  string   // what bounds an open set; empty for a fixed one
}

// Metric is the definition of a metric.
type Metric struct {
	Name    string
	Type    MetricType
	Unit    string // the base unit of the value, or what is counted
	Help    string
	Labels  []Label
	Buckets []float64 // upper bounds, of a histogram
}

// Call is a method of a port. Each has a row in the metrics of ports and, where it is traced, a span named
// port.method.
type Call struct {
	Port, Method string
	Kind         trace.SpanKind
	Help         string
	// Hot calls are made by every request, or every few moments by a loop that waits for something: they
	// get a span inside a sampled trace only, and never start one.
	Hot bool
	// Untraced calls last as long as the process and have no span and no duration.
	Untraced   bool
	Attributes []attribute.Key
}

// Name is the name of the call's span.
func (c Call) Name() string { return c.Port + "." + c.Method }

// Span is the definition of a span.
type Span struct {
	Name       string
	Kind       trace.SpanKind
	Help       string
	Attributes []attribute.Key
}

// Attribute is the definition of an attribute of spans.
type Attribute struct {
	Key  attribute.Key
	Help string
}

// other stands for every label value that is not in its set.
const other = "other"

// Values of labels that are not the kind of an error.
const (
	changeAdded     = string(catalogue.Added)
	changeUpdated   = string(catalogue.Updated)
	changeWithdrawn = string(catalogue.Withdrawn)
	changeReturned  = string(catalogue.Returned)

	chunkApplied  = "applied"
	chunkRepeated = "repeated"
	chunkLate     = "late"

	deliveryAcked    = "acked"
	deliveryRetried  = "retried"
	deliveryPanicked = "panicked"

	fetchNotModified = "not_modified"

	cacheHit   = "hit"
	cacheMiss  = "miss"
	cacheError = "error"

	answerMemory = LayerMemory
	answerRedis  = LayerRedis
	answerLoaded = "loaded"
	answerJoined = "joined"
	answerStale  = "stale"

	limitAllowed = "allowed"
	limitRefused = "refused"

	stateAvailable = "available"
	stateKnown     = "known"

	parkPanic      = "panic"
	parkCrashes    = "crashes"
	parkUnreadable = "unreadable"

	codeCanceled = "499" // the client went away before there was an answer; not a code of the protocol
	codeNone     = "none"
)

// The layers in which answers are kept.
const (
	LayerMemory = "memory"
	LayerRedis  = "redis"
)

// The labels.
var (
	labelPort    = Label{Name: "port", Help: "port that was called", Values: callNames(func(c Call) string { return c.Port })}
	labelMethod  = Label{Name: "method", Help: "its method", Values: callNames(func(c Call) string { return c.Method })}
	labelOutcome = Label{Name: "outcome", Help: "kind of the error, ok for none", Values: kindNames()}

	labelRoute      = Label{Name: "route", Help: "route of the HTTP API", Bound: "the first 64 routes and other"}
	labelHTTPMethod = Label{Name: "method", Help: "HTTP method", Values: append(slices.Clone(httpMethods), other)}
	labelCode       = Label{Name: "code", Help: "status code; 499 when the client went away before there was an answer", Bound: "the registered codes, 499 and other"}
	labelClientCode = Label{Name: "code", Help: "status code, none when there was no answer", Bound: "the registered codes, none and other"}

	labelProvider   = Label{Name: "provider", Help: "id of the provider", Bound: "the configured providers and other"}
	labelFetch      = Label{Name: "outcome", Help: "how the reading ended", Values: append(kindNames(), fetchNotModified)}
	labelRefusal    = Label{Name: "reason", Help: "why no run could begin", Values: []string{catalogue.CodeNotHolder, catalogue.CodeStillConsuming, other}}
	labelRun        = Label{Name: "outcome", Help: "state in which the run ended", Values: []string{string(catalogue.Concluded), string(catalogue.Incomplete), string(catalogue.Superseded)}}
	labelChange     = Label{Name: "change", Help: "what happened to the events", Values: []string{changeAdded, changeUpdated, changeWithdrawn, changeReturned}}
	labelChunk      = Label{Name: "outcome", Help: "applied, repeated (it had been applied before) or late (a later run is known)", Values: []string{chunkApplied, chunkRepeated, chunkLate}}
	labelReason     = Label{Name: "reason", Help: "reason of the rejection", Values: reasonNames()}
	labelPark       = Label{Name: "reason", Help: "what was wrong with the message", Values: []string{parkPanic, parkCrashes, parkUnreadable, other}}
	labelMessage    = Label{Name: "kind", Help: "kind of the message", Values: []string{ports.KindChunk, ports.KindCompletion, other}}
	labelDelivery   = Label{Name: "outcome", Help: "what the handler said", Values: []string{deliveryAcked, deliveryRetried, deliveryPanicked}}
	labelEventState = Label{Name: "state", Help: "available (in the current feed) or known (ever seen)", Values: []string{stateAvailable, stateKnown}}
	labelLease      = Label{Name: "lease", Help: "name of the lease", Bound: "the leases of the configured providers and other"}
	labelClass      = Label{Name: "class", Help: "class of requests", Bound: "the first 16 classes and other"}
	labelLayer      = Label{Name: "layer", Help: "where answers are kept: memory (of this process) or redis (of all)", Values: []string{LayerMemory, LayerRedis}}
	labelLookup     = Label{Name: "outcome", Help: "whether there was an answer, current or not", Values: []string{cacheHit, cacheMiss, cacheError}}
	labelAnswer     = Label{Name: "served", Help: "from memory or redis, loaded (made), joined (made for another who asked at the same time) or stale (it cannot be made)",
		Values: []string{answerMemory, answerRedis, answerLoaded, answerJoined, answerStale}}
	labelLimit     = Label{Name: "decision", Help: "what the limiter said", Values: []string{limitAllowed, limitRefused}}
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
	metricTelemetryErrors = Metric{Name: "marquee_telemetry_errors_total", Type: TypeCounter, Unit: "errors",
		Help: "Failures to export traces, and other errors of the tracing library."}

	metricPortCalls = Metric{Name: "marquee_port_calls_total", Type: TypeCounter, Unit: "calls", Labels: []Label{labelPort, labelMethod, labelOutcome},
		Help: "Calls of a port that have ended."}
	metricPortDuration = Metric{Name: "marquee_port_call_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelPort, labelMethod}, Buckets: callBuckets,
		Help: "How long the calls of a port took."}

	metricHTTPRequests = Metric{Name: "marquee_http_requests_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelRoute, labelHTTPMethod, labelCode},
		Help: "Requests to the HTTP API that have ended."}
	metricHTTPDuration = Metric{Name: "marquee_http_request_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelRoute, labelHTTPMethod}, Buckets: callBuckets,
		Help: "How long requests to the HTTP API took, until the answer was written."}
	metricHTTPInFlight = Metric{Name: "marquee_http_requests_in_flight", Type: TypeGauge, Unit: "requests",
		Help: "Requests to the HTTP API that are being served."}
	metricClientRequests = Metric{Name: "marquee_http_client_requests_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelClientCode},
		Help: "Requests to providers, by the code of the answer."}
	metricClientDuration = Metric{Name: "marquee_http_client_request_duration_seconds", Type: TypeHistogram, Unit: "seconds", Labels: []Label{labelOutcome}, Buckets: callBuckets,
		Help: "How long providers took until the header of their answer was there."}

	metricLimitDecisions = Metric{Name: "marquee_limit_decisions_total", Type: TypeCounter, Unit: "requests", Labels: []Label{labelClass, labelLimit},
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
		metricBuildInfo, metricTelemetryErrors, metricPortCalls, metricPortDuration,
		metricHTTPRequests, metricHTTPDuration, metricHTTPInFlight, metricClientRequests, metricClientDuration, metricLimitDecisions,
		metricAnswerLookups, metricAnswers, metricAnswersDropped, metricAnswerBreaker, metricFollowing, metricBehind,
		metricFetches, metricFeedBytes, metricFeedRecords, metricDamagedRecords, metricLastConcluded, metricFeedEvents, metricOpenRejections, metricHeldEvents,
		metricFeedRetries, metricFeedBreaker,
		metricRunsBegun, metricRunsRefused, metricRuns, metricRunDuration, metricEventsChanged, metricChunks, metricRejections,
		metricPublished, metricPublishedBytes, metricDeliveries, metricRedeliveries, metricDeliveryDuration, metricDeliveryWait, metricDeliveriesInFlight, metricBacklog, metricParked,
		metricChangesRead, metricChangeHead, metricLeaseHeld,
	}
	slices.SortFunc(all, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// The attributes that are Marquee's own.
const (
	attrOutcome     = attribute.Key("marquee.outcome")
	attrProvider    = attribute.Key("marquee.provider")
	attrRun         = attribute.Key("marquee.run")
	attrRunState    = attribute.Key("marquee.run.state")
	attrChunk       = attribute.Key("marquee.chunk")
	attrAdded       = attribute.Key("marquee.events.added")
	attrUpdated     = attribute.Key("marquee.events.updated")
	attrWithdrawn   = attribute.Key("marquee.events.withdrawn")
	attrReturned    = attribute.Key("marquee.events.returned")
	attrRejected    = attribute.Key("marquee.records.rejected")
	attrRecords     = attribute.Key("marquee.records")
	attrBytes       = attribute.Key("marquee.bytes")
	attrNotModified = attribute.Key("marquee.not_modified")
	attrRepeated    = attribute.Key("marquee.chunk.repeated")
	attrLate        = attribute.Key("marquee.chunk.late")
	attrFound       = attribute.Key("marquee.search.events")
	attrLimit       = attribute.Key("marquee.search.limit")
	attrLayer       = attribute.Key("marquee.cache.layer")
	attrCacheHit    = attribute.Key("marquee.cache.hit")
	attrAnswerSize  = attribute.Key("marquee.answer.bytes")
	attrAttempt     = attribute.Key("marquee.delivery.attempt")
	attrVerdict     = attribute.Key("marquee.delivery.outcome")
	attrMessageKind = attribute.Key("marquee.message.kind")
)

// Attributes are all attributes of spans, by key. Keys without "marquee." follow OpenTelemetry's
// semantic conventions.
func Attributes() []Attribute {
	all := []Attribute{
		{attrOutcome, "kind of the error, ok for none"},
		{attrProvider, "id of the provider"},
		{attrRun, "number of the run"},
		{attrRunState, "state of the run after the call"},
		{attrChunk, "number of the chunk in its run"},
		{attrAdded, "events that the chunk added"},
		{attrUpdated, "events that the chunk updated"},
		{attrWithdrawn, "events that the conclusion withdrew"},
		{attrReturned, "events that the conclusion brought back"},
		{attrRejected, "records of the chunk that could not be taken"},
		{attrRecords, "records that the feed handed over"},
		{attrBytes, "bytes of the feed, after decompression"},
		{attrNotModified, "whether the provider said that its feed is unchanged"},
		{attrRepeated, "whether the chunk had been applied before"},
		{attrLate, "whether a later run is known"},
		{attrFound, "events on the page"},
		{attrLimit, "events that the page may have"},
		{attrLayer, "memory or redis"},
		{attrCacheHit, "whether there was an answer, current or not"},
		{attrAnswerSize, "bytes of the answer"},
		{attrAttempt, "attempt to deliver the message, from 1"},
		{attrVerdict, "acked, retried or panicked"},
		{attrMessageKind, "chunk or completion"},
		{semconv.ErrorTypeKey, "kind of the error, or the status code"},
		{semconv.ExceptionTypeKey, "Go type of the error, on the event"},
		{semconv.ExceptionMessageKey, "text of the error, cut, on the event"},
		{semconv.MessagingSystemKey, "the broker"},
		{semconv.MessagingOperationNameKey, "publish or process"},
		{semconv.MessagingOperationTypeKey, "send or process"},
		{semconv.MessagingBatchMessageCountKey, "messages in the batch"},
		{semconv.MessagingMessageIDKey, "id of the message"},
		{semconv.MessagingMessageBodySizeKey, "bytes of the body"},
		{semconv.HTTPRequestMethodKey, "method, _OTHER for an unusual one"},
		{semconv.HTTPRouteKey, "route of the HTTP API"},
		{semconv.HTTPResponseStatusCodeKey, "status code"},
		{semconv.URLSchemeKey, "http or https"},
		{semconv.URLPathKey, "path of the request, cut; never the query"},
		{semconv.URLFullKey, "URL of the provider, without user and query"},
		{semconv.ServerAddressKey, "host of the provider"},
		{semconv.UserAgentOriginalKey, "user agent, cut"},
		{semconv.NetworkProtocolVersionKey, "version of HTTP"},
	}
	slices.SortFunc(all, func(a, b Attribute) int { return cmp.Compare(string(a.Key), string(b.Key)) })
	return all
}

// The calls.
var (
	callSearch = Call{Port: "searcher", Method: "search", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a search", Attributes: []attribute.Key{attrLimit, attrFound}}
	callEvent = Call{Port: "event_reader", Method: "event", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a question for all that is known of an event"}
	callAllow = Call{Port: "limiter", Method: "allow", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a question to the rate limit"}
	callChanges = Call{Port: "change_reader", Method: "changes", Kind: trace.SpanKindClient, Hot: true,
		Help: "a look at the change log"}
	callAwait = Call{Port: "change_reader", Method: "await", Untraced: true,
		Help: "the wait for a change, for as long as it lasts"}
	callAnswerGet = Call{Port: "answer_cache", Method: "get", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a look for an answer that is kept", Attributes: []attribute.Key{attrLayer, attrCacheHit}}
	callAnswerPut = Call{Port: "answer_cache", Method: "put", Kind: trace.SpanKindInternal, Hot: true,
		Help: "an answer to be kept", Attributes: []attribute.Key{attrLayer, attrAnswerSize}}

	callApply = Call{Port: "ingester", Method: "apply", Kind: trace.SpanKindClient,
		Help: "a chunk's transaction", Attributes: []attribute.Key{attrProvider, attrRun, attrChunk, attrAdded, attrUpdated, attrRejected, attrRepeated, attrLate}}
	callComplete = Call{Port: "ingester", Method: "complete", Kind: trace.SpanKindClient,
		Help: "the note of what a fetcher published", Attributes: []attribute.Key{attrProvider, attrRun}}
	callPending = Call{Port: "ingester", Method: "pending", Kind: trace.SpanKindClient, Hot: true,
		Help: "a look for runs that can be concluded"}
	callConclude = Call{Port: "ingester", Method: "conclude", Kind: trace.SpanKindClient,
		Help: "an attempt to conclude a run", Attributes: []attribute.Key{attrProvider, attrRun, attrRunState, attrWithdrawn, attrReturned}}

	callBegin = Call{Port: "runs", Method: "begin", Kind: trace.SpanKindClient,
		Help: "the beginning of a run", Attributes: []attribute.Key{attrProvider, attrRun}}
	callFetch = Call{Port: "feed", Method: "fetch", Kind: trace.SpanKindInternal,
		Help: "the reading of a feed, including what its reader does with the records", Attributes: []attribute.Key{attrProvider, attrRecords, attrBytes, attrNotModified}}
	callPublish = Call{Port: "publisher", Method: "publish", Kind: trace.SpanKindProducer,
		Help: "messages on their way to the broker", Attributes: []attribute.Key{semconv.MessagingSystemKey, semconv.MessagingOperationNameKey, semconv.MessagingOperationTypeKey, semconv.MessagingBatchMessageCountKey}}
	callConsume = Call{Port: "intake", Method: "consume", Untraced: true,
		Help: "the taking of messages, for as long as it lasts"}
	callBacklog = Call{Port: "backlog", Method: "backlog", Kind: trace.SpanKindClient, Hot: true,
		Help: "a question to the broker how much is waiting"}

	callSuspect  = Call{Port: "parking", Method: "suspect", Kind: trace.SpanKindClient, Help: "the count of a message that was never answered"}
	callAbsolve  = Call{Port: "parking", Method: "absolve", Kind: trace.SpanKindClient, Help: "the end of the suspicions against a message"}
	callPark     = Call{Port: "parking", Method: "park", Kind: trace.SpanKindClient, Help: "a message put aside"}
	callParked   = Call{Port: "parking", Method: "parked", Kind: trace.SpanKindClient, Help: "a look at what is parked"}
	callRejected = Call{Port: "rejection_reader", Method: "rejected", Kind: trace.SpanKindClient, Help: "a look at what was rejected"}
	callFeeds    = Call{Port: "feed_reader", Method: "feeds", Kind: trace.SpanKindClient, Hot: true, Help: "a look at how the feeds stand"}
	callAcquire  = Call{Port: "leases", Method: "acquire", Kind: trace.SpanKindClient, Hot: true, Help: "a lease taken or renewed"}
	callRelease  = Call{Port: "leases", Method: "release", Kind: trace.SpanKindClient, Hot: true, Help: "a lease given back"}
)

// Calls are all methods of ports that are watched.
func Calls() []Call {
	return []Call{
		callSearch, callEvent, callAllow, callChanges, callAwait, callAnswerGet, callAnswerPut, callApply, callComplete, callPending, callConclude, callBegin, callFetch,
		callPublish, callConsume, callBacklog, callSuspect, callAbsolve, callPark, callParked, callRejected, callFeeds, callAcquire, callRelease,
	}
}

// The names of spans that are no calls of a port.
const (
	spanRun     = "fetch run"
	spanProcess = "process" // followed by the kind of the message
)

// Spans are all spans, by name.
func Spans() []Span {
	httpServer := []attribute.Key{
		semconv.HTTPRequestMethodKey, semconv.HTTPRouteKey, semconv.HTTPResponseStatusCodeKey, semconv.ErrorTypeKey,
		semconv.URLSchemeKey, semconv.URLPathKey, semconv.UserAgentOriginalKey, semconv.NetworkProtocolVersionKey,
	}
	httpClient := []attribute.Key{
		semconv.HTTPRequestMethodKey, semconv.HTTPResponseStatusCodeKey, semconv.ErrorTypeKey, semconv.URLFullKey, semconv.ServerAddressKey,
	}
	process := []attribute.Key{
		semconv.MessagingSystemKey, semconv.MessagingOperationNameKey, semconv.MessagingOperationTypeKey, semconv.MessagingMessageIDKey,
		semconv.MessagingMessageBodySizeKey, attrMessageKind, attrAttempt, attrVerdict,
	}
	all := []Span{{Name: spanRun, Kind: trace.SpanKindInternal, Help: "one reading of a feed, the root of its trace", Attributes: []attribute.Key{attrProvider, attrRun, attrOutcome, semconv.ErrorTypeKey}}}
	for _, m := range append(slices.Clone(httpMethods), other) {
		all = append(all,
			Span{Name: spanMethod(m) + " {route}", Kind: trace.SpanKindServer, Help: "a request to the HTTP API", Attributes: httpServer},
			Span{Name: spanMethod(m), Kind: trace.SpanKindClient, Help: "a request to a provider, until the header of its answer", Attributes: httpClient},
		)
	}
	for _, kind := range labelMessage.Values {
		all = append(all, Span{Name: spanProcess + " " + kind, Kind: trace.SpanKindConsumer, Help: "a delivery in hand; its parent is the span that published it", Attributes: process})
	}
	for _, c := range Calls() {
		if !c.Untraced {
			all = append(all, Span{Name: c.Name(), Kind: c.Kind, Help: c.Help, Attributes: append(slices.Clone(c.Attributes), attrOutcome, semconv.ErrorTypeKey)})
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// httpMethods are the methods that labels and spans tell apart.
var httpMethods = []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}

func kindNames() []string {
	var names []string
	for _, k := range fault.Kinds() {
		names = append(names, k.String())
	}
	return names
}

func reasonNames() []string {
	var names []string
	for _, r := range catalogue.Reasons() {
		names = append(names, string(r))
	}
	return append(names, other)
}

func callNames(part func(Call) string) []string {
	var names []string
	for _, c := range Calls() {
		names = append(names, part(c))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
