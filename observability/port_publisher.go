package observability

import (
	"context"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/ports"
)

// ObservePublisher watches messages on their way to the broker and writes the context of the trace into
// their headers, where the intake's decorator finds it. The caller's messages stay as they are.
func ObservePublisher(next ports.Publisher, rec *Recorder) ports.Publisher {
	return &publisher{next: next, rec: rec, publish: rec.call(callPublish)}
}

type publisher struct {
	next    ports.Publisher
	rec     *Recorder
	publish *call
}

func (p *publisher) Publish(ctx context.Context, batch ...ports.Message) (err error) {
	ctx, seen := p.publish.start(ctx, &err)
	defer seen.done(&err)
	if seen.recording() {
		seen.span.SetAttributes(
			semconv.MessagingOperationNameKey.String("publish"), semconv.MessagingOperationTypeSend, whichMessages(batch),
		)
		p.rec.nameBroker(seen.span)
	}
	err = p.next.Publish(ctx, p.withTrace(ctx, batch)...)
	if err == nil {
		for _, m := range batch {
			kind := messageLabel(m.Kind)
			p.rec.published.WithLabelValues(kind).Inc()
			p.rec.publishedBytes.WithLabelValues(kind).Add(float64(len(m.Body)))
		}
	}
	return err
}

// whichMessages is the message, or how many there are: the conventions have one of both on a span.
func whichMessages(batch []ports.Message) attribute.KeyValue {
	if len(batch) == 1 {
		return semconv.MessagingMessageID(cut(batch[0].ID, maxPath))
	}
	return semconv.MessagingBatchMessageCount(len(batch))
}

// withTrace returns the messages with the trace that they belong to, the very same ones where there is none.
func (p *publisher) withTrace(ctx context.Context, batch []ports.Message) []ports.Message {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return batch
	}
	fields := propagation.MapCarrier{}
	p.rec.tracing.propagator.Inject(ctx, fields)
	batch = slices.Clone(batch)
	for i := range batch {
		header := make(map[string]string, len(batch[i].Header)+len(fields))
		maps.Copy(header, batch[i].Header)
		maps.Copy(header, fields)
		batch[i].Header = header
	}
	return batch
}
