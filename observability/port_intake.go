package observability

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/ports"
)

// ObserveIntake watches deliveries. Each has a span that continues the trace of the message's publisher, and
// links to it, as the conventions for messaging ask.
func ObserveIntake(next ports.Intake, rec *Recorder) ports.Intake {
	for _, kind := range labelMessage.Values {
		for _, outcome := range labelDelivery.Values {
			rec.deliveries.WithLabelValues(kind, outcome)
		}
		rec.redeliveries.WithLabelValues(kind)
	}
	return &intake{next: next, rec: rec, consume: rec.call(callConsume)}
}

type intake struct {
	next    ports.Intake
	rec     *Recorder
	consume *call
}

func (i *intake) Consume(ctx context.Context, parallel int, handle func(context.Context, ports.Delivery) ports.Verdict) (err error) {
	ctx, seen := i.consume.start(ctx, &err)
	defer seen.done(&err)
	return i.next.Consume(ctx, parallel, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		return i.deliver(ctx, d, handle)
	})
}

func (i *intake) deliver(ctx context.Context, d ports.Delivery, handle func(context.Context, ports.Delivery) ports.Verdict) (v ports.Verdict) {
	began := time.Now()
	kind := messageLabel(d.Kind)
	i.rec.deliveriesInFlight.Inc()
	if d.Attempt > 1 {
		i.rec.redeliveries.WithLabelValues(kind).Inc()
	}
	if !d.Published.IsZero() {
		i.rec.deliveryWait.WithLabelValues(kind).Observe(max(i.rec.clock().Sub(d.Published).Seconds(), 0))
	}
	ctx, span := i.span(ctx, d, kind)
	outcome := deliveryPanicked
	defer func() {
		i.rec.deliveriesInFlight.Dec()
		i.rec.deliveries.WithLabelValues(kind, outcome).Inc()
		observe(i.rec.deliveryDuration.WithLabelValues(kind), time.Since(began), span)
		if span == nil {
			return
		}
		span.SetAttributes(attrVerdict.String(outcome))
		span.End()
	}()
	v = handle(ctx, d)
	if outcome = deliveryAcked; v.Retry {
		outcome = deliveryRetried
	}
	return v
}

// span continues the message's trace; it is nil where tracing is off.
func (i *intake) span(ctx context.Context, d ports.Delivery, kind string) (context.Context, trace.Span) {
	var sender trace.SpanContext
	if len(d.Header) > 0 {
		ctx = i.rec.tracing.propagator.Extract(ctx, propagation.MapCarrier(d.Header))
		sender = trace.SpanContextFromContext(ctx)
	}
	if i.rec.tracer == nil {
		return ctx, nil
	}
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer)}
	if sender.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: sender}))
	}
	ctx, span := i.rec.tracer.Start(ctx, spanProcess+" "+kind, options...)
	if span.IsRecording() {
		span.SetAttributes(
			semconv.MessagingOperationNameKey.String(spanProcess), semconv.MessagingOperationTypeProcess,
			semconv.MessagingMessageID(cut(d.ID, maxPath)), semconv.MessagingMessageBodySize(len(d.Body)),
			attrMessageKind.String(kind), attrAttempt.Int(d.Attempt),
		)
		i.rec.nameBroker(span)
	}
	return ctx, span
}
