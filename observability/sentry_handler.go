package observability

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"

	"github.com/getsentry/sentry-go"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"

	"github.com/marquee-events/marquee/ports"
)

// Attributes that have a place of their own in an event.
const (
	logError = "error"
	logRoute = "route"
)

// sentryHandler makes events out of records of level error and above. What comes faster than the limit is dropped, and
// the next event says how many that were.
type sentryHandler struct {
	client  *sentry.Client
	limit   *rate.Limiter
	dropped *atomic.Int64
	attrs   []sentryAttr
	prefix  string // of the attributes to come
}

type sentryAttr struct {
	key   string
	value any
}

// Enabled is whether the level is that of an error.
func (h sentryHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}

// WithAttrs returns a handler whose events have the attributes.
func (h sentryHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = slices.Clip(h.attrs)
	for _, a := range attrs {
		h.attrs = appendFlat(h.attrs, h.prefix, a)
	}
	return h
}

// WithGroup returns a handler that puts the group's name in front of what follows.
func (h sentryHandler) WithGroup(name string) slog.Handler {
	h.prefix += name + "."
	return h
}

// appendFlat appends an attribute, or those of a group, by their full names.
func appendFlat(to []sentryAttr, prefix string, a slog.Attr) []sentryAttr {
	if a.Value.Kind() != slog.KindGroup {
		return append(to, sentryAttr{prefix + a.Key, a.Value.Any()})
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, member := range a.Value.Group() {
		to = appendFlat(to, prefix, member)
	}
	return to
}

// Handle queues an event, or drops it. It never waits and never fails. How a request ended is no event: why it did is, and
// has been logged where that was known.
func (h sentryHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == accessLine {
		return nil
	}
	if !h.limit.Allow() {
		h.dropped.Add(1)
		return nil
	}
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = appendFlat(attrs, h.prefix, a)
		return true
	})
	if dropped := h.dropped.Swap(0); dropped > 0 {
		attrs = append(attrs, sentryAttr{"errors_dropped_before", dropped})
	}
	h.client.CaptureEvent(newEvent(ctx, r, attrs), nil, nil)
	return nil
}

// newEvent is named by the record's message, which is a constant, so that one fault is one issue whatever its error quotes.
func newEvent(ctx context.Context, r slog.Record, attrs []sentryAttr) *sentry.Event {
	event := sentry.NewEvent()
	event.Timestamp = r.Time
	event.Level = sentry.LevelError
	event.Message = r.Message
	event.Fingerprint = []string{r.Message}
	event.Tags = map[string]string{}
	event.Contexts = map[string]sentry.Context{}

	all := sentry.Context{}
	for _, a := range attrs {
		all[a.key] = a.value
		text, ok := a.value.(string)
		if !ok {
			continue
		}
		switch a.key {
		case logError:
			event.Exception = []sentry.Exception{{Type: r.Message, Value: text}}
		case logRequestID:
			event.Tags[logRequestID] = text
		case logRoute:
			event.Transaction = text
			event.Fingerprint = append(event.Fingerprint, text)
		}
	}
	event.Contexts["attributes"] = all

	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		event.Contexts["trace"] = sentry.Context{logTraceID: sc.TraceID().String(), logSpanID: sc.SpanID().String()}
		event.Tags[logTraceID] = sc.TraceID().String()
	}
	if id := ports.RequestID(ctx); id != "" {
		event.Tags[logRequestID] = id
	}
	return event
}
