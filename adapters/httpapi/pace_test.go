package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// many is a use case that always finds n events.
func many(n int) httpapi.Events {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = listed("291", fmt.Sprint(i), "Camela en concierto", "2021-06-30T21:00:00", "2021-06-30T22:00:00", "15", "30.5")
	}
	return eventsFunc(func(context.Context, event.TimeRange) (catalogue.Page, error) {
		return catalogue.Page{Events: events}, nil
	})
}

// How long the service bears with its readers, told by a clock that does not run by itself.
func TestPaceOfReaders(t *testing.T) {
	const events = 20_000 // some 4 MB
	answer := httpapi.New(httpapi.UseCases{Events: many(events), Status: statusOf(feeds{})}, httpapi.Options{})
	whole := handle(answer, "/search").body

	tests := map[string]struct {
		read          int           // bytes
		every         time.Duration // how long it pauses before it reads them
		stopAfter     int           // bytes after which it reads no more
		whole         bool
		least, atMost time.Duration // how long the service goes on
	}{
		"a fast one":              {read: 1 << 20, every: 0, whole: true},
		"slow for minutes":        {read: 32 << 10, every: 300 * time.Millisecond, whole: true, least: 35 * time.Second, atMost: time.Minute},
		"never reads":             {read: 4 << 10, every: time.Hour, least: 10 * time.Second, atMost: 10 * time.Second},
		"stops in the middle":     {read: 1 << 20, every: 0, stopAfter: 2 << 20, least: 10 * time.Second, atMost: 10 * time.Second},
		"trickles for ever":       {read: 16 << 10, every: time.Second, least: 30 * time.Second, atMost: time.Minute},
		"lives on what it earned": {read: 1 << 20, every: 25 * time.Second, least: 10 * time.Second, atMost: 10 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var took time.Duration
				connection, stop := servePipe(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					answer.ServeHTTP(w, r)
					took = time.Since(begun)
				}))
				defer stop()
				_, err := connection.Write([]byte("GET /search HTTP/1.1\r\nHost: x\r\n\r\n"))
				require.NoError(t, err)
				response, err := http.ReadResponse(bufio.NewReaderSize(&pausing{connection, tt.read, tt.every, tt.stopAfter, 0}, 16), nil)
				if err == nil {
					defer response.Body.Close()
					var body []byte
					body, err = io.ReadAll(response.Body)
					assert.Equal(t, tt.whole, string(body) == whole, "%d of %d bytes", len(body), len(whole))
				}
				if tt.whole {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF, "half an answer must not look like a whole one")
				}
				synctest.Wait()
				assert.GreaterOrEqual(t, took, tt.least)
				assert.LessOrEqual(t, took, tt.atMost)
			})
		})
	}
}

// pausing reads at most so many bytes after each pause.
type pausing struct {
	from      io.Reader
	read      int
	every     time.Duration
	stopAfter int
	done      int
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.done%p.read == 0 {
		time.Sleep(p.every)
	}
	if p.stopAfter > 0 && p.done >= p.stopAfter {
		time.Sleep(time.Hour)
	}
	n, err := p.from.Read(b[:min(len(b), p.read-p.done%p.read)])
	p.done += n
	return n, err
}

// servePipe serves one connection that has no buffers and whose deadlines a synctest bubble controls.
func servePipe(t *testing.T, h http.Handler) (client net.Conn, stop func()) {
	client, server := net.Pipe()
	listener := &oneConnection{connection: server, closed: make(chan struct{})}
	s := httpapi.NewServer(h, httpapi.ServerOptions{})
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, s.Serve(listener), http.ErrServerClosed) })
	return client, func() {
		client.Close()
		s.Close()
		running.Wait()
	}
}

type oneConnection struct {
	mu         sync.Mutex
	connection net.Conn
	once       sync.Once
	closed     chan struct{}
}

func (l *oneConnection) Accept() (net.Conn, error) {
	l.mu.Lock()
	c := l.connection
	l.connection = nil
	l.mu.Unlock()
	if c != nil {
		return c, nil
	}
	<-l.closed
	return nil, errors.New("closed")
}

func (l *oneConnection) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}
func (l *oneConnection) Addr() net.Addr { return &net.TCPAddr{} }

func TestLargeAnswerIsNotHeldInMemory(t *testing.T) {
	api := httpapi.New(httpapi.UseCases{Events: many(100_000), Status: statusOf(feeds{})}, httpapi.Options{})
	request := httptest.NewRequest(http.MethodGet, "/search", http.NoBody)
	once := func() (sent, allocated int64) {
		w := &discard{header: http.Header{}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		api.ServeHTTP(w, request)
		runtime.ReadMemStats(&after)
		assert.Equal(t, http.StatusOK, w.status)
		assert.LessOrEqual(t, w.largest, 64<<10, "the largest piece")
		return w.sent, int64(after.TotalAlloc - before.TotalAlloc)
	}
	sent, allocated := once()
	assert.Greater(t, sent, int64(15<<20))
	assert.Less(t, allocated, int64(256<<10), "of %d bytes", sent)
}

// discard is a client that reads everything at once.
type discard struct {
	header  http.Header
	status  int
	sent    int64
	largest int
}

func (d *discard) Header() http.Header    { return d.header }
func (d *discard) WriteHeader(status int) { d.status = status }
func (d *discard) Write(b []byte) (int, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	d.sent += int64(len(b))
	d.largest = max(d.largest, len(b))
	return len(b), nil
}
