package observability_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/observability"
)

// clearEnvironment takes away what the machine may say of telemetry, for the time of the test.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
}

func setup(t *testing.T, env ...string) (telemetry *observability.Telemetry, lines *bytes.Buffer) {
	t.Helper()
	clearEnvironment(t)
	t.Setenv("OTEL_TRACES_SAMPLER", "always_on")
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	lines = &bytes.Buffer{}
	log, err := observability.NewLogger(&locked{w: lines}, slog.LevelInfo, observability.FormatText)
	require.NoError(t, err)
	telemetry, err = observability.Setup(t.Context(), observability.SetupOptions{Getenv: os.Getenv, Logger: log, Build: observability.Build{Version: "v1.2.3"}})
	require.NoError(t, err)
	return telemetry, lines
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// receiver takes spans as a collector does.
type receiver struct {
	collector.UnimplementedTraceServiceServer
	mu   sync.Mutex
	got  []*otlp.ResourceSpans
	path string
}

func (r *receiver) Export(_ context.Context, req *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, req.GetResourceSpans()...)
	return &collector.ExportTraceServiceResponse{}, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var message collector.ExportTraceServiceRequest
	if err := decode(req, &message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.path = req.URL.Path
	_, _ = r.Export(req.Context(), &message)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// decode reads what was sent over OTLP.
func decode(req *http.Request, message proto.Message) error {
	var body io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return proto.Unmarshal(raw, message)
}

// tracedSearch makes a search of one request.
func tracedSearch(t *testing.T, tracing *observability.Tracing) {
	t.Helper()
	rec := observability.NewRecorder(observability.RecorderOptions{Registry: observability.NewRegistry(observability.Build{}), Tracing: tracing})
	s := observability.ObserveSearcher(&world{}, rec)
	h := observability.ObserveHTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = s.Search(r.Context(), catalogue.Query{Limit: 1})
	}), rec, func(*http.Request) string { return "/search" })
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/search", nil))
}

func (r *receiver) requireSearch(t *testing.T, service string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	traces := map[string]bool{}
	resource := map[string]string{}
	for _, rs := range r.got {
		for _, kv := range rs.GetResource().GetAttributes() {
			resource[kv.GetKey()] = kv.GetValue().GetStringValue()
		}
		for _, ss := range rs.GetScopeSpans() {
			for _, s := range ss.GetSpans() {
				names = append(names, s.GetName())
				traces[string(s.GetTraceId())] = true
			}
		}
	}
	require.ElementsMatch(t, []string{"GET /search", "searcher.search"}, names)
	require.Len(t, traces, 1)
	require.Equal(t, service, resource["service.name"])
	require.Equal(t, "v1.2.3", resource["service.version"])
}

func TestSpansAreExportedOverHTTP(t *testing.T) {
	for name, env := range map[string][]string{
		"by the common endpoint":   {"OTEL_EXPORTER_OTLP_ENDPOINT", "%"},
		"by the endpoint of spans": {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "%/v1/traces"},
		"compressed":               {"OTEL_EXPORTER_OTLP_ENDPOINT", "%", "OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"},
		"asked for":                {"OTEL_EXPORTER_OTLP_ENDPOINT", "%", "OTEL_TRACES_EXPORTER", "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			server := httptest.NewServer(r)
			defer server.Close()
			for i := range env {
				env[i] = strings.ReplaceAll(env[i], "%", server.URL)
			}
			telemetry, lines := setup(t, env...)
			require.True(t, telemetry.Tracing.On())
			tracedSearch(t, telemetry.Tracing)
			require.NoError(t, telemetry.Shutdown(t.Context()), "it flushes")
			r.requireSearch(t, "marquee")
			require.Equal(t, "/v1/traces", r.path)
			require.Empty(t, lines.String())
		})
	}
}

func TestTheEnvironmentDescribesTheProcess(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", server.URL, "OTEL_SERVICE_NAME", "marquee-api", "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	tracedSearch(t, telemetry.Tracing)
	require.NoError(t, telemetry.Shutdown(t.Context()))
	r.requireSearch(t, "marquee-api")
}

func TestSpansAreExportedOverGRPC(t *testing.T) {
	r := &receiver{}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, r)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String(), "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")
	tracedSearch(t, telemetry.Tracing)
	require.NoError(t, telemetry.Shutdown(t.Context()))
	server.Stop()
	require.NoError(t, <-served)
	r.requireSearch(t, "marquee")
}

