package observability_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

func tracedContext(t *testing.T) context.Context {
	t.Helper()
	tid, err := trace.TraceIDFromHex(traceID)
	require.NoError(t, err)
	sid, err := trace.SpanIDFromHex(spanID)
	require.NoError(t, err)
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: tid, SpanID: sid}))
	return ports.WithRequestID(ctx, "req-1")
}

func jsonLogger(t *testing.T) (log *slog.Logger, line func() map[string]any) {
	t.Helper()
	var out bytes.Buffer
	log, err := observability.NewLogger(&out, slog.LevelInfo, observability.FormatJSON)
	require.NoError(t, err)
	return log, func() map[string]any {
		t.Helper()
		var m map[string]any
		require.NoError(t, json.Unmarshal(out.Bytes(), &m), out.String())
		out.Reset()
		return m
	}
}

func TestALineKnowsItsTraceAndRequest(t *testing.T) {
	log, line := jsonLogger(t)
	ids := map[string]any{"trace_id": traceID, "span_id": spanID, "request_id": "req-1"}
	for name, log := range map[string]*slog.Logger{
		"plain":           log,
		"with attributes": log.With("a", 1),
		"in a group":      log.WithGroup("g"),
		"deep":            log.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3),
	} {
		t.Run(name, func(t *testing.T) {
			log.InfoContext(tracedContext(t), "hello", "own", true)
			got := line()
			for k, v := range ids {
				require.Equal(t, v, got[k], "%s at the top level of %v", k, got)
			}
		})
	}

	log.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3).InfoContext(tracedContext(t), "hello", "own", true)
	got := line()
	require.EqualValues(t, 1, got["a"])
	require.Equal(t, map[string]any{"b": 2.0, "h": map[string]any{"c": 3.0, "own": true}}, got["g"])
}

func TestALineWithoutContextHasNoIDs(t *testing.T) {
	log, line := jsonLogger(t)
	log.InfoContext(t.Context(), "hello")
	got := line()
	for _, k := range []string{"trace_id", "span_id", "request_id"} {
		require.NotContains(t, got, k)
	}
}

func TestALineIsBounded(t *testing.T) {
	log, line := jsonLogger(t)
	log.InfoContext(t.Context(), strings.Repeat("m", 1<<20), //nolint:sloglint // a message that is far too long is the point
		"error", errors.New(strings.Repeat("é", 1<<20)), "text", strings.Repeat("t", 1<<20), "short", "as it is")
	got := line()
	require.Len(t, got["error"], 2048+len("… (2095104 bytes more)"))
	require.Less(t, len(got["text"].(string)), 9<<10)
	require.Less(t, len(got["msg"].(string)), 9<<10)
	require.Equal(t, "as it is", got["short"])
}

func TestALoggerSurvivesAnErrorThatPanics(t *testing.T) {
	log, line := jsonLogger(t)
	var none *fault.Error
	log.InfoContext(t.Context(), "hello", "error", error(none))
	require.Equal(t, "<nil>", line()["error"])
}

func TestFormatsAndLevels(t *testing.T) {
	var out bytes.Buffer
	log, err := observability.NewLogger(&out, slog.LevelWarn, observability.FormatText)
	require.NoError(t, err)
	log.InfoContext(tracedContext(t), "quiet")
	require.Empty(t, out.String())
	log.WarnContext(tracedContext(t), "loud")
	require.Contains(t, out.String(), "level=WARN msg=loud trace_id="+traceID)

	_, err = observability.NewLogger(&out, slog.LevelWarn, "xml")
	require.True(t, fault.Is(err, fault.Invalid))
	require.ErrorContains(t, err, `"xml" is unknown; use json or text`)
}

func slogDiscard() *slog.Logger { return slog.New(slog.DiscardHandler) }
