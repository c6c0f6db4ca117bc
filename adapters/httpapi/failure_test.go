package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

var errSecret = errors.New("dial 10.1.2.3: password refused")

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		err           error
		status        int
		code, message string
		retryAfter    string
		logged        string // level of the line with the cause; empty for none
	}{
		"invalid":          {fault.InvalidField("q", "q is too short"), 400, "invalid_parameter", "q is too short", "", ""},
		"invalid, refined": {&fault.Error{Kind: fault.Invalid, Code: "too_many_results", Message: "7 match"}, 400, "too_many_results", "7 match", "", ""},
		"not found":        {fault.New(fault.NotFound, "no event %s", "x"), 404, "not_found", "no event x", "", ""},
		"gone":             {fmt.Errorf("changes: %w", fault.New(fault.Gone, "the cursor is of another history")), 410, "gone", "the cursor is of another history", "", ""},
		"conflict":         {fault.New(fault.Conflict, "it is running"), 409, "conflict", "it is running", "", ""},
		"invalid because of something": {fault.Wrap(fault.Invalid, "the cursor does not read", errSecret),
			400, "invalid_parameter", "the cursor does not read", "", ""},
		"unavailable": {fault.Wrap(fault.Unavailable, "read events", errSecret),
			503, "unavailable", "the service cannot answer at the moment; try again in 1 s", "1", "WARN"},
		"unavailable, knows for how long": {&fault.Error{Kind: fault.Unavailable, Message: "read events", RetryAfter: 2100 * time.Millisecond, Cause: errSecret},
			503, "unavailable", "the service cannot answer at the moment; try again in 3 s", "3", "WARN"},
		"unavailable on purpose": {fault.New(fault.Unavailable, "the index is being built"),
			503, "unavailable", "the index is being built", "1", ""},
		"too slow": {fmt.Errorf("search: %w", context.DeadlineExceeded),
			503, "unavailable", "the service cannot answer at the moment; try again in 1 s", "1", ""},
		"internal": {fault.Wrap(fault.Internal, "read events of table x", errSecret),
			500, "internal", "something went wrong here; it was logged under the X-Request-Id of this answer", "", "ERROR"},
		"nobody classified it": {errSecret,
			500, "internal", "something went wrong here; it was logged under the X-Request-Id of this answer", "", "ERROR"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, service{beyond: true, events: failing(tt.err)})
			got := s.get(t, "/search")
			code, message := got.problem(t)
			assert.Equal(t, tt.status, got.StatusCode)
			assert.Equal(t, tt.code, code)
			assert.Equal(t, tt.message, message)
			assert.Equal(t, tt.retryAfter, got.Header.Get("Retry-After"))
			assert.NotContains(t, got.body, "10.1.2.3", "a cause is never shown")
			if tt.logged != "" {
				assert.Contains(t, s.logged.String(), "level="+tt.logged)
				assert.Contains(t, s.logged.String(), "10.1.2.3", "it is logged instead")
			}
		})
	}
}

func TestEveryKindIsAnswered(t *testing.T) {
	for _, kind := range fault.Kinds() {
		if kind == fault.None || kind == fault.Canceled {
			continue
		}
		got := serve(t, service{beyond: true, events: failing(fault.New(kind, "so it is"))}).get(t, "/search")
		code, _ := got.problem(t)
		assert.NotEmpty(t, code, kind)
		assert.GreaterOrEqual(t, got.StatusCode, 400, kind)
	}
}

func TestOutageIsLoggedOnceASecond(t *testing.T) {
	s := serve(t, service{events: failing(fault.Wrap(fault.Unavailable, "read events", errSecret))})
	begun := time.Now()
	const requests = 100
	for range requests {
		s.get(t, "/search")
	}
	lines := strings.Count(s.logged.String(), "cannot be answered")
	assert.Positive(t, lines)
	assert.LessOrEqual(t, lines, 1+int(time.Since(begun)/time.Second))
}

func TestUnknownRoutes(t *testing.T) {
	s := serve(t, service{})
	for _, target := range []string{"/searches", "/search/", "/search/1", "/Search", "//nowhere", "/%00", "/" + strings.Repeat("x", 1000)} {
		got := s.get(t, target)
		code, message := got.problem(t)
		assert.Equal(t, http.StatusNotFound, got.StatusCode, target)
		assert.Equal(t, "not_found", code, target)
		assert.Contains(t, message, "there is "+knownRoutes, target)
		assert.Less(t, len(message), 200, target)
	}
}

func TestOtherMethods(t *testing.T) {
	s := serve(t, service{})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
		got := s.ask(t, method, "/search")
		code, message := got.problem(t)
		assert.Equal(t, http.StatusMethodNotAllowed, got.StatusCode, method)
		assert.Equal(t, "method_not_allowed", code, method)
		assert.Equal(t, "/search is not for "+method+"; use GET, HEAD, OPTIONS", message)
		assert.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"), method)
	}
	assert.Equal(t, http.StatusNotFound, s.ask(t, "POST", "/nowhere").StatusCode)
}

