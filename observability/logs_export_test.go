package observability_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	logcollector "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	otlpcommon "go.opentelemetry.io/proto/otlp/common/v1"
	otlplogs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/grpc"

	"github.com/marquee-events/marquee/observability"
)

// logReceiver takes log records as a collector does.
type logReceiver struct {
	logcollector.UnimplementedLogsServiceServer
	mu  sync.Mutex
	got []*otlplogs.ResourceLogs
}

func (r *logReceiver) Export(_ context.Context, req *logcollector.ExportLogsServiceRequest) (*logcollector.ExportLogsServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, req.GetResourceLogs()...)
	return &logcollector.ExportLogsServiceResponse{}, nil
}

func (r *logReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var message logcollector.ExportLogsServiceRequest
	if err := decode(req, &message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = r.Export(req.Context(), &message)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// records are all that came; each must be of a resource that is this process.
func (r *logReceiver) records(t *testing.T) []*otlplogs.LogRecord {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*otlplogs.LogRecord
	for _, rl := range r.got {
		resource := texts(rl.GetResource().GetAttributes())
		require.Equal(t, "marquee", resource["service.name"])
		require.Equal(t, "v1.2.3", resource["service.version"])
		for _, sl := range rl.GetScopeLogs() {
			all = append(all, sl.GetLogRecords()...)
		}
	}
	return all
}

// texts are attributes that are text; others are there without a value.
func texts(attrs []*otlpcommon.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range attrs {
		m[kv.GetKey()] = kv.GetValue().GetStringValue()
	}
	return m
}

// collect starts a collector of spans and log records.
func collect(t *testing.T) (spans *receiver, logs *logReceiver, address string) {
	t.Helper()
	spans, logs = &receiver{}, &logReceiver{}
	mux := http.NewServeMux()
	mux.Handle("/v1/traces", spans)
	mux.Handle("/v1/logs", logs)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return spans, logs, server.URL
}

// exportingLogger writes to out as well.
func exportingLogger(t *testing.T, telemetry *observability.Telemetry, out io.Writer) *slog.Logger {
	t.Helper()
	log, err := observability.NewLogger(out, slog.LevelInfo, observability.FormatJSON, telemetry.LogHandlers()...)
	require.NoError(t, err)
	return log
}

// Whoever has one of the three finds the others.
func TestALineItsRecordAndItsSpanShareATrace(t *testing.T) {
	spans, logs, address := collect(t)
	telemetry, problems := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", address)
	var lines bytes.Buffer
	log := exportingLogger(t, telemetry, &lines)
	rec := observability.NewRecorder(observability.RecorderOptions{
		Registry: prometheus.NewRegistry(), Tracing: telemetry.Tracing, Logger: log, LogSample: 1, SlowRequest: time.Hour,
	})
	observability.ObserveHTTP(answer(http.StatusOK), rec, byPattern).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/search", nil))
	require.NoError(t, telemetry.Shutdown(t.Context()), "it flushes")
	require.Empty(t, problems.String())

	var line map[string]any
	require.NoError(t, json.Unmarshal(lines.Bytes(), &line), lines.String())
	records := logs.records(t)
	require.Len(t, records, 1)
	record := records[0]
	require.Equal(t, "request", record.GetBody().GetStringValue())
	require.Equal(t, otlplogs.SeverityNumber_SEVERITY_NUMBER_INFO, record.GetSeverityNumber())
	require.Equal(t, "INFO", record.GetSeverityText())
	require.Equal(t, "GET", texts(record.GetAttributes())["method"])
	require.Equal(t, "req-7", texts(record.GetAttributes())["request_id"])

	require.Len(t, spans.got, 1)
	span := spans.got[0].GetScopeSpans()[0].GetSpans()[0]
	require.NotEmpty(t, span.GetTraceId())
	require.Equal(t, span.GetTraceId(), record.GetTraceId())
	require.Equal(t, span.GetSpanId(), record.GetSpanId())
	require.Equal(t, hex.EncodeToString(span.GetTraceId()), line["trace_id"])
	require.Equal(t, hex.EncodeToString(span.GetSpanId()), line["span_id"])
}

func TestRecordsHaveTheSeverityAndTheGroupsOfTheirLines(t *testing.T) {
	_, logs, address := collect(t)
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", address+"/v1/logs")
	require.False(t, telemetry.Tracing.On(), "the endpoint is that of logs")
	var lines bytes.Buffer
	log := exportingLogger(t, telemetry, &lines)
	ctx := tracedContext(t)
	log.DebugContext(ctx, "nobody asked for it")
	log.With("a", "b").WithGroup("g").ErrorContext(ctx, "hello", "c", "d")
	require.NoError(t, telemetry.Shutdown(t.Context()))
	log.ErrorContext(ctx, "after the end")

	records := logs.records(t)
	require.Len(t, records, 1)
	require.Equal(t, otlplogs.SeverityNumber_SEVERITY_NUMBER_ERROR, records[0].GetSeverityNumber())
	attrs := texts(records[0].GetAttributes())
	require.Equal(t, "b", attrs["a"])
	require.Equal(t, "req-1", attrs["request_id"], "beside the group")
	require.Contains(t, attrs, "g")
	require.NotContains(t, attrs, "trace_id", "it has a field of its own")
	require.Equal(t, traceID, hex.EncodeToString(records[0].GetTraceId()))
	require.Equal(t, 2, strings.Count(lines.String(), "\n"), "standard error has what is not exported any more")
}

func TestRecordsAreBoundedAndWithoutSecrets(t *testing.T) {
	_, logs, address := collect(t)
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", address)
	log := exportingLogger(t, telemetry, io.Discard)
	log.With("dsn", "hush").InfoContext(t.Context(), strings.Repeat("m", 1<<20), //nolint:sloglint // a message that is far too long is the point
		"error", errors.New("https://hush@a "+strings.Repeat("e", 1<<20)), "text", "https://p.example/?key=hush&"+strings.Repeat("t", 1<<20), "password", "hush")
	require.NoError(t, telemetry.Shutdown(t.Context()))

	records := logs.records(t)
	require.Len(t, records, 1)
	attrs := texts(records[0].GetAttributes())
	require.NotContains(t, records[0].String(), "hush")
	require.Less(t, len(records[0].GetBody().GetStringValue()), 9<<10)
	require.Less(t, len(attrs["error"]), 3<<10)
	require.Less(t, len(attrs["text"]), 9<<10)
}

func TestRecordsAreExportedOverGRPC(t *testing.T) {
	logs := &logReceiver{}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	logcollector.RegisterLogsServiceServer(server, logs)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+listener.Addr().String(), "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "grpc", "OTEL_TRACES_EXPORTER", "none")
	exportingLogger(t, telemetry, io.Discard).InfoContext(t.Context(), "hello")
	require.NoError(t, telemetry.Shutdown(t.Context()))
	server.Stop()
	require.NoError(t, <-served)
	require.Len(t, logs.records(t), 1)
}

func TestWhenLogsAreNotExported(t *testing.T) {
	const endpoint = "http://127.0.0.1:1"
	for name, env := range map[string][]string{
		"nothing is said":  nil,
		"only for spans":   {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint},
		"disabled":         {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_SDK_DISABLED", "true"},
		"none":             {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_LOGS_EXPORTER", "none"},
		"unknown exporter": {"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_LOGS_EXPORTER", "console"},
	} {
		t.Run(name, func(t *testing.T) {
			telemetry, problems := setup(t, env...)
			require.Empty(t, telemetry.LogHandlers())
			require.NoError(t, telemetry.Shutdown(t.Context()))
			require.Equal(t, name == "unknown exporter", strings.Contains(problems.String(), "variable=OTEL_LOGS_EXPORTER value=console"), problems.String())
		})
	}
}

// A failure to export is no record, or there would be no end of them.
func TestFailuresToExportLogsAreCountedAndNotExported(t *testing.T) {
	var mu sync.Mutex
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message logcollector.ExportLogsServiceRequest
		err := decode(r, &message)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, message.String())
		if err != nil {
			bodies = append(bodies, err.Error())
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	telemetry, problems := setup(t, "OTEL_LOGS_EXPORTER", "otlp", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", server.URL, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "1")
	registry := observability.NewRegistry(observability.Build{})
	observability.NewRecorder(observability.RecorderOptions{Registry: registry, Tracing: telemetry.Tracing})
	log := exportingLogger(t, telemetry, io.Discard)
	for range 5 {
		log.InfoContext(t.Context(), "lost")
	}
	require.NoError(t, telemetry.Shutdown(t.Context()))
	r := rig{t: t, registry: registry}
	r.only("marquee_telemetry_errors_total", map[string]int{"": 5})
	require.Equal(t, 1, strings.Count(problems.String(), "\n"), problems.String())
	require.Contains(t, problems.String(), `msg="telemetry is lost" signal=logs`)
	require.Len(t, bodies, 5)
	require.NotContains(t, strings.Join(bodies, ""), "telemetry is lost")
}

// A collector that takes requests and never answers costs records, and nothing else.
func TestACollectorOfLogsThatHangsHoldsNobodyUp(t *testing.T) {
	server, asked := hanging(t)
	telemetry, _ := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", server, "OTEL_BLRP_MAX_QUEUE_SIZE", "64", "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "16")
	log := exportingLogger(t, telemetry, io.Discard)
	lines := func(n int) {
		for range n {
			log.InfoContext(t.Context(), "work")
		}
	}
	lines(16)
	<-asked // the exporter is stuck now
	lines(10_000)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.ErrorIs(t, telemetry.Shutdown(ctx), context.DeadlineExceeded)
	require.Less(t, time.Since(began), 5*time.Second, "an export may take 10 seconds, a batch 30")
}
