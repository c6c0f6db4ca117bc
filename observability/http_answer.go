package observability

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// watchedAnswer remembers the status and length of an answer. What it does not have itself,
// http.ResponseController finds through Unwrap.
type watchedAnswer struct {
	http.ResponseWriter
	status int // 0 until the answer begins
	bytes  int64
}

// Unwrap gives http.ResponseController what it controls.
func (a *watchedAnswer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// waited is for how long the answer did nothing but wait for what the request wanted to wait for.
func (a *watchedAnswer) waited() time.Duration {
	timing := a.Header()["Server-Timing"]
	if len(timing) == 0 {
		return 0
	}
	milliseconds, found := strings.CutPrefix(timing[0], "wait;dur=")
	if n, err := strconv.Atoi(milliseconds); found && err == nil {
		return time.Duration(n) * time.Millisecond
	}
	return 0
}

// WriteHeader begins the answer, unless it is an interim one.
func (a *watchedAnswer) WriteHeader(status int) {
	if a.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the body.
func (a *watchedAnswer) Write(b []byte) (int, error) {
	a.begin()
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the way by which the server sends files.
func (a *watchedAnswer) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	n, err := io.Copy(a.ResponseWriter, r)
	a.bytes += n
	return n, err
}

// Flush sends what is buffered, for those who ask for an http.Flusher.
func (a *watchedAnswer) Flush() { _ = a.FlushError() }

// FlushError sends what is buffered.
func (a *watchedAnswer) FlushError() error {
	err := http.NewResponseController(a.ResponseWriter).Flush()
	if err == nil {
		a.begin()
	}
	return err
}

func (a *watchedAnswer) begin() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}

// code is the status of the answer that the client got, or would have got. A handler that did not return cut its
// answer, which is nobody's success whatever the header said.
func (a *watchedAnswer) code(ctx context.Context, returned bool) int {
	switch left := errors.Is(ctx.Err(), context.Canceled); {
	case !returned && !left:
		return http.StatusInternalServerError
	case a.status != 0:
		return a.status
	case left:
		return statusCanceled
	}
	return http.StatusOK
}
