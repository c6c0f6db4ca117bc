package traces

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// caller is somebody who asks the API in the course of a trace of their own.
type caller struct {
	traceID, spanID string
	sampled         bool
}

func newCaller(sampled bool) caller {
	id := make([]byte, 24)
	_, _ = rand.Read(id)
	return caller{traceID: hex.EncodeToString(id[:16]), spanID: hex.EncodeToString(id[16:]), sampled: sampled}
}

// traceparent is what the caller says of its trace, as W3C has it.
func (c caller) traceparent() string {
	flags := "00"
	if c.sampled {
		flags = "01"
	}
	return "00-" + c.traceID + "-" + c.spanID + "-" + flags
}

// answer is what a caller gets to see.
type answer struct {
	http.Header
	body string
}

func (c caller) get(t *testing.T, url string) answer {
	t.Helper()
	return get(t, url, "traceparent", c.traceparent())
}

func get(t *testing.T, url, header, value string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set(header, value)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", body)
	return answer{response.Header, string(body)}
}

// exemplars are those of the durations of requests that are examples of the trace.
func (s *service) exemplars(t *testing.T, traceID string) (lines []string) {
	t.Helper()
	metrics := get(t, s.api.URL()+"/metrics", "Accept", "application/openmetrics-text")
	for line := range strings.Lines(metrics.body) {
		if strings.HasPrefix(line, "marquee_http_request_duration_seconds_bucket{") && strings.Contains(line, `# {trace_id="`+traceID+`"}`) {
			lines = append(lines, line)
		}
	}
	return lines
}

// logLine is a line of the log, as far as it is looked at.
type logLine struct {
	Message   string `json:"msg"`
	TraceID   string `json:"trace_id"`
	SpanID    string `json:"span_id"`
	RequestID string `json:"request_id"`
}

// lines are those of the API's log that belong to the trace.
func (s *service) lines(t *testing.T, traceID string) (lines []logLine) {
	t.Helper()
	for line := range strings.Lines(s.api.Log()) {
		var l logLine
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &l) == nil && l.TraceID == traceID {
			lines = append(lines, l)
		}
	}
	return lines
}

// logged are the log records of the trace that the collector has.
func (s *service) logged(t *testing.T, traceID string) (records []record) {
	t.Helper()
	for _, r := range s.records(t) {
		if r.TraceID == traceID {
			records = append(records, r)
		}
	}
	return records
}
