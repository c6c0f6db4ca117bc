package observability_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
)

const traceparent = "00-" + traceID + "-" + spanID + "-01"

func byPattern(r *http.Request) string { return r.Pattern }

func (r *rig) handler(h http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/events/{id}", h)
	return observability.ObserveHTTP(mux, r.Recorder, byPattern)
}

func (r *rig) serve(h http.HandlerFunc, method, path string, header ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	req := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.handler(h).ServeHTTP(w, req)
	return w
}

func answer(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "req-7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "body")
	}
}

func (r *rig) line() map[string]any {
	r.t.Helper()
	m := map[string]any{}
	if r.lines.Len() > 0 {
		require.NoError(r.t, json.Unmarshal(r.lines.Bytes(), &m), r.lines.String())
	}
	r.lines.Reset()
	return m
}

func TestARequestIsCountedTracedAndLogged(t *testing.T) {
	r := newRig(t)
	var inside trace.SpanContext
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		inside = trace.SpanContextFromContext(req.Context())
		r.only("marquee_http_requests_in_flight", map[string]int{"": 1})
		answer(http.StatusOK)(w, req)
	}, http.MethodGet, "/events/7?q=secret", "Traceparent", traceparent, "User-Agent", "curl")

	r.only("marquee_http_requests_total", map[string]int{"code=200 method=GET route=/events/{id}": 1})
	r.only("marquee_http_request_duration_seconds", map[string]int{"class=2xx method=GET route=/events/{id}": 1})
	r.only("marquee_http_requests_in_flight", map[string]int{})
	span := r.span("GET /events/{id}")
	require.Equal(t, traceID, span.SpanContext.TraceID().String(), "the caller's trace goes on")
	require.Equal(t, span.SpanContext.SpanID(), inside.SpanID())
	require.Equal(t, trace.SpanKindServer, span.SpanKind)
	require.Equal(t, map[string]any{
		"http.request.method": "GET", "http.route": "/events/{id}", "http.response.status_code": 200, "url.scheme": "http",
		"url.path": "/events/7", "user_agent.original": "curl", "network.protocol.version": "1.1",
	}, attributes(span))
	line := r.line()
	require.Equal(t, "DEBUG", line["level"])
	require.Equal(t, traceID, line["trace_id"])
	require.Equal(t, "req-7", line["request_id"])
	require.EqualValues(t, 4, line["bytes"])
	require.NotContains(t, line["path"], "secret")
}

func TestAServerErrorIsAnErrorEverywhere(t *testing.T) {
	r := newRig(t)
	r.serve(answer(http.StatusServiceUnavailable), http.MethodGet, "/events/7")
	r.only("marquee_http_requests_total", map[string]int{"code=503 method=GET route=/events/{id}": 1})
	span := r.span("GET /events/{id}")
	require.Equal(t, codes.Error, span.Status.Code)
	require.Equal(t, "503", attributes(span)["error.type"])
	require.Equal(t, "ERROR", r.line()["level"])
}

func TestAClientErrorIsNotOurs(t *testing.T) {
	r := newRig(t)
	r.serve(answer(http.StatusNotFound), http.MethodGet, "/events/7")
	require.Equal(t, codes.Unset, r.span("GET /events/{id}").Status.Code)
	require.Equal(t, "DEBUG", r.line()["level"])
}

func TestASlowRequestIsLogged(t *testing.T) {
	var lines bytes.Buffer
	log, err := observability.NewLogger(&lines, nil, observability.FormatText)
	require.NoError(t, err)
	rec := observability.NewRecorder(observability.RecorderOptions{Registry: observability.NewRegistry(observability.Build{}), Logger: log, SlowRequest: 1})
	observability.ObserveHTTP(answer(http.StatusOK), rec, byPattern).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	require.Contains(t, lines.String(), "level=WARN msg=request")
}

// Of what went well the first and every third behind it, each saying of how many it is one.
func TestRequestsThatWentWellAreSampled(t *testing.T) {
	for sample, want := range map[int]string{0: "DDDDDDD", 1: "IIIIIII", 3: "IDDIDDI", 100: "IDDDDDD"} {
		var lines bytes.Buffer
		log, err := observability.NewLogger(&lines, slog.LevelDebug, observability.FormatJSON)
		require.NoError(t, err)
		rec := observability.NewRecorder(observability.RecorderOptions{
			Registry: observability.NewRegistry(observability.Build{}), Logger: log, SlowRequest: time.Hour, LogSample: sample,
		})
		status := http.StatusOK
		h := observability.ObserveHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }), rec, byPattern)
		serve := func() map[string]any {
			lines.Reset()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			var line map[string]any
			require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.String())
			return line
		}
		var got strings.Builder
		for range want {
			line := serve()
			level := line["level"].(string)
			got.WriteString(level[:1])
			if level == "INFO" {
				require.EqualValues(t, sample, line["sampled"])
			} else {
				require.NotContains(t, line, "sampled")
			}
			status = http.StatusInternalServerError
			require.Equal(t, "ERROR", serve()["level"], "a failure is always logged, and not counted as one of the others")
			status = http.StatusNotFound
		}
		require.Equal(t, want, got.String(), "one in %d", sample)
	}
}

