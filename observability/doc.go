// Package observability is what Marquee tells about itself: logs, traces, metrics
// and health, put around the business from outside.
//
// Decorators (ObserveSearcher, ObserveIngester, …) wrap a port, pass everything on
// unchanged, and derive telemetry from what crosses it. No business code knows
// that it is watched, and leaving a decorator out changes nothing but what is seen.
//
// What holds:
//
//   - Every name that leaves the process is defined in names*.go, as data: Metrics,
//     Calls, Spans and Attributes list them. Metrics are made from those definitions
//     only, so nothing can be exported that is not listed.
//   - Label values are bounded by construction: the kinds of core/fault, constants, the
//     configured providers, or the first few of an open set. Everything else is "other".
//   - A call that ends as not_found, conflict, gone, invalid or canceled did its work. Only
//     unavailable and internal are errors of a span. A call that panics counts as internal.
//   - Without tracing a decorated call costs two readings of the clock, a counter and a
//     histogram, and allocates nothing.
//   - Nothing waits for telemetry. The queues of spans, log records and reported errors are bounded and drop when they
//     are full. A failure to export is counted, and logged where it is not exported itself.
//   - One handler stands in front of every way that a log record takes: what leaves it is bounded and has no secrets in
//     the places where secrets are known to be.
//
// There is one trace from the reading of a feed to the store: the publisher's
// decorator writes the W3C trace context into the headers of messages, the intake's
// continues it.
package observability
