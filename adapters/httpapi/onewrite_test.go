package httpapi

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connected is a connection as a server has it, and its other end.
func connected(t *testing.T) (*connection, *net.TCPConn) {
	t.Helper()
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer inner.Close()
	far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
	require.NoError(t, err)
	near, err := connections{inner}.Accept()
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
	})
	return near.(*connection), far.(*net.TCPConn)
}

// answering is what http.ResponseController finds of an answer whose header goes to a connection.
type answering struct {
	http.ResponseWriter
	to *connection
}

func (a answering) FlushError() error {
	_, err := a.to.Write([]byte("header,"))
	return err
}

func TestAHeaderLeavesWithWhatFollows(t *testing.T) {
	near, far := connected(t)
	answer := http.NewResponseController(answering{httptest.NewRecorder(), near})
	for _, body := range []string{"body", strings.Repeat("b", 2*mostRoom), "another"} {
		require.NoError(t, holdHeader(withConnection(t.Context(), near), answer))
		require.Equal(t, "header,", near.held.String(), "nothing has left")
		n, err := near.Write([]byte(body))
		require.NoError(t, err)
		require.Nil(t, near.held, "an open connection keeps no room")
		require.Equal(t, len(body), n)
		_, err = near.Write([]byte(" goes on"))
		require.NoError(t, err)
		want := "header," + body + " goes on"
		got := make([]byte, len(want))
		_, err = io.ReadFull(far, got)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestWhoCannotBeReachedIsNotToldMoreThanWasSent(t *testing.T) {
	near, far := connected(t)
	answer := http.NewResponseController(answering{httptest.NewRecorder(), near})
	require.NoError(t, far.SetLinger(0))
	require.NoError(t, far.Close())
	_, err := near.Read(make([]byte, 1)) // now it is known here as well
	require.Error(t, err)
	require.NoError(t, holdHeader(withConnection(t.Context(), near), answer))
	n, err := near.Write([]byte("body"))
	require.Error(t, err, "so that net/http closes the connection")
	assert.Zero(t, n)
}

func TestAnAnswerWithinAnotherHoldsNothingBack(t *testing.T) {
	near, far := connected(t)
	within := struct{ http.ResponseWriter }{httptest.NewRecorder()}
	require.NoError(t, holdHeader(withConnection(t.Context(), near), http.NewResponseController(within)))
	_, err := near.Write([]byte("the page"))
	require.NoError(t, err)
	got := make([]byte, len("the page"))
	_, err = io.ReadFull(far, got)
	require.NoError(t, err)
	assert.Equal(t, "the page", string(got))
}

// counted counts what is written to connections.
type counted struct {
	net.Listener
	writes atomic.Int64
}

func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countedConn{c.(*net.TCPConn), &l.writes}, nil
}

type countedConn struct {
	*net.TCPConn
	writes *atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.TCPConn.Write(b)
}

func TestAnAnswerLeavesInOneWrite(t *testing.T) {
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := &counted{Listener: inner}
	s := &sender{pace: defaultPace}
	server := NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("bytes"))
		w = &answerWriter{ResponseWriter: w, request: r}
		assert.NoError(t, s.whole(w, written{body: []byte(strings.Repeat("b", size))}))
	}), ServerOptions{Logger: slog.New(slog.DiscardHandler)})
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(l) })
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer func() {
		client.CloseIdleConnections()
		assert.NoError(t, server.Close())
		running.Wait()
	}()
	ask := func(method string, size int) {
		before := l.writes.Load()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+inner.Addr().String()+"/?bytes="+strconv.Itoa(size), http.NoBody)
		require.NoError(t, err)
		answer, err := client.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		if method == http.MethodGet {
			assert.Len(t, body, size)
		}
		assert.EqualValues(t, size, answer.ContentLength)
		assert.EqualValues(t, 1+max(0, (size-1)/pieceSize), l.writes.Load()-before, "%s %d bytes", method, size)
	}
	for _, size := range []int{1, 2047, 4096, 9727, pieceSize} {
		ask(http.MethodGet, size)
		ask(http.MethodHead, min(size, pieceSize))
	}
	ask(http.MethodGet, 3*pieceSize)
}

func TestOtherConnectionsAreLeftAlone(t *testing.T) {
	near, _ := net.Pipe()
	defer near.Close()
	assert.Equal(t, context.Background(), withConnection(context.Background(), near))
	w := httptest.NewRecorder()
	require.NoError(t, holdHeader(t.Context(), http.NewResponseController(w)))
	assert.False(t, w.Flushed)
}

func TestPathsThatAreNoPatternAreMatchedAsEver(t *testing.T) {
	var served string
	rt := newRouter(func(template string, next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			served = template
			next(w, r)
		}
	}, "/events")
	nothing := func(http.ResponseWriter, *http.Request) {}
	for _, pattern := range []string{"GET /events", "GET /events/{id}", "GET /{$}"} {
		rt.HandleFunc(pattern, nothing)
	}
	for _, c := range []struct{ method, path, template string }{
		{"GET", "/events", "/events"},
		{"HEAD", "/events", "/events"},
		{"GET", "/events/", "/events"},
		{"GET", "/events/7", "/events/{id}"},
		{"GET", "/", "/"},
		{"POST", "/events", ""},
		{"GET", "/event", ""},
		{"GET", "/events//", ""},
	} {
		served = ""
		r := httptest.NewRequest(c.method, c.path, http.NoBody)
		rt.ServeHTTP(httptest.NewRecorder(), r)
		assert.Equal(t, c.template, served, "%s %s", c.method, c.path)
		if c.path == "/events//" { // it is led to another path, which is that of a route
			continue
		}
		assert.Equal(t, cmp.Or(c.template, Unmatched), rt.route(r), "%s %s", c.method, c.path)
	}
}
