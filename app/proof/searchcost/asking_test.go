package searchcost

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connections are those to each process. They stay.
const connections = 8

// question is the nth of a kind. No two are alike.
type question = func(n int) string

// mixed are ranges of a day, a week, a month and a year, that begin anywhere in the first year.
func mixed(n int) string {
	const (
		day    = 24 * 3600 // seconds
		year   = 365 * day
		stride = 104_729 // a prime, which leads through all seconds of a year
	)
	spans := [...]int{day, 7 * day, 30 * day, year}
	from := n * stride % year
	return within(from, from+spans[n%len(spans)], 1)
}

// toLearn are questions of the same kind that nobody else asks.
func toLearn(n int) string { return mixed(20_000_000 + n) }

// wide are ranges of nearly everything.
func wide(page int) question {
	return func(n int) string {
		const some, all = 5 * 24 * 3600, years * 365 * 24 * 3600
		return within(n%some, all-n/some, page)
	}
}

// within asks for what lies between two moments, in seconds from the first day on.
func within(from, to, page int) string {
	at := func(seconds int) string {
		return firstDay.Add(time.Duration(seconds) * time.Second).Format(time.RFC3339)
	}
	return "/events?starts_at=" + at(from) + "&ends_at=" + at(to) + "&page=" + strconv.Itoa(page)
}

// asker asks one process, over connections of its own.
type asker struct {
	t           *testing.T
	connections []*connection
	next        atomic.Int64 // question
}

func newAsker(t *testing.T, base string) *asker {
	t.Helper()
	a := &asker{t: t}
	for range connections {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(base, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		a.connections = append(a.connections, &connection{Conn: conn, in: bufio.NewReaderSize(conn, 32<<10)})
	}
	return a
}

// ask asks the next so many questions and returns, once all are answered, how long the bodies are together.
func (a *asker) ask(questions int, q question) (size int64) {
	a.t.Helper()
	var asking sync.WaitGroup
	var sum atomic.Int64
	last := a.next.Load() + int64(questions)
	for _, c := range a.connections {
		asking.Go(func() {
			for n := a.next.Add(1) - 1; n < last; n = a.next.Add(1) - 1 {
				size, err := c.ask(q(int(n)))
				if !assert.NoError(a.t, err) {
					return
				}
				sum.Add(int64(size))
			}
		})
	}
	asking.Wait()
	a.next.Store(last)
	require.False(a.t, a.t.Failed())
	return sum.Load()
}

// connection is HTTP/1.1 with as little work as there can be.
type connection struct {
	net.Conn
	in  *bufio.Reader
	out []byte
}

// ask returns the length of the answer's body. Whatever is no 200 is an error.
func (c *connection) ask(path string) (size int, err error) {
	c.out = append(append(c.out[:0], "GET "...), path...)
	c.out = append(c.out, " HTTP/1.1\r\nHost: marquee.example\r\nUser-Agent: searchcost\r\nAccept: application/json\r\n\r\n"...)
	if _, err := c.Write(c.out); err != nil {
		return 0, err
	}
	size = -1
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return 0, fmt.Errorf("%s is answered with %s", path, line)
		}
		if length, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if size, err = strconv.Atoi(string(length)); err != nil {
				return 0, err
			}
		}
		if len(line) == 0 {
			break
		}
	}
	if size <= 0 {
		return 0, fmt.Errorf("%s is answered without a length", path)
	}
	return c.in.Discard(size)
}
