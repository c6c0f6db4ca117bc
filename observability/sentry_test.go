package observability_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability"
)

// project takes events as Sentry does.
type project struct {
	mu     sync.Mutex
	events []sentryEvent
	bodies bytes.Buffer
	wrong  []string
}

// sentryEvent is what of an event is looked at.
type sentryEvent struct {
	Level       string                    `json:"level"`
	Message     string                    `json:"message"`
	Release     string                    `json:"release"`
	Environment string                    `json:"environment"`
	Transaction string                    `json:"transaction"`
	Fingerprint []string                  `json:"fingerprint"`
	Tags        map[string]string         `json:"tags"`
	Contexts    map[string]map[string]any `json:"contexts"`
	Modules     map[string]string         `json:"modules"`
	Exception   []struct{ Type, Value string }
}

// ServeHTTP reads an envelope: a line about it, and for each item a line about the item and the item.
func (p *project) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bodies.Write(body)
	if err != nil || r.URL.Path != "/api/7/envelope/" || !strings.Contains(r.Header.Get("X-Sentry-Auth"), "sentry_key=public") {
		p.wrong = append(p.wrong, r.URL.Path+" "+r.Header.Get("X-Sentry-Auth"))
	}
	lines := json.NewDecoder(bytes.NewReader(body))
	var envelope, item struct{ Type string }
	var event sentryEvent
	if err := errors.Join(lines.Decode(&envelope), lines.Decode(&item), lines.Decode(&event)); err != nil || item.Type != "event" {
		p.wrong = append(p.wrong, string(body))
	}
	p.events = append(p.events, event)
}

func (p *project) received(t *testing.T) []sentryEvent {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(t, p.wrong)
	return p.events
}

// reporting sets telemetry up that reports errors to a server.
func reporting(t *testing.T, address string) (telemetry *observability.Telemetry, problems *bytes.Buffer) {
	t.Helper()
	clearEnvironment(t)
	problems = &bytes.Buffer{}
	log, err := observability.NewLogger(&locked{w: problems}, slog.LevelInfo, observability.FormatText)
	require.NoError(t, err)
	telemetry, err = observability.Setup(t.Context(), observability.SetupOptions{
		Getenv: func(string) string { return "" }, Logger: log, Build: observability.Build{Version: "v1.2.3"},
		Sentry: observability.SentryOptions{DSN: strings.Replace(address, "http://", "http://public@", 1) + "/7", Environment: "test"},
	})
	require.NoError(t, err)
	return telemetry, problems
}

func TestErrorsAreReported(t *testing.T) {
	p := &project{}
	server := httptest.NewServer(p)
	defer server.Close()
	telemetry, problems := reporting(t, server.URL)
	log := exportingLogger(t, telemetry, io.Discard)
	ctx := tracedContext(t)
	log.InfoContext(ctx, "fine")
	log.WarnContext(ctx, "not so fine")
	log.With("provider", "city-hall").WithGroup("g").With("a", 1).ErrorContext(ctx, "message parked", slog.Group("h", "b", true))
	log.ErrorContext(ctx, "a request failed", "error", errors.New("disk on fire"), "route", "/search", "took", time.Second)
	log.ErrorContext(t.Context(), "request", "status", 500) // says how that request ended
	log.ErrorContext(t.Context(), "a part of the process ended", "request_id", "req-7")
	require.NoError(t, telemetry.Shutdown(t.Context()), "it flushes")
	require.Empty(t, problems.String())

	events := p.received(t)
	require.Len(t, events, 3)
	for _, e := range events {
		require.Equal(t, "error", e.Level)
		require.Equal(t, "v1.2.3", e.Release)
		require.Equal(t, "test", e.Environment)
		require.Empty(t, e.Modules, "the library gathers nothing by itself")
		for name := range e.Contexts {
			require.Contains(t, []string{"attributes", "trace"}, name)
		}
	}
	require.Equal(t, "message parked", events[0].Message)
	require.Empty(t, events[0].Exception)
	require.Equal(t, map[string]any{"provider": "city-hall", "g.a": 1.0, "g.h.b": true}, events[0].Contexts["attributes"])
	require.Equal(t, map[string]any{"trace_id": traceID, "span_id": spanID}, events[0].Contexts["trace"])
	require.Equal(t, map[string]string{"trace_id": traceID, "request_id": "req-1"}, events[0].Tags)

	require.Equal(t, []struct{ Type, Value string }{{"a request failed", "disk on fire"}}, events[1].Exception)
	require.Equal(t, []string{"a request failed", "/search"}, events[1].Fingerprint, "whatever the error says, it is one issue")
	require.Equal(t, "/search", events[1].Transaction)
	require.Equal(t, map[string]string{"request_id": "req-7"}, events[2].Tags)
}

