package jetstream

import (
	"log/slog"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/marquee-events/marquee/core/fault"
)

// ServerOptions say how the embedded server keeps its messages. Dir is required.
type ServerOptions struct {
	// Dir is where messages are kept. One server at a time may use it; the caller sees to that.
	Dir string
	// MaxBytes bounds the disk space of all streams; zero is 2 GiB. It has to exceed Options.MaxBytes.
	MaxBytes int64
	// SyncInterval is how often messages are forced to disk. Zero forces each one before it is
	// acknowledged to its publisher, which a power cut survives. With an interval, a power cut
	// or a crash of the machine loses at most what came since; the end of the process, kill -9
	// included, loses nothing either way, because the kernel has it.
	SyncInterval time.Duration
	// Logger gets the server's warnings and errors as such, its notices at debug level; nil for silence.
	Logger *slog.Logger
}

const (
	defaultServerBytes = 2 << 30
	startPatience      = 30 * time.Second // recovery reads the index of the store, not the messages
)

// Server is a NATS server inside this process. It opens no port; clients come through Connect.
type Server struct {
	server *server.Server
	logger *slog.Logger
}

// Start starts a server and returns once it serves. A directory that cannot be used is an error.
func Start(o ServerOptions) (*Server, error) {
	if o.Dir == "" {
		return nil, fault.InvalidField("dir", "is empty, a directory for the broker's messages is needed")
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultServerBytes
	}
	logger := orSilent(o.Logger).With("component", "nats-server")
	s, err := server.NewServer(&server.Options{
		ServerName:             "marquee",
		DontListen:             true,
		NoSigs:                 true, // signals belong to the program
		JetStream:              true,
		DisableJetStreamBanner: true,
		StoreDir:               o.Dir,
		JetStreamMaxStore:      o.MaxBytes,
		JetStreamMaxMemory:     1 << 20, // nothing is kept in memory; zero would mean most of the machine's
		SyncAlways:             o.SyncInterval == 0,
		SyncInterval:           o.SyncInterval,
	})
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "start the embedded broker in "+o.Dir, err)
	}
	log := &serverLog{logger: logger}
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if err := log.fatal(); err != nil {
		stop(s)
		return nil, fault.Wrap(fault.Internal, "start the embedded broker in "+o.Dir, err)
	}
	if !s.ReadyForConnections(startPatience) {
		stop(s)
		return nil, fault.New(fault.Unavailable, "the embedded broker in %s was not ready after %v", o.Dir, startPatience)
	}
	return &Server{server: s, logger: orSilent(o.Logger)}, nil
}

// Connect returns a connection that lasts as long as the server. The caller closes it, before the server.
func (s *Server) Connect() (*nats.Conn, error) {
	conn, err := nats.Connect("", append(connOptions(s.logger), nats.InProcessServer(s.server), nats.NoReconnect())...)
	return conn, fault.Wrap(fault.Unavailable, "connect to the embedded broker", err)
}

// Close ends all connections, writes what is left to be written, and waits until the server is gone.
func (s *Server) Close() { stop(s.server) }

func stop(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}
