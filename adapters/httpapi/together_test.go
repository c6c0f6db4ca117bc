package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
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

// writing is an answer that goes to a connection without any bytes of net/http.
type writing struct {
	http.ResponseWriter
	to *connection
}

// Flush has nothing to do.
func (writing) Flush() {}

func (w writing) Write(b []byte) (int, error) { return w.to.Write(b) }

func TestNothingIsSentBeforeAllIsWritten(t *testing.T) {
	near, far := connected(t)
	ctx := withConnection(t.Context(), near)
	w := writing{httptest.NewRecorder(), near}
	for range 2 { // one answer after the other
		require.NoError(t, together(ctx, w, func() error {
			for _, part := range []string{"some", " and ", "more"} {
				_, err := w.Write([]byte(part))
				require.NoError(t, err)
			}
			assert.Equal(t, "some and more", string(near.held))
			return nil
		}))
		assert.Nil(t, near.held)
		got := make([]byte, 64)
		n, err := far.Read(got)
		require.NoError(t, err)
		assert.Equal(t, "some and more", string(got[:n]))
	}
}

func TestWhatCannotBeSentEndsTheConnection(t *testing.T) {
	near, far := connected(t)
	w := writing{httptest.NewRecorder(), near}
	require.NoError(t, far.SetLinger(0))
	require.NoError(t, far.Close())
	_, err := near.Read(make([]byte, 1)) // now it is known here as well
	require.Error(t, err)
	require.Error(t, together(withConnection(t.Context(), near), w, func() error {
		_, err := w.Write([]byte("answer"))
		return err
	}))
	_, err = near.Write([]byte("another answer"))
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestWhatFailsOrPanicsHoldsNothingBackAnyMore(t *testing.T) {
	near, _ := connected(t)
	ctx := withConnection(t.Context(), near)
	w := writing{httptest.NewRecorder(), near}
	fails := errors.New("fails")
	assert.ErrorIs(t, together(ctx, w, func() error { return fails }), fails)
	assert.Nil(t, near.held)
	_, err := near.Write([]byte("another answer"))
	assert.ErrorIs(t, err, net.ErrClosed, "a part of the answer may be missing")
	assert.Panics(t, func() { _ = together(ctx, w, func() error { panic("fails") }) })
	assert.Nil(t, near.held)
}

func TestOtherConnectionsAreLeftAlone(t *testing.T) {
	near, _ := net.Pipe()
	defer near.Close()
	assert.Equal(t, context.Background(), withConnection(context.Background(), near))
	w := httptest.NewRecorder()
	require.NoError(t, together(t.Context(), w, func() error {
		_, err := w.WriteString("answer")
		return err
	}))
	assert.Equal(t, "answer", w.Body.String())
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
