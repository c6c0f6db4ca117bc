package observability

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/ports"
)

const (
	maxPath         = 256 // bytes of a path or user agent that are worth keeping
	headerRequestID = "X-Request-Id"
)

// ObserveHTTP counts, times and traces the requests that next serves, and logs those that fail with 5xx (as errors)
// or take longer than the recorder's limit (as warnings). Of the others, the first and every so many behind it as the
// recorder's LogSample says are logged at info level, with that number as "sampled", and the rest at debug level.
//
// route names the route from a small set. It is asked after the request was served, with the request that next was
// given. A trace is continued where the request brings one, and the sampler decides; who serves strangers and does not
// want them to decide sets OTEL_TRACES_SAMPLER to a sampler that does not follow its parent.
//
// What an answer waited because it was asked to, as its Server-Timing says ("wait;dur=" and milliseconds), is no part of
// the time that it took.
//
// A panic passes through and counts as 500, also when it cuts an answer that had begun.
func ObserveHTTP(next http.Handler, rec *Recorder, route func(*http.Request) string) http.Handler {
	h := &observedHandler{next: next, rec: rec, route: route}
	h.series = newMemo(maxSeries, h.newSeries)
	return h
}

type observedHandler struct {
	next   http.Handler
	rec    *Recorder
	route  func(*http.Request) string
	series *memo[seriesKey, series]
	usual  atomic.Int64 // requests that neither failed nor were slow
}

type seriesKey struct{ route, method, code string }

type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

func (h *observedHandler) newSeries(k seriesKey) series {
	return series{
		requests: h.rec.httpRequests.WithLabelValues(k.route, k.method, k.code),
		duration: h.rec.httpDuration.WithLabelValues(k.route, k.method, codeClass(k.code)),
	}
}

func (h *observedHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	h.rec.httpInFlight.Inc()
	ctx, span := h.start(r)
	if ctx != r.Context() {
		r = r.WithContext(ctx)
	}
	answer := &watchedAnswer{ResponseWriter: w}
	returned := false
	defer func() {
		h.rec.httpInFlight.Dec()
		h.done(r, span, answer, answer.code(ctx, returned), time.Since(began)-answer.waited())
	}()
	h.next.ServeHTTP(answer, r)
	returned = true
}

// start continues the trace that the request brings, and starts a span where tracing is on. span is nil where
// there is none.
func (h *observedHandler) start(r *http.Request) (context.Context, trace.Span) {
	ctx := r.Context()
	if len(r.Header["Traceparent"]) > 0 || len(r.Header["Baggage"]) > 0 {
		ctx = h.rec.tracing.propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	if h.rec.tracer == nil {
		return ctx, nil
	}
	method := knownMethods.label(r.Method)
	ctx, span := h.rec.tracer.Start(ctx, spanMethod(method), serverKind...)
	if span.IsRecording() {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		span.SetAttributes(
			semconv.HTTPRequestMethodKey.String(attributeMethod(method)),
			semconv.URLSchemeKey.String(scheme),
			semconv.URLPathKey.String(cut(r.URL.Path, maxPath)),
			semconv.UserAgentOriginalKey.String(cut(r.UserAgent(), maxPath)),
			semconv.NetworkProtocolVersionKey.String(protocolVersion(r)),
		)
	}
	return ctx, span
}

var serverKind = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

func (h *observedHandler) done(r *http.Request, span trace.Span, answer *watchedAnswer, status int, took time.Duration) {
	key := seriesKey{route: h.rec.routes.label(h.route(r)), method: knownMethods.label(r.Method), code: codeLabel(status)}
	s, ok := h.series.get(key)
	if !ok {
		s = h.newSeries(seriesKey{route: other, method: key.method, code: key.code})
	}
	s.requests.Inc()
	observe(s.duration, took, span)
	h.log(r, answer, key.route, status, took)
	if span == nil {
		return
	}
	if span.IsRecording() {
		span.SetName(spanMethod(key.method) + " " + key.route)
		span.SetAttributes(semconv.HTTPRouteKey.String(key.route), semconv.HTTPResponseStatusCodeKey.Int(status))
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
			span.SetAttributes(semconv.ErrorTypeKey.String(key.code))
		}
	}
	span.End()
}

func (h *observedHandler) log(r *http.Request, answer *watchedAnswer, route string, status int, took time.Duration) {
	level, sampled := slog.LevelDebug, false
	switch {
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	case took >= h.rec.slow:
		level = slog.LevelWarn
	default:
		if sampled = h.sampled(); sampled {
			level = slog.LevelInfo
		}
	}
	ctx := r.Context()
	if !h.rec.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", knownMethods.label(r.Method)), slog.String("route", route), slog.String("path", cut(r.URL.Path, maxPath)),
		slog.Int("status", status), slog.Duration("took", took), slog.Int64("bytes", answer.bytes),
	}
	if sampled {
		attrs = append(attrs, slog.Int64("sampled", h.rec.logSample)) // so that lines can be counted up to requests
	}
	if ports.RequestID(ctx) == "" {
		// The API names the request further inside, and tells its client.
		if id := answer.Header().Get(headerRequestID); id != "" {
			attrs = append(attrs, slog.String(logRequestID, id))
		}
	}
	h.rec.log.LogAttrs(ctx, level, accessLine, attrs...)
}

// accessLine is the message of the line that tells how a request ended.
const accessLine = "request"

// sampled is whether the next usual request is one of those that are logged.
func (h *observedHandler) sampled() bool {
	return h.rec.logSample > 0 && (h.usual.Add(1)-1)%h.rec.logSample == 0
}

func protocolVersion(r *http.Request) string {
	switch {
	case r.ProtoMajor >= 2:
		return string(rune('0' + r.ProtoMajor%10))
	case r.ProtoMinor == 0:
		return "1.0"
	}
	return "1.1"
}
