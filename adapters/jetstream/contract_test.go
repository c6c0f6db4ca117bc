package jetstream_test

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/ports/porttest"
)

const (
	lease = 2 * time.Second
)

func TestEmbedded(t *testing.T) {
	porttest.Broker(t, func(t *testing.T) porttest.BrokerUnderTest {
		e := &embedded{dir: t.TempDir()}
		e.start(t)
		t.Cleanup(e.stop)
		return porttest.BrokerUnderTest{
			Dial: func(t *testing.T) porttest.BrokerClient {
				conn, err := e.server.Connect()
				require.NoError(t, err)
				return e.clients.add(t, conn)
			},
			Lease:    lease,
			Capacity: maxMessages,
			Crash:    e.clients.crash,
			Restart: func(t *testing.T) {
				e.stop()
				e.start(t)
			},
		}
	})
}

func TestOverTheNetwork(t *testing.T) {
	porttest.Broker(t, func(t *testing.T) porttest.BrokerUnderTest {
		n := &networked{options: server.Options{Host: "127.0.0.1", Port: freePort(t), NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()}}
		n.start(t)
		var clients clients
		t.Cleanup(func() {
			clients.closeAll()
			n.stop()
		})
		return porttest.BrokerUnderTest{
			Dial: func(t *testing.T) porttest.BrokerClient {
				conn, err := jetstream.Dial(n.server.ClientURL(), nil)
				require.NoError(t, err)
				return clients.add(t, conn)
			},
			Lease:    lease,
			Capacity: maxMessages,
			Crash:    clients.crash,
			Outage: func(t *testing.T, during func()) {
				n.stop()
				during()
				n.start(t)
			},
		}
	})
}

const maxMessages = 200 // what the largest case needs

// embedded is a server in a directory that outlives it.
type embedded struct {
	dir     string
	server  *jetstream.Server
	clients clients
}

func (e *embedded) start(t *testing.T) {
	s, err := jetstream.Start(jetstream.ServerOptions{Dir: filepath.Join(e.dir, "broker")})
	require.NoError(t, err)
	e.server = s
}

func (e *embedded) stop() {
	e.clients.closeAll()
	e.server.Close()
}

// networked is a server that comes back under the same address.
type networked struct {
	options server.Options
	server  *server.Server
}

func (n *networked) start(t *testing.T) {
	options := n.options
	s, err := server.NewServer(&options)
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(10*time.Second))
	n.server = s
}

func (n *networked) stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}

// clients are the connections of a test.
type clients struct {
	mu    sync.Mutex
	conns map[porttest.BrokerClient]*nats.Conn
}

func (c *clients) add(t *testing.T, conn *nats.Conn) porttest.BrokerClient {
	b, err := jetstream.New(conn, jetstream.Options{Lease: lease, MaxMessages: maxMessages, MaxBytes: 64 << 20})
	require.NoError(t, err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns == nil {
		c.conns = map[porttest.BrokerClient]*nats.Conn{}
	}
	c.conns[b] = conn
	return b
}

func (c *clients) crash(_ *testing.T, b porttest.BrokerClient) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns[b].Close()
}

func (c *clients) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