// Sampling costs nothing where there is no line.
func TestARequestThatIsNotLoggedAllocatesNothingForIt(t *testing.T) {
	allocations := func(sample int) float64 {
		log, err := observability.NewLogger(io.Discard, slog.LevelInfo, observability.FormatJSON)
		require.NoError(t, err)
		rec := observability.NewRecorder(observability.RecorderOptions{Registry: observability.NewRegistry(observability.Build{}), Logger: log, SlowRequest: time.Hour, LogSample: sample})
		h := observability.ObserveHTTP(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), rec, byPattern)
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		h.ServeHTTP(w, r) // the first is logged
		return testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) })
	}
	require.InDelta(t, allocations(0), allocations(1<<40), 0)
	require.Greater(t, allocations(1), allocations(0), "a line costs something, or this test tells nothing")
}

func TestWaitingThatWasAskedForIsNotSlow(t *testing.T) {
	for timing, want := range map[string]string{"wait;dur=3600000": "DEBUG", "wait;dur=0": "WARN", "db;dur=3600000": "WARN", "wait;dur=x": "WARN", "": "WARN"} {
		var lines bytes.Buffer
		log, err := observability.NewLogger(&lines, slog.LevelDebug, observability.FormatText)
		require.NoError(t, err)
		rec := observability.NewRecorder(observability.RecorderOptions{Registry: observability.NewRegistry(observability.Build{}), Logger: log, SlowRequest: 1})
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Server-Timing", timing) })
		observability.ObserveHTTP(h, rec, byPattern).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		require.Contains(t, lines.String(), "level="+want+" msg=request", timing)
	}
}

func TestLabelsOfRequestsAreBounded(t *testing.T) {
	r := newSampledRig(t, nil)
	r.serve(answer(http.StatusOK), "BREW", "/nothing/here")
	r.serve(answer(799), http.MethodGet, "/events/7")
	h := observability.ObserveHTTP(answer(http.StatusOK), r.Recorder, func(req *http.Request) string { return req.URL.Path })
	for i := range 200 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/made-up/"+strconv.Itoa(i), nil))
	}
	got := r.values("marquee_http_requests_total")
	require.Equal(t, 1, got["code=404 method=other route=other"])
	require.Equal(t, 1, got["code=other method=GET route=/events/{id}"])
	require.Equal(t, 200-63, got["code=200 method=GET route=other"])
	require.Len(t, got, 1+1+63+1)
}

func TestHowARequestEnds(t *testing.T) {
	left := func(r *http.Request) *http.Request {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		return r.WithContext(ctx)
	}
	same := func(r *http.Request) *http.Request { return r }
	tests := map[string]struct {
		handle  http.HandlerFunc
		request func(*http.Request) *http.Request
		want    string
	}{
		"nothing written": {func(http.ResponseWriter, *http.Request) {}, same, "200"},
		"an interim answer first": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNotFound)
		}, same, "404"},
		"written twice": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			w.WriteHeader(http.StatusInternalServerError)
		}, same, "404"},
		"the client left":             {func(http.ResponseWriter, *http.Request) {}, left, "499"},
		"the client left meanwhile":   {answer(http.StatusOK), left, "200"},
		"panicked":                    {func(http.ResponseWriter, *http.Request) { panic("bug") }, same, "500"},
		"panicked after it had begun": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK); panic("bug") }, same, "500"},
		"cut because the client left": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			panic(http.ErrAbortHandler)
		}, left, "200"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newSampledRig(t, nil)
			func() {
				defer func() { _ = recover() }()
				r.handler(tt.handle).ServeHTTP(httptest.NewRecorder(), tt.request(httptest.NewRequest(http.MethodGet, "/events/7", nil)))
			}()
			r.only("marquee_http_requests_total", map[string]int{"code=" + tt.want + " method=GET route=/events/{id}": 1})
			r.only("marquee_http_requests_in_flight", map[string]int{})
		})
	}
}

func TestAnUnsampledCallerIsFollowed(t *testing.T) {
	r := newSampledRig(t, sdktrace.ParentBased(sdktrace.AlwaysSample()))
	r.serve(answer(http.StatusOK), http.MethodGet, "/events/7", "Traceparent", strings.TrimSuffix(traceparent, "01")+"00")
	require.Empty(t, r.spans.GetSpans())
	require.Equal(t, traceID, r.line()["trace_id"], "the log knows the trace all the same")
}

