package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServerOptions adjust the server; the zero value works.
type ServerOptions struct {
	// Addr is told to whoever listens, such as ":8080".
	Addr string
	// Base is the context that all requests descend from; context.Background unless set.
	Base context.Context //nolint:containedctx // a parameter of the constructor, not kept state
	// Logger gets what the server has to say of connections; slog.Default unless set.
	Logger *slog.Logger
}

// NewServer makes the server of h. Every time that a client can take is bounded: 5 seconds for the header,
// 15 for the whole request, 30 for an answer (which a streamed one extends while it is being read) and two
// minutes between requests. Headers may have 32 KiB; net/http answers 431 beyond it.
func NewServer(h http.Handler, o ServerOptions) *Server {
	base := cmp.Or(o.Base, context.Background())
	return &Server{&http.Server{
		Addr:              o.Addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConnection,
		ErrorLog:          slog.NewLogLogger(cmp.Or(o.Logger, slog.Default()).Handler(), slog.LevelWarn),
	}}
}
