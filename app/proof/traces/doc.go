// Package traces is the proof that whoever looks at one trace sees all that happened. Three processes of the service, one for
// each role, work on PostgreSQL, Redis and NATS, and export over OTLP to a real OpenTelemetry collector. The tree of one reading
// of a feed, from the provider to the last transaction, and those of two requests are compared with how they are drawn in the
// test. What is told of one request in a line of the log, a log record, a span and an exemplar has to have the same trace in
// it, and the spans have to say what OpenTelemetry's conventions ask of them.
package traces
