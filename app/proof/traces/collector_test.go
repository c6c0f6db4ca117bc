package traces

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// collector receives what all processes export.
type collector struct{ *prooftest.Collector }

func (c *collector) file(signal string) string {
	return map[string]string{"traces": c.Traces, "logs": c.Logs}[signal]
}

// exports are the settings of a process that exports to the collector by a protocol.
func (c *collector) exports(role, protocol, sampler string) []string {
	endpoint := c.HTTP
	if protocol == "grpc" {
		endpoint = c.GRPC
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
