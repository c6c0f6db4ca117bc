package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// telemetryFiles is an OpenTelemetry collector that writes what it receives to files.
type telemetryFiles struct {
	*server.Instance
	endpoint     string
	traces, logs string // files, a line for each export
}

func startTelemetryFiles(t *testing.T) *telemetryFiles {
	t.Helper()
	dir := t.TempDir()
	receives := freeAddress(t)
	c := &telemetryFiles{endpoint: "http://" + receives, traces: filepath.Join(dir, "traces.json"), logs: filepath.Join(dir, "logs.json")}
	// The collector says at its own metrics that it is there.
	const config = `
receivers: {otlp: {protocols: {http: {endpoint: %q}}}}
processors: {batch: {timeout: 200ms}}
exporters:
  file/traces: {path: %q, flush_interval: 200ms}
  file/logs: {path: %q, flush_interval: 200ms}
service:
  telemetry:
    logs: {level: warn}
    metrics:
      level: basic
      readers:
        - pull:
            exporter:
              prometheus:
                host: 127.0.0.1
                port: ${env:COLLECTOR_PORT}
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [file/traces]}
    logs: {receivers: [otlp], processors: [batch], exporters: [file/logs]}
`
	path := filepath.Join(dir, "collector.yml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, config, receives, c.traces, c.logs), 0o600))
	c.Instance = server.StartProgram(t, server.Program{
		Name: "collector", Ready: "/metrics",
		Command: func(address, _ string) []string {
			return []string{"/usr/bin/env", "COLLECTOR_PORT=" + portOf(address), tool(t, "collector"), "--config=file:" + path}
		},
	})
	return c
}
