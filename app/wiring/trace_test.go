package wiring_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	logcollector "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/ports"
)

// telemetryReceiver is a collector: it takes what a process exports over OTLP.
type telemetryReceiver struct {
	mu      sync.Mutex
	spans   []*trace.Span
	records []*logs.LogRecord
}

func (c *telemetryReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	packed, err := io.ReadAll(body)
	if err != nil || c.take(r.URL.Path, packed) != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (c *telemetryReceiver) take(path string, packed []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if path == "/v1/logs" {
		var export logcollector.ExportLogsServiceRequest
		err := proto.Unmarshal(packed, &export)
		for _, resource := range export.GetResourceLogs() {
			for _, scope := range resource.GetScopeLogs() {
				c.records = append(c.records, scope.GetLogRecords()...)
			}
		}
		return err
	}
	var export collector.ExportTraceServiceRequest
	err := proto.Unmarshal(packed, &export)
	for _, resource := range export.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
	return err
}

// One trace leads from a fetch through the broker to the store, with what was logged on the way, and all of it is
// exported before the process has ended.
func TestOneTraceFromTheFetchToTheStore(t *testing.T) {
	var received telemetryReceiver
	server := httptest.NewServer(&received)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_TRACES_SAMPLER", "always_on")

	p := &process{t: t}
	p.app = wiring.Process(settings(t, wiring.AllRoles, "MARQUEE_PROVIDER_URL="+replay(t, testStory)), fx.Populate(&p.feeds))
	require.NoError(t, p.app.Err())
	require.NoError(t, p.app.Start(t.Context()))
	p.awaitFirstRun()
	stopping, cancel := context.WithTimeout(context.Background(), p.app.StopTimeout())
	defer cancel()
	require.NoError(t, p.app.Stop(stopping))

	received.mu.Lock()
	defer received.mu.Unlock()
	i := slices.IndexFunc(received.spans, func(s *trace.Span) bool { return s.GetName() == "fetch run" })
	require.GreaterOrEqual(t, i, 0, "no fetch among %d spans", len(received.spans))
	var names []string
	for _, s := range received.spans {
		if bytes.Equal(s.GetTraceId(), received.spans[i].GetTraceId()) {
			names = append(names, s.GetName())
		}
	}
	slices.Sort(names)
	assert.Equal(t, []string{
		"GET", "feed.fetch", "fetch run", "ingester.apply", "ingester.complete", "ingester.conclude",
		"process " + ports.KindChunk, "process " + ports.KindCompletion, "publisher.publish",
	}, slices.Compact(names), "some more than once: a conclusion is tried whenever it may be possible")

	byMessage := map[string]*logs.LogRecord{}
	for _, r := range received.records {
		byMessage[r.GetBody().GetStringValue()] = r
	}
	require.Contains(t, byMessage, "run ended")
	assert.Equal(t, received.spans[i].GetTraceId(), byMessage["run ended"].GetTraceId())
	assert.Contains(t, byMessage, "stopping", "what is logged while the process stops is exported, too")
}
