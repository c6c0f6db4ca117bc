package observability

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"unicode/utf8"

	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// The formats of log lines.
const (
	FormatJSON = "json"
	FormatText = "text"
)

// The most bytes of one value in a log line or a span. What is longer is cut, and says so.
const (
	maxErrorText = 2 << 10
	maxText      = 8 << 10 // a stack fits
)

// Names of what the context adds to a line.
const (
	logTraceID   = "trace_id"
	logSpanID    = "span_id"
	logRequestID = "request_id"
)

// NewLogger writes lines of a format to w. Each line carries the trace, the span and the request that its
// context belongs to, at its top level whatever groups the logger has. Errors are cut at 2 KiB and texts at 8 KiB,
// so that no dependency decides how long a line is. A format that it does not know is fault.Invalid.
func NewLogger(w io.Writer, level slog.Leveler, format string) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: boundAttr}
	switch format {
	case FormatJSON:
		return slog.New(newContextHandler(slog.NewJSONHandler(w, o))), nil
	case FormatText:
		return slog.New(newContextHandler(slog.NewTextHandler(w, o))), nil
	}
	return nil, fault.InvalidField("format", "log format %q is unknown; use %s or %s", format, FormatJSON, FormatText)
}

// contextHandler adds what a line's context says.
type contextHandler struct {
	slog.Handler              // with all of steps
	root         slog.Handler // with none of them
	// steps are what was added since the first group; empty while there is none. They are replayed after
	// the context's attributes, which would else end up inside the group.
	steps []func(slog.Handler) slog.Handler
}

func newContextHandler(h slog.Handler) contextHandler { return contextHandler{Handler: h, root: h} }

// Handle adds the identities and passes the record on.
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	var room [3]slog.Attr
	attrs := contextAttrs(ctx, room[:0])
	switch {
	case len(attrs) == 0:
		return h.Handler.Handle(ctx, r)
	case len(h.steps) == 0:
		r = r.Clone()
		r.AddAttrs(attrs...)
		return h.Handler.Handle(ctx, r)
	}
	inner := h.root.WithAttrs(slices.Clone(attrs))
	for _, step := range h.steps {
		inner = step(inner)
	}
	return inner.Handle(ctx, r)
}

func contextAttrs(ctx context.Context, attrs []slog.Attr) []slog.Attr {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		attrs = append(attrs, slog.String(logTraceID, sc.TraceID().String()), slog.String(logSpanID, sc.SpanID().String()))
	}
	if id := ports.RequestID(ctx); id != "" {
		attrs = append(attrs, slog.String(logRequestID, id))
	}
	return attrs
}

// WithAttrs returns a handler whose lines have the attributes.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	add := func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) }
	if len(h.steps) == 0 {
		return newContextHandler(add(h.Handler))
	}
	return h.with(add)
}

// WithGroup returns a handler that puts what follows into a group, except for the identities.
func (h contextHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h contextHandler) with(step func(slog.Handler) slog.Handler) contextHandler {
	return contextHandler{Handler: step(h.Handler), root: h.root, steps: append(slices.Clip(h.steps), step)}
}

// boundAttr keeps values from being longer than anyone reads.
func boundAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if s := a.Value.String(); len(s) > maxText {
			a.Value = slog.StringValue(cut(s, maxText))
		}
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			a.Value = slog.StringValue(errorText(err))
		}
	default: // numbers and times are short, groups come value by value
	}
	return a
}

// errorText is the text of an error, bounded. fmt survives an error whose method panics.
func errorText(err error) string { return cut(fmt.Sprint(err), maxErrorText) }

// cut shortens s to at most most bytes of its own, at a character's border, and says how much is missing.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	kept := most
	for kept > 0 && !utf8.RuneStart(s[kept]) {
		kept--
	}
	return s[:kept] + "… (" + strconv.Itoa(len(s)-kept) + " bytes more)"
}
