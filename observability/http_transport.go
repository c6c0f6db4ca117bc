package observability

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/fault"
)

// ObserveTransport counts, times and traces the requests that next sends, until the header of the answer
// is there; reading the body is part of the span around it.
//
// Providers are strangers, so no header of a trace is sent to them, and neither user nor query of a URL, where keys
// tend to be, gets into a span.
func ObserveTransport(next http.RoundTripper, rec *Recorder) http.RoundTripper {
	return &observedTransport{next: next, rec: rec}
}

type observedTransport struct {
	next http.RoundTripper
	rec  *Recorder
}

// judgeAnswer tells how a request ended. What nobody classified kept an answer from coming, so the
// provider is unavailable.
func judgeAnswer(answer *http.Response, err error) (kind fault.Kind, code string) {
	if err == nil {
		return kindOfStatus(answer.StatusCode), codeLabel(answer.StatusCode)
	}
	if kind = kindOf(err); kind == fault.Internal {
		if _, classified := errors.AsType[*fault.Error](err); !classified {
			kind = fault.Unavailable
		}
	}
	return kind, codeNone
}

// RoundTrip sends the request. Answer and error are next's.
func (t *observedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	method := knownMethods.label(r.Method)
	var span trace.Span
	if t.rec.tracer != nil {
		ctx, s := t.rec.tracer.Start(r.Context(), spanMethod(method), clientKind...)
		defer s.End()
		span = s
		r = r.WithContext(ctx)
	}

	answer, err := t.next.RoundTrip(r)

	kind, code := judgeAnswer(answer, err)
	t.rec.clientRequests.WithLabelValues(code).Inc()
	observe(t.rec.clientDuration.WithLabelValues(kind.String()), time.Since(began), span)
	if span == nil || !span.IsRecording() {
		return answer, err
	}
	span.SetAttributes(
		semconv.HTTPRequestMethodKey.String(attributeMethod(method)),
		semconv.URLFullKey.String(publicURL(r.URL)),
		semconv.ServerAddressKey.String(r.URL.Hostname()),
		semconv.ServerPort(portOf(r.URL)),
	)
	if err != nil {
		markError(span, kind, err)
		return answer, err
	}
	span.SetAttributes(semconv.HTTPResponseStatusCodeKey.Int(answer.StatusCode))
	if kind == fault.Unavailable {
		markError(span, kind, fmt.Errorf("status %d", answer.StatusCode))
	}
	return answer, nil
}

var clientKind = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient)}

// CloseIdleConnections passes on what http.Client asks for.
func (t *observedTransport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func publicURL(u *url.URL) string {
	return cut((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), maxPath)
}

// portOf is the port that the URL leads to, 0 where it leads nowhere.
func portOf(u *url.URL) int {
	if given := u.Port(); given != "" {
		port, _ := strconv.Atoi(given) // what is no number does not get past the parsing of URLs
		return port
	}
	switch u.Scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return 0
}
