package prooftest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// Collector is a real OpenTelemetry collector, which writes into two files what it receives.
type Collector struct {
	*server.Instance
	HTTP, GRPC   string // URLs that take OTLP
	Traces, Logs string // files: a line for each export, of which the last may be half there
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

// StartCollector starts one that ends with the test, and returns once it takes connections.
func StartCollector(t testing.TB) *Collector {
	t.Helper()
	program, dir := Tool(t, "collector"), t.TempDir()
	overHTTP, overGRPC := server.FreeAddress(t), server.FreeAddress(t)
	c := &Collector{
		HTTP: "http://" + overHTTP, GRPC: "http://" + overGRPC,
		Traces: filepath.Join(dir, "traces.json"), Logs: filepath.Join(dir, "logs.json"),
	}
	c.Instance = server.StartProgram(t, server.Program{
		Name: "collector", Ready: "/metrics",
		Command: func(address, _ string) []string {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(dir, "config.yml")
			text := fmt.Sprintf(collectorConfig, overHTTP, overGRPC, c.Traces, c.Logs, host, port)
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{program, "--config=file:" + config}
		},
	})
	for _, address := range []string{overHTTP, overGRPC} {
		Until(t, "the collector takes connections at "+address, func() bool {
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
