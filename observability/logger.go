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

// NewLogger writes lines of a format to w, and hands them to more as well. Each line carries the trace, the span and the
// request that its context belongs to, at its top level whatever groups the logger has.
//
// Errors are cut at 2 KiB and texts at 8 KiB, so that no dependency decides how long a line is. Users and passwords
// in URLs, values that are given to a secret name ("key=…") and attributes with such a name are replaced by "redacted".
// Both hold for w and for more alike. A format that it does not know is fault.Invalid.
func NewLogger(w io.Writer, level slog.Leveler, format string, more ...slog.Handler) (*slog.Logger, error) {
	if level == nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	var lines slog.Handler
	switch format {
	case FormatJSON:
		lines = slog.NewJSONHandler(w, o)
	case FormatText:
		lines = slog.NewTextHandler(w, o)
	default:
		return nil, fault.InvalidField("format", "log format %q is unknown; use %s or %s", format, FormatJSON, FormatText)
	}
	all := slog.Handler(newContextHandler(lines, contextAttrs))
	if len(more) > 0 {
		all = slog.NewMultiHandler(slices.Concat([]slog.Handler{all}, more)...)
	}
	return slog.New(cleanHandler{Handler: all, level: level}), nil
}

// cleanHandler is the first to get a record, and the last to see what should not leave the process. Its level is that
// of all handlers behind it: one that takes everything would else have every line made that nobody asked for.
type cleanHandler struct {
	slog.Handler
	level slog.Leveler
}

// Enabled is whether any line of the level is wanted.
func (h cleanHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// Handle passes on what is left of the record.
func (h cleanHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, cleanText(r.Message), r.PC)
	var room [8]slog.Attr
	attrs := room[:0]
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, cleanAttr(a))
		return true
	})
	clean.AddAttrs(attrs...)
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs returns a handler whose lines have what is left of the attributes.
func (h cleanHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return cleanHandler{Handler: h.Handler.WithAttrs(cleanAttrs(attrs)), level: h.level}
}

// WithGroup returns a handler that puts what follows into a group.
func (h cleanHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return cleanHandler{Handler: h.Handler.WithGroup(name), level: h.level}
}

// contextHandler adds what a line's context says.
type contextHandler struct {
	slog.Handler              // with all of steps
	root         slog.Handler // with none of them
	// steps are what was added since the first group; empty while there is none. They are replayed after
	// the context's attributes, which would else end up inside the group.
	steps []func(slog.Handler) slog.Handler
	// identities are the context's attributes, appended to those that are given.
	identities func(context.Context, []slog.Attr) []slog.Attr
}

func newContextHandler(h slog.Handler, identities func(context.Context, []slog.Attr) []slog.Attr) contextHandler {
	return contextHandler{Handler: h, root: h, identities: identities}
}

// Handle adds the identities and passes the record on.
func (h contextHandler) Handle(ctx context.Context, r slog.Record) error {
	var room [3]slog.Attr
	attrs := h.identities(ctx, room[:0])
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
	return requestAttrs(ctx, attrs)
}

func requestAttrs(ctx context.Context, attrs []slog.Attr) []slog.Attr {
	if id := ports.RequestID(ctx); id != "" {
		attrs = append(attrs, slog.String(logRequestID, id))
	}
	return attrs
}

// WithAttrs returns a handler whose lines have the attributes.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	add := func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) }
	if len(h.steps) == 0 {
		return newContextHandler(add(h.Handler), h.identities)
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
	return contextHandler{Handler: step(h.Handler), root: h.root, steps: append(slices.Clip(h.steps), step), identities: h.identities}
}

// errorText is the text of an error, bounded and without secrets. fmt survives an error whose method panics.
func errorText(err error) string { return cut(redact(fmt.Sprint(err)), maxErrorText) }

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
