package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// net/http sends an answer in pieces of 4 KiB: a page of events, with its header, in two. Each costs the kernel, and who reads it, as
// much as the whole would. So the header is held back until the body comes, and leaves with that.

// Server is an http.Server that sends the header of an answer together with what follows it.
type Server struct{ *http.Server }

// Serve is http.Server's.
func (s *Server) Serve(l net.Listener) error { return s.Server.Serve(connections{l}) }

// connections are those of a listener, which can hold a header back.
type connections struct{ net.Listener }

// Accept returns the next.
func (l connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(tcpConn); ok && err == nil {
		return &connection{tcpConn: tcp}, nil
	}
	return c, err
}

// tcpConn is what net/http makes use of that a connection of TCP has.
type tcpConn interface {
	net.Conn
	io.ReaderFrom
	CloseWrite() error
}

// connection is one whose next write can be held back. Only who serves the request that is answered on it does so, which is also the
// only one who writes.
type connection struct {
	tcpConn

	holds bool          // whether what is written now is held back
	held  *bytes.Buffer // until the next write; nil when nothing is
}

// rooms are where a header waits for its body. A connection has one only between the two, however long it is open.
var rooms = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// mostRoom is how large a room is kept: a header and one piece of a body.
const mostRoom = 64 << 10 // bytes

// Write writes what is held back and b at once, or takes a copy of it for later. Both are copied to one place: the runtime tells the
// race detector nothing of a write from several, so that what a reader does after an answer would seem to race with what led to it.
func (c *connection) Write(b []byte) (int, error) {
	if c.holds {
		if c.held == nil {
			c.held, _ = rooms.Get().(*bytes.Buffer) // it holds nothing else
		}
		return c.held.Write(b)
	}
	if c.held == nil {
		return c.tcpConn.Write(b)
	}
	room, held := c.held, c.held.Len()
	c.held = nil
	room.Write(b)
	n, err := c.tcpConn.Write(room.Bytes())
	if room.Cap() <= mostRoom {
		room.Reset()
		rooms.Put(room)
	}
	return max(0, n-held), err
}

// ReadFrom writes what is held back, and then what r has.
func (c *connection) ReadFrom(r io.Reader) (int64, error) {
	if c.held != nil {
		if _, err := c.Write(nil); err != nil {
			return 0, err
		}
	}
	return c.tcpConn.ReadFrom(r)
}

type connectionKey struct{}

// withConnection is an http.Server's ConnContext.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// holdHeader has the header of an answer leave with the next that is written, which has to follow.
func holdHeader(ctx context.Context, answer *http.ResponseController) error {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok {
		return nil
	}
	c.holds = true
	defer func() { c.holds = false }()
	err := answer.Flush()
	if errors.Is(err, http.ErrNotSupported) { // as that of an answer which becomes a part of a page: nothing is held back
		return nil
	}
	return err
}
