package httpapi

import (
	"net/http"
	"time"
)

// pace is what is asked of the reader of a streamed answer. The server's WriteTimeout would cut a
// reader that is merely slow, and without one a reader that stopped would hold its answer for ever.
type pace struct {
	// stall is how long a piece may wait to be taken.
	stall time.Duration
	// grace is how long the reader may take before its average counts.
	grace time.Duration
	// perSecond is the least average, in bytes, once the grace is over. It bounds a reader that takes each piece at the last moment.
	perSecond int64
}

// The largest answer, some 25 MB, is read within seven minutes or not at all.
var defaultPace = pace{stall: 10 * time.Second, grace: 30 * time.Second, perSecond: 64 << 10}

// reader is whoever reads an answer.
type reader struct {
	pace
	to      http.ResponseWriter
	control *http.ResponseController
	begun   time.Time // of the first piece
	sent    int64
}

// allow gives w as long as a piece may take from now on. An answer that waited has used up what the server allows.
func (p pace) allow(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(p.stall)) // a writer without deadlines is not a connection
}

func (p pace) start(w http.ResponseWriter) reader {
	return reader{pace: p, to: w, control: http.NewResponseController(w)}
}

// send writes b, giving the reader as much time as its pace allows.
func (r *reader) send(b []byte) error {
	now := time.Now()
	if r.sent == 0 {
		r.begun = now
	}
	stalled := now.Add(r.stall)
	earned := time.Duration(float64(r.sent) / float64(r.perSecond) * float64(time.Second))
	tooSlow := r.begun.Add(r.grace + earned)
	if tooSlow.Before(stalled) {
		stalled = tooSlow
	}
	// A writer without deadlines is not a connection, so nobody can stall it.
	_ = r.control.SetWriteDeadline(stalled)
	n, err := r.to.Write(b) //nolint:gosec // it is JSON, or a page, in which texts are escaped
	r.sent += int64(n)
	return err
}