func TestWhenTracingIsOff(t *testing.T) {
	const endpoint = "http://127.0.0.1:1"
	for name, env := range map[string][]string{
		"nothing is said":  nil,
		"disabled":         {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_SDK_DISABLED", "true"},
		"none":             {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_TRACES_EXPORTER", "none"},
		"unknown exporter": {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_TRACES_EXPORTER", "zipkin"},
	} {
		t.Run(name, func(t *testing.T) {
			telemetry, lines := setup(t, env...)
			require.False(t, telemetry.Tracing.On())
			_, span := telemetry.Tracing.Provider().Tracer("driver").Start(t.Context(), "query")
			require.False(t, span.IsRecording())
			span.End()
			require.NoError(t, telemetry.Shutdown(t.Context()))
			require.Equal(t, name == "unknown exporter", strings.Contains(lines.String(), "variable=OTEL_TRACES_EXPORTER value=zipkin"), lines.String())
		})
	}
}

func TestTheSamplerOfTheEnvironmentDecides(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", server.URL, "OTEL_TRACES_SAMPLER", "traceidratio", "OTEL_TRACES_SAMPLER_ARG", "0")
	tracedSearch(t, telemetry.Tracing)
	require.NoError(t, telemetry.Shutdown(t.Context()))
	require.Empty(t, r.got)
}

func TestPropagators(t *testing.T) {
	for value, want := range map[string][]string{
		"": {"traceparent", "tracestate", "baggage"}, "tracecontext": {"traceparent", "tracestate"}, "none": nil, "b3, baggage": {"baggage"},
	} {
		telemetry, lines := setup(t, "OTEL_PROPAGATORS", value)
		require.ElementsMatch(t, want, telemetry.Tracing.Propagator().Fields(), value)
		require.Equal(t, strings.Contains(value, "b3"), strings.Contains(lines.String(), "value=b3"))
	}
}

func TestAnUnknownProtocolIsToldAndIgnored(t *testing.T) {
	telemetry, lines := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
	require.True(t, telemetry.Tracing.On())
	require.NoError(t, telemetry.Shutdown(t.Context()))
	require.Contains(t, lines.String(), `allowed="http/protobuf, grpc"`)
}

func TestFailuresToExportAreCountedAndLoggedOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer server.Close()
	telemetry, lines := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	registry := observability.NewRegistry(observability.Build{})
	observability.NewRecorder(observability.RecorderOptions{Registry: registry, Tracing: telemetry.Tracing})
	for range 5 {
		_, span := telemetry.Tracing.Provider().Tracer("test").Start(t.Context(), "lost")
		span.End()
		require.NoError(t, telemetry.Tracing.Provider().(interface{ ForceFlush(context.Context) error }).ForceFlush(t.Context()))
	}
	require.NoError(t, telemetry.Shutdown(t.Context()))
	r := rig{t: t, registry: registry}
	r.only("marquee_telemetry_errors_total", map[string]int{"": 5})
	require.Equal(t, 1, strings.Count(lines.String(), "\n"), lines.String())
	require.Contains(t, lines.String(), `msg="telemetry is lost" signal=traces`)
}

// hanging starts a receiver that takes requests and never answers. asked has something once it was asked.
func hanging(t *testing.T) (address string, asked <-chan struct{}) {
	t.Helper()
	requests := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices that its client left only once it has read the body
		select {
		case requests <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// A collector that takes requests and never answers costs spans, and nothing else.
func TestACollectorThatHangsHoldsNobodyUp(t *testing.T) {
	server, asked := hanging(t)
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", server, "OTEL_BSP_MAX_QUEUE_SIZE", "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16")
	tracer := telemetry.Tracing.Provider().Tracer("test")
	spans := func(n int) {
		for range n {
			_, span := tracer.Start(t.Context(), "work")
			span.End()
		}
	}
	spans(16)
	<-asked // the exporter is stuck now
	spans(10_000)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.ErrorIs(t, telemetry.Shutdown(ctx), context.DeadlineExceeded)
	require.Less(t, time.Since(began), 5*time.Second, "an export may take 10 seconds, a batch 30")
}