func TestSlowSearch(t *testing.T) {
	s := serve(t, service{
		events: eventsFunc(func(ctx context.Context, _ event.TimeRange) (catalogue.Page, error) {
			<-ctx.Done()
			return catalogue.Page{}, fault.Wrap(fault.Unavailable, "read events", ctx.Err())
		}),
		options: httpapi.Options{SearchTimeout: time.Millisecond},
	})
	got := s.get(t, "/search")
	code, _ := got.problem(t)
	assert.Equal(t, http.StatusServiceUnavailable, got.StatusCode)
	assert.Equal(t, "unavailable", code)
	assert.Equal(t, "1", got.Header.Get("Retry-After"))
}

func TestClientGone(t *testing.T) {
	asked, answered := make(chan struct{}), make(chan int, 1)
	s := serve(t, service{
		events: eventsFunc(func(ctx context.Context, _ event.TimeRange) (catalogue.Page, error) {
			close(asked)
			<-ctx.Done()
			return catalogue.Page{}, fault.Wrap(fault.Unavailable, "read events", ctx.Err())
		}),
		around: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				status := &statusWriter{ResponseWriter: w}
				next.ServeHTTP(status, r)
				answered <- status.status
			})
		},
	})
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/search", http.NoBody)
	require.NoError(t, err)
	go func() {
		<-asked
		leave()
	}()
	_, err = http.DefaultClient.Do(r)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 499, <-answered, "seen from outside, nobody failed")
	assert.Empty(t, s.logged.String())
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func TestPanicLeavesTheConnectionAlone(t *testing.T) {
	panicking := true
	s := serve(t, service{events: eventsFunc(func(context.Context, event.TimeRange) (catalogue.Page, error) {
		if panicking {
			panic("the secret number is 42")
		}
		return catalogue.Page{}, nil
	})})
	connection, answers := dial(t, s)

	ask(t, connection, "GET /search HTTP/1.1\r\nHost: x\r\nX-Request-Id: the-one\r\n\r\n")
	got := readAnswer(t, answers)
	code, _ := got.problem(t)
	assert.Equal(t, http.StatusInternalServerError, got.StatusCode)
	assert.Equal(t, "internal", code)
	assert.NotContains(t, got.body, "42")
	assert.Contains(t, s.logged.String(), "the secret number is 42")
	assert.Contains(t, s.logged.String(), "failure_test.go", "the stack tells where")

	panicking = false
	ask(t, connection, "GET /search HTTP/1.1\r\nHost: x\r\n\r\n")
	assert.Equal(t, http.StatusOK, readAnswer(t, answers).StatusCode, "on the same connection")
}

func TestAbortCutsTheConnectionQuietly(t *testing.T) {
	s := serve(t, service{events: eventsFunc(func(context.Context, event.TimeRange) (catalogue.Page, error) {
		panic(http.ErrAbortHandler)
	})})
	connection, answers := dial(t, s)
	ask(t, connection, "GET /search HTTP/1.1\r\nHost: x\r\n\r\n")
	_, err := http.ReadResponse(answers, nil)
	require.Error(t, err)
	assert.Empty(t, s.logged.String())
}

func TestTooLargeRequests(t *testing.T) {
	s := serve(t, service{})
	tests := map[string]struct {
		request string
		status  int
		code    string
	}{
		"a long query":     {"GET /search?q=" + strings.Repeat("x", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"},
		"a long path":      {"GET /" + strings.Repeat("x", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"},
		"a large body":     {"GET /search HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", 413, "request_too_large"},
		"a large upload":   {"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n", 413, "request_too_large"},
		"a large header":   {"GET /search HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", 431, ""},
		"a small body":     {"GET /search HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, ""},
		"a body in chunks": {"GET /search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			connection, answers := dial(t, s)
			ask(t, connection, tt.request)
			got := readAnswer(t, answers)
			assert.Equal(t, tt.status, got.StatusCode, got.body)
			if tt.code != "" {
				code, _ := got.problem(t)
				assert.Equal(t, tt.code, code)
			}
		})
	}
}

func TestSlowHeaderIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		connection, stop := servePipe(t, http.NotFoundHandler())
		defer stop()
		begun := time.Now()
		_, err := connection.Write([]byte("GET /search HTTP/1.1\r\nHost:"))
		require.NoError(t, err)
		_, err = http.ReadResponse(bufio.NewReader(connection), nil)
		require.Error(t, err)
		assert.Equal(t, 5*time.Second, time.Since(begun))
	})
}

func dial(t *testing.T, s *service) (net.Conn, *bufio.Reader) {
	t.Helper()
	connection, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
	require.NoError(t, err)
	require.NoError(t, connection.SetDeadline(time.Now().Add(20*time.Second)))
	t.Cleanup(func() { connection.Close() })
	return connection, bufio.NewReader(connection)
}

func ask(t *testing.T, connection net.Conn, request string) {
	t.Helper()
	_, err := connection.Write([]byte(request))
	require.NoError(t, err)
}
