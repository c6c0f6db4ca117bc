package traces

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// collector is a real OpenTelemetry collector, which writes into two files what it receives.
type collector struct {
	*server.Instance
	http, grpc string // addresses
	dir        string
}

// Nothing is batched: what an exporter was told is received, is in the file as soon as it is flushed.
const collectorConfig = `
receivers:
  otlp:
    protocols:
      http: {endpoint: %q}
      grpc: {endpoint: %q}
exporters:
  file/traces: {path: %q, flush_interval: 50ms}
  file/logs: {path: %q, flush_interval: 50ms}
service:
  telemetry:
    logs: {level: warn}
    metrics:
      level: basic
      readers: [{pull: {exporter: {prometheus: {host: %q, port: %s}}}}]
  pipelines:
    traces: {receivers: [otlp], exporters: [file/traces]}
    logs: {receivers: [otlp], exporters: [file/logs]}
`

func startCollector(t *testing.T) *collector {
	t.Helper()
	folder := os.Getenv("MARQUEE_TEST_TOOLS")
	if folder == "" {
		t.Fatal("MARQUEE_TEST_TOOLS does not say where the collector is: make test builds it and says so")
	}
	c := &collector{http: freeAddress(t), grpc: freeAddress(t), dir: t.TempDir()}
	c.Instance = server.StartProgram(t, server.Program{
		Name: "collector", Ready: "/metrics",
		Command: func(address, _ string) []string {
			host, port, err := net.SplitHostPort(address)
			require.NoError(t, err)
			config := filepath.Join(c.dir, "config.yml")
			text := fmt.Sprintf(collectorConfig, c.http, c.grpc, c.file("traces"), c.file("logs"), host, port)
			require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
			return []string{filepath.Join(folder, "collector"), "--config=file:" + config}
		},
	})
	for _, address := range []string{c.http, c.grpc} {
		until(t, "the collector takes connections at "+address, func() bool {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
			return err == nil && conn.Close() == nil
		})
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("collector: %s", c.Log())
		}
	})
	return c
}

func (c *collector) file(signal string) string { return filepath.Join(c.dir, signal+".json") }

// exports are the settings of a process that exports to the collector by a protocol.
func (c *collector) exports(role, protocol, sampler string) []string {
	endpoint := "http://" + c.http
	if protocol == "grpc" {
		endpoint = "http://" + c.grpc
	}
	return []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol,
		"OTEL_TRACES_SAMPLER=" + sampler, "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=" + role,
		"OTEL_BSP_SCHEDULE_DELAY=50", "OTEL_BLRP_SCHEDULE_DELAY=50",
	}
}

// each reads the file of a signal. Its last line may be half there.
func each[T any](t *testing.T, c *collector, signal string, use func(T)) {
	t.Helper()
	text, err := os.ReadFile(c.file(signal))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return
		}
		var told T
		require.NoError(t, json.Unmarshal(line, &told), "%s", line)
		use(told)
	}
}

// spans are all that were received so far.
func (c *collector) spans(t *testing.T) (all []span) {
	t.Helper()
	each(t, c, "traces", func(told exportedTraces) {
		for _, of := range told.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				for _, s := range scope.Spans {
					s.scope = scope.Scope.Name
					s.role = of.Resource.Attributes.text("service.instance.id")
					all = append(all, s)
				}
			}
		}
	})
	return all
}

// trace are the spans of one trace.
func (c *collector) trace(t *testing.T, id string) (spans []span) {
	t.Helper()
	for _, s := range c.spans(t) {
		if s.TraceID == id {
			spans = append(spans, s)
		}
	}
	return spans
}

// records are all log records that were received so far.
func (c *collector) records(t *testing.T) (all []record) {
	t.Helper()
	each(t, c, "logs", func(told exportedLogs) {
		for _, of := range told.ResourceLogs {
			for _, scope := range of.ScopeLogs {
				all = append(all, scope.LogRecords...)
			}
		}
	})
	return all
}
