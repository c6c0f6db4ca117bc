package observability

import (
	"cmp"
	"slices"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// The attributes that are Marquee's own.
const (
	attrOutcome        = attribute.Key("marquee.outcome")
	attrProvider       = attribute.Key("marquee.provider")
	attrRun            = attribute.Key("marquee.run")
	attrRunState       = attribute.Key("marquee.run.state")
	attrChunk          = attribute.Key("marquee.chunk")
	attrAdded          = attribute.Key("marquee.events.added")
	attrUpdated        = attribute.Key("marquee.events.updated")
	attrWithdrawn      = attribute.Key("marquee.events.withdrawn")
	attrReturned       = attribute.Key("marquee.events.returned")
	attrRejected       = attribute.Key("marquee.records.rejected")
	attrRecords        = attribute.Key("marquee.records")
	attrBytes          = attribute.Key("marquee.bytes")
	attrNotModified    = attribute.Key("marquee.not_modified")
	attrRepeated       = attribute.Key("marquee.chunk.repeated")
	attrLate           = attribute.Key("marquee.chunk.late")
	attrFound          = attribute.Key("marquee.search.events")
	attrSnapshotEvents = attribute.Key("marquee.snapshot.events")
	attrLimit          = attribute.Key("marquee.search.limit")
	attrLayer          = attribute.Key("marquee.cache.layer")
	attrCacheHit       = attribute.Key("marquee.cache.hit")
	attrAnswerSize     = attribute.Key("marquee.answer.bytes")
	attrAttempt        = attribute.Key("marquee.delivery.attempt")
	attrVerdict        = attribute.Key("marquee.delivery.outcome")
	attrMessageKind    = attribute.Key("marquee.message.kind")
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
		{attrSnapshotEvents, "events that were handed over"},
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
		{semconv.DBSystemNameKey, "sqlite, postgresql or redis"},
		{semconv.DBOperationNameKey, "the call, as the port names it"},
		{semconv.MessagingSystemKey, "the broker"},
		{semconv.MessagingDestinationNameKey, "where messages wait at the broker"},
		{semconv.MessagingOperationNameKey, "publish or process"},
		{semconv.MessagingOperationTypeKey, "send or process"},
		{semconv.MessagingBatchMessageCountKey, "messages in the batch, where there is more than one"},
		{semconv.MessagingMessageIDKey, "id of the message"},
		{semconv.MessagingMessageBodySizeKey, "bytes of the body"},
		{semconv.HTTPRequestMethodKey, "method, _OTHER for an unusual one"},
		{semconv.HTTPRouteKey, "route of the HTTP API"},
		{semconv.HTTPResponseStatusCodeKey, "status code"},
		{semconv.URLSchemeKey, "http or https"},
		{semconv.URLPathKey, "path of the request, cut; never the query"},
		{semconv.URLFullKey, "URL of the provider, without user and query"},
		{semconv.ServerAddressKey, "host of the provider"},
		{semconv.ServerPortKey, "port of the provider"},
		{semconv.UserAgentOriginalKey, "user agent, cut"},
		{semconv.NetworkProtocolVersionKey, "version of HTTP"},
	}
	slices.SortFunc(all, func(a, b Attribute) int { return cmp.Compare(string(a.Key), string(b.Key)) })
	return all
}

