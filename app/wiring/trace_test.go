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

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/ports"
)

// spanReceiver is a collector: it takes what a process exports over OTLP.
type spanReceiver struct {
	mu    sync.Mutex
	spans []*trace.Span
}

func (c *spanReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	var export collector.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(packed, &export) != nil {
		http.Error(w, "no spans", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range export.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// One trace leads from a fetch through the broker to the store, and is exported before the process has ended.
func TestOneTraceFromTheFetchToTheStore(t *testing.T) {
	var spans spanReceiver
	server := httptest.NewServer(&spans)
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

	spans.mu.Lock()
	defer spans.mu.Unlock()
	i := slices.IndexFunc(spans.spans, func(s *trace.Span) bool { return s.GetName() == "fetch run" })
	require.GreaterOrEqual(t, i, 0, "no fetch among %d spans", len(spans.spans))
	var names []string
	for _, s := range spans.spans {
		if bytes.Equal(s.GetTraceId(), spans.spans[i].GetTraceId()) {
			names = append(names, s.GetName())
		}
	}
	slices.Sort(names)
	assert.Equal(t, []string{
		"GET", "feed.fetch", "fetch run", "ingester.apply", "ingester.complete", "ingester.conclude",
		"process " + ports.KindChunk, "process " + ports.KindCompletion, "publisher.publish",
	}, slices.Compact(names), "some more than once: a conclusion is tried whenever it may be possible")
}
