package observability

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/fault"
)

const kinds = int(fault.Internal) + 1

// call is a Call made ready: everything that can be looked up before the first one.
type call struct {
	name     string
	hot      bool
	tracer   trace.Tracer
	options  []trace.SpanStartOption
	outcomes [kinds]prometheus.Counter
	duration prometheus.Observer
	kinds    [kinds]attribute.KeyValue
}

func (r *Recorder) call(c Call) *call {
	if c.Store {
		return r.callTo(r.store, c)
	}
	return r.ready(c, trace.WithSpanKind(c.Kind))
}

// callTo is a call to a database. What the conventions ask of it is told as its span starts, when a sampler may ask for it; a
// call that is hot has no span where nobody would see that.
func (r *Recorder) callTo(system attribute.KeyValue, c Call) *call {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}
	if system.Valid() {
		options = append(options, trace.WithAttributes(system, semconv.DBOperationName(c.Method)))
	}
	return r.ready(c, options...)
}

func (r *Recorder) ready(c Call, options ...trace.SpanStartOption) *call {
	ready := &call{name: c.Name(), hot: c.Hot, options: options}
	for _, k := range fault.Kinds() {
		ready.outcomes[k] = r.portCalls.WithLabelValues(c.Port, c.Method, k.String())
		ready.kinds[k] = attrOutcome.String(k.String())
	}
	if !c.Untraced {
		ready.tracer = r.tracer
		ready.duration = r.portDuration.WithLabelValues(c.Port, c.Method)
	}
	return ready
}

// errUnfinished is the error of a call that has not returned: what a panic leaves behind.
var errUnfinished = fault.New(fault.Internal, "the call panicked")

// observation is a call under way.
type observation struct {
	call  *call
	began time.Time
	span  trace.Span // nil where there is none
}

// start begins to watch a call. It is used as
//
//	ctx, seen := s.search.start(ctx, &err)
//	defer seen.done(&err)
//
// where err is the result that the call is going to set.
func (c *call) start(ctx context.Context, err *error) (context.Context, observation) {
	*err = errUnfinished
	seen := observation{call: c, began: time.Now()}
	if c.tracer != nil && (!c.hot || trace.SpanContextFromContext(ctx).IsSampled()) {
		ctx, seen.span = c.tracer.Start(ctx, c.name, c.options...) //nolint:spancheck // done ends it
	}
	return ctx, seen
}

// done counts the call, times it and ends its span.
func (o observation) done(err *error) {
	kind := kindOf(*err)
	o.call.outcomes[kind].Inc()
	if o.call.duration != nil {
		observe(o.call.duration, time.Since(o.began), o.span)
	}
	if o.span != nil {
		if o.span.IsRecording() {
			o.span.SetAttributes(o.call.kinds[kind])
			markError(o.span, kind, *err)
		}
		o.span.End()
	}
}

// recording is whether attributes would be seen by anyone.
func (o observation) recording() bool { return o.span != nil && o.span.IsRecording() }

// kindOf is a kind that has a place in every table.
func kindOf(err error) fault.Kind {
	if kind := fault.KindOf(err); int(kind) < kinds {
		return kind
	}
	return fault.Internal
}

// markError records what went wrong. Only what somebody has to mend is an error of the span.
func markError(span trace.Span, kind fault.Kind, err error) {
	switch kind {
	case fault.Unavailable, fault.Internal:
	case fault.None, fault.Invalid, fault.NotFound, fault.Gone, fault.Conflict, fault.Canceled:
		return
	}
	text := errorText(err)
	span.SetStatus(codes.Error, text)
	span.SetAttributes(semconv.ErrorTypeKey.String(kind.String()))
	span.AddEvent("exception", trace.WithAttributes(
		semconv.ExceptionTypeKey.String(fmt.Sprintf("%T", err)), semconv.ExceptionMessageKey.String(text),
	))
}