// The calls.
var (
	callSearch = Call{Port: "searcher", Method: "search", Kind: trace.SpanKindClient, Store: true, Hot: true,
		Help: "a search", Attributes: []attribute.Key{attrLimit, attrFound}}
	callIndexSearch = Call{Port: "index", Method: "search", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a search in memory", Attributes: []attribute.Key{attrLimit, attrFound}}
	callEvent = Call{Port: "event_reader", Method: "event", Kind: trace.SpanKindClient, Store: true, Hot: true,
		Help: "a question for all that is known of an event"}
	callAllow = Call{Port: "limiter", Method: "allow", Kind: trace.SpanKindInternal, Hot: true,
		Help: "a question to the rate limit"}
	callChanges = Call{Port: "change_reader", Method: "changes", Kind: trace.SpanKindClient, Store: true, Hot: true,
		Help: "a look at the change log"}
	callAwait = Call{Port: "change_reader", Method: "await", Untraced: true,
		Help: "the wait for a change, for as long as it lasts"}
	callSnapshot = Call{Port: "snapshotter", Method: "snapshot", Kind: trace.SpanKindClient, Store: true, Hot: true,
		Help: "the reading of the catalogue, or of a part of it, including what its reader does with the events", Attributes: []attribute.Key{attrSnapshotEvents}}
	callAnswerGet = Call{Port: "answer_cache", Method: "get", Kind: trace.SpanKindInternal, Layered: true, Hot: true,
		Help: "a look for an answer that is kept", Attributes: []attribute.Key{attrLayer, attrCacheHit}}
	callAnswerPut = Call{Port: "answer_cache", Method: "put", Kind: trace.SpanKindInternal, Layered: true, Hot: true,
		Help: "an answer to be kept", Attributes: []attribute.Key{attrLayer, attrAnswerSize}}

	callApply = Call{Port: "ingester", Method: "apply", Kind: trace.SpanKindClient, Store: true,
		Help: "a chunk's transaction", Attributes: []attribute.Key{attrProvider, attrRun, attrChunk, attrAdded, attrUpdated, attrRejected, attrRepeated, attrLate}}
	callComplete = Call{Port: "ingester", Method: "complete", Kind: trace.SpanKindClient, Store: true,
		Help: "the note of what a fetcher published", Attributes: []attribute.Key{attrProvider, attrRun}}
	callPending = Call{Port: "ingester", Method: "pending", Kind: trace.SpanKindClient, Store: true, Hot: true,
		Help: "a look for runs that can be concluded"}
	callConclude = Call{Port: "ingester", Method: "conclude", Kind: trace.SpanKindClient, Store: true,
		Help: "an attempt to conclude a run", Attributes: []attribute.Key{attrProvider, attrRun, attrRunState, attrWithdrawn, attrReturned}}

	callBegin = Call{Port: "runs", Method: "begin", Kind: trace.SpanKindClient, Store: true,
		Help: "the beginning of a run", Attributes: []attribute.Key{attrProvider, attrRun}}
	callFetch = Call{Port: "feed", Method: "fetch", Kind: trace.SpanKindInternal,
		Help: "the reading of a feed, including what its reader does with the records", Attributes: []attribute.Key{attrProvider, attrRecords, attrBytes, attrNotModified}}
	callPublish = Call{Port: "publisher", Method: "publish", Kind: trace.SpanKindProducer,
		Help: "messages on their way to the broker", Attributes: []attribute.Key{semconv.MessagingSystemKey, semconv.MessagingOperationNameKey, semconv.MessagingOperationTypeKey, semconv.MessagingDestinationNameKey, semconv.MessagingMessageIDKey, semconv.MessagingBatchMessageCountKey}}
	callConsume = Call{Port: "intake", Method: "consume", Untraced: true,
		Help: "the taking of messages, for as long as it lasts"}
	callOldest = Call{Port: "backlog", Method: "oldest", Kind: trace.SpanKindClient, Hot: true,
		Help: "a question to the broker since when it is waiting"}
	callBacklog = Call{Port: "backlog", Method: "backlog", Kind: trace.SpanKindClient, Hot: true,
		Help: "a question to the broker how much is waiting"}

	callSuspect     = Call{Port: "parking", Method: "suspect", Kind: trace.SpanKindClient, Store: true, Help: "the count of a message that was never answered"}
	callAbsolve     = Call{Port: "parking", Method: "absolve", Kind: trace.SpanKindClient, Store: true, Help: "the end of the suspicions against a message"}
	callPark        = Call{Port: "parking", Method: "park", Kind: trace.SpanKindClient, Store: true, Help: "a message put aside"}
	callParked      = Call{Port: "parking", Method: "parked", Kind: trace.SpanKindClient, Store: true, Help: "a look at what is parked"}
	callCountParked = Call{Port: "parking", Method: "count_parked", Kind: trace.SpanKindClient, Store: true, Hot: true, Help: "a question how much is parked"}
	callRejected    = Call{Port: "rejection_reader", Method: "rejected", Kind: trace.SpanKindClient, Store: true, Help: "a look at what was rejected"}
	callFeeds       = Call{Port: "feed_reader", Method: "feeds", Kind: trace.SpanKindClient, Store: true, Hot: true, Help: "a look at how the feeds stand"}
	callAcquire     = Call{Port: "leases", Method: "acquire", Kind: trace.SpanKindClient, Store: true, Hot: true, Help: "a lease taken or renewed"}
	callRelease     = Call{Port: "leases", Method: "release", Kind: trace.SpanKindClient, Store: true, Hot: true, Help: "a lease given back"}
)

// Calls are all methods of ports that are watched.
func Calls() []Call {
	return []Call{
		callSearch, callIndexSearch, callEvent, callAllow, callChanges, callAwait, callSnapshot, callAnswerGet, callAnswerPut, callApply, callComplete, callPending, callConclude, callBegin, callFetch,
		callPublish, callConsume, callBacklog, callOldest, callSuspect, callAbsolve, callPark, callParked, callCountParked, callRejected, callFeeds, callAcquire, callRelease,
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
		semconv.HTTPRequestMethodKey, semconv.HTTPResponseStatusCodeKey, semconv.ErrorTypeKey, semconv.URLFullKey, semconv.ServerAddressKey, semconv.ServerPortKey,
	}
	process := []attribute.Key{
		semconv.MessagingSystemKey, semconv.MessagingOperationNameKey, semconv.MessagingOperationTypeKey, semconv.MessagingDestinationNameKey, semconv.MessagingMessageIDKey,
		semconv.MessagingMessageBodySizeKey, attrMessageKind, attrAttempt, attrVerdict,
	}
	all := []Span{{Name: spanRun, Kinds: only(trace.SpanKindInternal), Help: "one reading of a feed, the root of its trace", Attributes: []attribute.Key{attrProvider, attrRun, attrOutcome, semconv.ErrorTypeKey}}}
	for _, m := range append(slices.Clone(httpMethods), other) {
		all = append(all,
			Span{Name: spanMethod(m) + " {route}", Kinds: only(trace.SpanKindServer), Help: "a request to the HTTP API", Attributes: httpServer},
			Span{Name: spanMethod(m), Kinds: only(trace.SpanKindClient), Help: "a request to a provider, until the header of its answer", Attributes: httpClient},
		)
	}
	for _, kind := range labelMessage.Values {
		all = append(all, Span{Name: spanProcess + " " + kind, Kinds: only(trace.SpanKindConsumer), Help: "a delivery in hand; its parent is the span that published it", Attributes: process})
	}
	for _, c := range Calls() {
		if !c.Untraced {
			all = append(all, c.span())
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// span is the definition of the call's span.
func (c Call) span() Span {
	s := Span{Name: c.Name(), Kinds: only(c.Kind), Help: c.Help, Attributes: append(slices.Clone(c.Attributes), attrOutcome, semconv.ErrorTypeKey)}
	if c.Layered {
		s.Kinds = append(s.Kinds, trace.SpanKindClient)
	}
	if c.Store || c.Layered {
		s.Attributes = append(s.Attributes, semconv.DBSystemNameKey, semconv.DBOperationNameKey)
	}
	return s
}

func only(kind trace.SpanKind) []trace.SpanKind { return []trace.SpanKind{kind} }
