package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// net/http sends an answer in pieces of 4 KiB: a page of events, with its header, in two. Each costs the kernel, and who reads it, as
// much as the whole would. So who knows the end of an answer that fits a piece of ours has it sent together.

// Server is an http.Server that sends the answers of an API together with their headers.
type Server struct{ *http.Server }

// Serve is http.Server's.
func (s *Server) Serve(l net.Listener) error { return s.Server.Serve(connections{l}) }

// connections are those of a listener, as held can hold them.
type connections struct{ net.Listener }

// Accept returns the next.
func (l connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &connection{TCPConn: tcp}, nil
	}
	return c, err
}

// connection is one whose writes can be held back. Only who serves the request that is answered on it does so, which is also the only
// one who writes.
type connection struct {
	*net.TCPConn
	held []byte // nil where nothing is to be held back
}

// Write writes, or takes a copy for later.
func (c *connection) Write(b []byte) (int, error) {
	if c.held == nil {
		return c.TCPConn.Write(b)
	}
	c.held = append(c.held, b...)
	return len(b), nil
}

type connectionKey struct{}

// withConnection is an http.Server's ConnContext.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// together has all that write sends on the connection of w sent at once. It is to be no more than a piece. The error is the connection's,
// which is closed by then: a part of an answer cannot be followed by another answer.
func together(ctx context.Context, w http.ResponseWriter, write func() error) error {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok {
		return write()
	}
	piece, _ := pieces.Get().(*[]byte) // it holds nothing else
	c.held = (*piece)[:0]
	defer func() { // also where write panics, after which net/http closes the connection
		keepPiece(piece, c.held)
		c.held = nil
	}()
	err := write()
	if err == nil {
		err = http.NewResponseController(w).Flush()
		if errors.Is(err, http.ErrNotSupported) { // then the end of it follows by itself, as it would have
			err = nil
		}
	}
	if err == nil {
		_, err = c.TCPConn.Write(c.held)
	}
	if err != nil {
		_ = c.Close() // or net/http, which believes that all was sent, would keep it
	}
	return err
}
