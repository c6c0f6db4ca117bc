//go:build linux

package readmodel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// orders are what a process of the role api is started with.
type orders struct {
	Environ   []string
	Programme programme
}

// order is what it is told later.
type order struct {
	Commit  *int // of the programme, to be made by this process
	Account bool // to be told
	Collect bool // garbage, before that
}

// word is what it says. One of these is there.
type word struct {
	Listens   *addresses
	Log       json.RawMessage // a line
	Account   *account
	Committed *committed
}

type addresses struct{ API, Admin string } // URLs

type committed struct {
	Commit  int
	At      time.Time // when the call returned
	Problem string
}

// account is what a process took so far.
type account struct {
	CPU       time.Duration // on a processor
	Heap      int64         // bytes of objects, with what is not collected yet
	HeapMost  int64         // since the last account
	RSS       int64         // bytes
	RSSMost   int64         // since it began
	Collected uint32        // how often
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	c, _, err := config.Load(o.Environ)
	if err != nil {
		return err
	}
	words := make(chan word, 64)
	said := make(chan struct{})
	go func() {
		defer close(said)
		to := json.NewEncoder(os.Stdout)
		for w := range words {
			_ = to.Encode(w) // nobody is left to hear it
		}
	}()
	defer func() {
		close(words)
		<-said
	}()

	var at *wiring.Addresses
	var store ports.Ingester
	var most heapMost
	watched := make(chan struct{})
	defer func() { <-watched }()
	life, end := context.WithCancel(context.Background())
	defer end()
	go func() {
		defer close(watched)
		most.watch(life)
	}()
	settings := wiring.Settings{Config: c, Roles: wiring.Roles{API: true}, Build: observability.Build{Version: "test"}, Log: teller(words)}
	started := func() {
		words <- word{Listens: &addresses{API: "http://" + at.Of(wiring.PublicAPI), Admin: "http://" + at.Of(wiring.Admin)}}
	}
	told := func() {
		for orders := json.NewDecoder(os.Stdin); ; {
			var next order
			switch err := orders.Decode(&next); {
			case err != nil:
				return
			case next.Commit != nil:
				done := committed{Commit: *next.Commit}
				if err := o.Programme.commit(life, store, *next.Commit); err != nil {
					done.Problem = err.Error()
				}
				done.At = time.Now()
				words <- word{Committed: &done}
			case next.Account:
				if next.Collect {
					runtime.GC()
					runtime.GC() // what had to be finalized is gone as well
				}
				words <- word{Account: reckon(&most)}
			}
		}
	}
	return prooftest.Serve(settings, started, told, fx.Populate(&at, &store))
}

// teller passes lines of the log on, and to the standard error.
type teller chan<- word

func (to teller) Write(line []byte) (int, error) {
	to <- word{Log: bytes.Clone(bytes.TrimSpace(line))}
	return os.Stderr.Write(line)
}

var _ io.Writer = teller(nil)

// heapMost is the most bytes of objects that were there at a time.
type heapMost struct{ bytes atomic.Int64 }

const heapObjects = "/memory/classes/heap/objects:bytes"

func heap() int64 {
	sample := []metrics.Sample{{Name: heapObjects}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// watch looks every few milliseconds until ctx ends. It is the only one that raises it.
func (m *heapMost) watch(ctx context.Context) {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			if now := heap(); now > m.bytes.Load() {
				m.bytes.Store(now)
			}
		}
	}
}

func reckon(most *heapMost) *account {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return &account{} // which the test does not take for one
	}
	a := &account{CPU: time.Duration(u.Utime.Nano() + u.Stime.Nano()), Heap: heap()}
	a.HeapMost = max(a.Heap, most.bytes.Swap(0))
	a.RSS, a.RSSMost = resident()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	a.Collected = m.NumGC
	return a
}

// resident is how much of the process is in memory, and the most that was since it began.
func resident() (now, most int64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kibibytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kibibytes << 10
		case "VmHWM":
			most = kibibytes << 10
		}
	}
	return now, most
}
