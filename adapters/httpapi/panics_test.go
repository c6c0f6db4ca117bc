package httpapi

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Once bytes are out a 500 is no longer possible; the client must not take what it has for the whole.
func TestPanicInTheMiddleOfAnAnswer(t *testing.T) {
	var logged bytes.Buffer
	f := newFailures(slog.New(slog.NewTextHandler(&logged, nil)))
	server := httptest.NewServer(f.catchPanics(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
		panic("out of events")
	})))
	response, err := server.Client().Get(server.URL)
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	server.Close()
	assert.Contains(t, logged.String(), "out of events")
	assert.Contains(t, logged.String(), "panics_test.go")
}

func TestInterimAnswersDoNotBeginIt(t *testing.T) {
	w := &answerWriter{ResponseWriter: httptest.NewRecorder()}
	w.WriteHeader(http.StatusEarlyHints)
	assert.False(t, hasBegun(w))
	w.WriteHeader(http.StatusOK)
	assert.True(t, hasBegun(w))
}

// What controls the connection must be reached through every wrapper of ours.
func TestDeadlinesReachTheConnection(t *testing.T) {
	var err error
	server := httptest.NewServer(newFailures(slog.New(slog.DiscardHandler)).catchPanics(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		err = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
	})))
	defer server.Close()
	response, getErr := server.Client().Get(server.URL)
	require.NoError(t, getErr)
	response.Body.Close()
	require.NoError(t, err)
}