func TestWithoutTracingTheLogKnowsTheCallersTrace(t *testing.T) {
	r := newSampledRig(t, nil)
	r.serve(answer(http.StatusOK), http.MethodGet, "/events/7", "Traceparent", traceparent)
	require.Equal(t, traceID, r.line()["trace_id"])
}

// What the wrapped writer can do has to work through a real connection.
func TestTheAnswerKeepsItsAbilities(t *testing.T) {
	r := newSampledRig(t, nil)
	server := httptest.NewServer(r.handler(func(w http.ResponseWriter, req *http.Request) {
		rc := http.NewResponseController(w)
		switch req.PathValue("id") {
		case "flush":
			_, _ = io.WriteString(w, "first\n")
			w.(http.Flusher).Flush()
			<-req.Context().Done()
		case "file":
			_, _ = io.Copy(w, strings.NewReader("file"))
		case "hijack":
			conn, _, err := rc.Hijack()
			if err != nil {
				t.Errorf("hijack: %v", err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			_ = conn.Close()
		}
	}))
	defer server.Close()

	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/events/flush", nil)
	require.NoError(t, err)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	line, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "first\n", line, "it arrives while the handler still runs")
	cancel()
	_ = resp.Body.Close()

	resp, err = server.Client().Get(server.URL + "/events/file")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	_ = resp.Body.Close()
	require.Equal(t, "file", string(body))

	resp, err = server.Client().Get(server.URL + "/events/hijack")
	require.NoError(t, err)
	_ = resp.Body.Close()
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequestsToProviders(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	tests := map[string]struct {
		status        int
		err           error
		code, outcome string
		wrong         bool
	}{
		"fine":          {status: 200, code: "200", outcome: "ok"},
		"not modified":  {status: 304, code: "304", outcome: "ok"},
		"not found":     {status: 404, code: "404", outcome: "not_found"},
		"forbidden":     {status: 403, code: "403", outcome: "invalid"},
		"too many":      {status: 429, code: "429", outcome: "unavailable", wrong: true},
		"down":          {status: 503, code: "503", outcome: "unavailable", wrong: true},
		"unreachable":   {err: refused, code: "none", outcome: "unavailable", wrong: true},
		"we went away":  {err: context.Canceled, code: "none", outcome: "canceled"},
		"classified":    {err: fault.New(fault.Invalid, "no"), code: "none", outcome: "invalid"},
		"made-up codes": {status: 299, code: "other", outcome: "ok"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			transport := observability.ObserveTransport(roundTripper(func(req *http.Request) (*http.Response, error) {
				require.Empty(t, req.Header, "nothing of the trace leaves the house")
				require.True(t, trace.SpanContextFromContext(req.Context()).IsValid())
				if tt.err != nil {
					return nil, tt.err
				}
				return &http.Response{StatusCode: tt.status, Body: http.NoBody}, nil
			}), r.Recorder)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://user:word@feed.example/events?key=secret", nil)
			require.NoError(t, err)
			resp, err := transport.RoundTrip(req)
			require.Equal(t, tt.err, err)
			if err == nil {
				require.Equal(t, tt.status, resp.StatusCode)
			}

			r.only("marquee_http_client_requests_total", map[string]int{"code=" + tt.code: 1})
			r.only("marquee_http_client_request_duration_seconds", map[string]int{"outcome=" + tt.outcome: 1})
			span := r.span("GET")
			require.Equal(t, trace.SpanKindClient, span.SpanKind)
			require.Equal(t, "https://feed.example/events", attributes(span)["url.full"])
			require.Equal(t, "feed.example", attributes(span)["server.address"])
			require.Equal(t, 443, attributes(span)["server.port"])
			require.Equal(t, tt.wrong, span.Status.Code == codes.Error)
		})
	}
}

func BenchmarkHTTP(b *testing.B) {
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	observed := func(t *observability.Tracing) http.Handler {
		return observability.ObserveHTTP(bare, observability.NewRecorder(observability.RecorderOptions{
			Registry: observability.NewRegistry(observability.Build{}), Tracing: t,
		}), func(*http.Request) string { return "/search" })
	}
	sdk := func(s sdktrace.Sampler) *observability.Tracing {
		return observability.NewTracing(sdktrace.NewTracerProvider(sdktrace.WithSampler(s)), nil)
	}
	for name, h := range map[string]http.Handler{
		"bare": bare, "tracing_off": observed(nil), "not_sampled": observed(sdk(sdktrace.NeverSample())), "sampled": observed(sdk(sdktrace.AlwaysSample())),
	} {
		b.Run(name, func(b *testing.B) {
			w, r := quiet{}, httptest.NewRequest(http.MethodGet, "/search", nil)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

type quiet struct{}

func (quiet) Header() http.Header         { return nil }
func (quiet) Write(b []byte) (int, error) { return len(b), nil }
func (quiet) WriteHeader(int)             {}