func TestReportsAreBoundedAndWithoutSecrets(t *testing.T) {
	p := &project{}
	server := httptest.NewServer(p)
	defer server.Close()
	telemetry, _ := reporting(t, server.URL)
	exportingLogger(t, telemetry, io.Discard).With("password", "hush").ErrorContext(t.Context(), "the database at postgres://me:hush@db is away",
		"error", errors.New("https://hush@a "+strings.Repeat("e", 1<<20)), slog.Group("g", "url", "https://p.example/?key=hush"), "text", strings.Repeat("t", 1<<20))
	require.NoError(t, telemetry.Shutdown(t.Context()))
	events := p.received(t)
	require.Len(t, events, 1)
	require.Equal(t, "https://p.example/?key=redacted", events[0].Contexts["attributes"]["g.url"])
	require.NotContains(t, p.bodies.String(), "hush")
	require.Less(t, p.bodies.Len(), 20<<10)
}

// An outage makes thousands of errors; some of them are enough.
func TestReportsAreLimited(t *testing.T) {
	p := &project{}
	server := httptest.NewServer(p)
	defer server.Close()
	telemetry, _ := reporting(t, server.URL)
	log := exportingLogger(t, telemetry, io.Discard)
	began, logged := time.Now(), 0
	fail := func() { log.ErrorContext(t.Context(), "away"); logged++ }
	for range 1000 {
		fail()
	}
	most := 20 + int(time.Since(began)/time.Second) + 1
	require.Eventually(t, func() bool { return len(p.received(t)) >= 20 }, time.Minute, time.Millisecond)
	require.LessOrEqual(t, len(p.received(t)), most)

	var dropped []any
	require.Eventually(t, func() bool {
		fail()
		for _, e := range p.received(t) {
			if n, told := e.Contexts["attributes"]["errors_dropped_before"]; told {
				dropped = append(dropped, n)
			}
		}
		return len(dropped) > 0
	}, time.Minute, 10*time.Millisecond, "the next one says what is missing")
	require.GreaterOrEqual(t, dropped[0], float64(1000-most))
	require.NoError(t, telemetry.Shutdown(t.Context()))
}

func TestAReceiverOfErrorsThatIsAwayCostsReportsOnly(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	telemetry, problems := reporting(t, server.URL)
	registry := observability.NewRegistry(observability.Build{})
	observability.NewRecorder(observability.RecorderOptions{Registry: registry, Tracing: telemetry.Tracing})
	var lines bytes.Buffer
	log := exportingLogger(t, telemetry, &lines)
	for range 5 {
		log.ErrorContext(t.Context(), "lost")
	}
	require.NoError(t, telemetry.Shutdown(t.Context()))
	log.ErrorContext(t.Context(), "after the end")
	require.Equal(t, 6, strings.Count(lines.String(), "\n"))
	r := rig{t: t, registry: registry}
	r.only("marquee_telemetry_errors_total", map[string]int{"": 5})
	require.Equal(t, 1, strings.Count(problems.String(), "\n"), problems.String())
	require.Contains(t, problems.String(), `msg="telemetry is lost" signal=sentry`)
}

func TestARefusalOfReportsIsCounted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer server.Close()
	telemetry, problems := reporting(t, server.URL)
	exportingLogger(t, telemetry, io.Discard).ErrorContext(t.Context(), "refused")
	require.NoError(t, telemetry.Shutdown(t.Context()))
	require.Contains(t, problems.String(), "403 Forbidden")
}

func TestAReceiverOfErrorsThatHangsHoldsNobodyUp(t *testing.T) {
	server, asked := hanging(t)
	telemetry, _ := reporting(t, server)
	log := exportingLogger(t, telemetry, io.Discard)
	log.ErrorContext(t.Context(), "stuck")
	<-asked
	for range 10_000 {
		log.ErrorContext(t.Context(), "stuck")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	require.ErrorIs(t, telemetry.Shutdown(ctx), context.DeadlineExceeded)
	require.Less(t, time.Since(began), 5*time.Second, "a report may take 10 seconds")
}

func TestAWrongDSNIsToldWithoutItsKey(t *testing.T) {
	_, err := observability.Setup(t.Context(), observability.SetupOptions{
		Getenv: func(string) string { return "" }, Logger: slogDiscard(), Sentry: observability.SentryOptions{DSN: "https://hush@sentry.example/%zz"},
	})
	require.ErrorContains(t, err, "the Sentry DSN is no URL such as")
	require.NotContains(t, err.Error(), "hush")
}
