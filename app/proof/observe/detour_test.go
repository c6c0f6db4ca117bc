package observe

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// detour stands between the service and a server, and can make the way there longer. While it is cut there is nobody at its address.
type detour struct {
	t       *testing.T
	address string
	to      string
	delay   atomic.Int64 // of each way

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	running  sync.WaitGroup
}

func newDetour(t *testing.T, to string) *detour {
	t.Helper()
	r := &detour{t: t, address: server.FreeAddress(t), to: to, conns: map[net.Conn]bool{}}
	r.join()
	t.Cleanup(func() {
		r.cut()
		r.running.Wait()
	})
	return r
}

// slow makes each way so much longer.
func (r *detour) slow(by time.Duration) { r.delay.Store(int64(by)) }

// join takes connections.
func (r *detour) join() {
	l, err := new(net.ListenConfig).Listen(r.t.Context(), "tcp", r.address)
	require.NoError(r.t, err)
	r.mu.Lock()
	r.listener = l
	r.mu.Unlock()
	r.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.running.Go(func() { r.pass(conn) })
		}
	})
}

// cut ends all connections, and refuses new ones.
func (r *detour) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.listener.Close()
	for c := range r.conns {
		_ = c.Close()
	}
}

// pass passes on what one end says to the other, until one of them has enough.
func (r *detour) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	far, err := new(net.Dialer).DialContext(r.t.Context(), "tcp", r.to)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	r.mu.Lock()
	r.conns[client], r.conns[far] = true, true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.conns, client)
		delete(r.conns, far)
		r.mu.Unlock()
	}()
	var ways sync.WaitGroup
	ways.Go(func() { r.late(far, client) })
	ways.Go(func() { r.late(client, far) })
	ways.Wait()
}

// late writes what it reads when its time has come. Reading goes on meanwhile: what is late is not narrow as well.
func (r *detour) late(to, from net.Conn) {
	type piece struct {
		due   time.Time
		bytes []byte
	}
	pieces := make(chan piece, 1024)
	r.running.Go(func() {
		defer func() { _ = to.Close() }()
		for p := range pieces {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.bytes); err != nil {
				_ = from.Close()
			}
		}
	})
	defer close(pieces)
	for {
		buffer := make([]byte, 32<<10)
		n, err := from.Read(buffer)
		if n > 0 {
			pieces <- piece{time.Now().Add(time.Duration(r.delay.Load())), buffer[:n]}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
	}
}
