package fleet

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// until waits for something that happens sooner or later.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(prooftest.Patience); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// process is a process of the fleet. What it says is kept, and may be asked for from any goroutine.
type process struct {
	*prooftest.Process
	t      *testing.T
	orders orders
	log    prooftest.Tail
	dead   bool // it was killed or stopped

	mu        sync.Mutex
	ready     *ready
	heard     int // orders
	begun     []beginning
	published []published
	holds     []part
	late      []part
	again     int
}

// beginning is a run that has begun, and when that was heard of.
type beginning struct {
	run  int64
	when time.Time
}

// begin starts a process, and ends it at the latest with the test.
func begin(t *testing.T, o orders) *process {
	t.Helper()
	p := &process{t: t, orders: o}
	p.Process = prooftest.Start(t, o, &p.log, func(line []byte) {
		var w word
		if json.Unmarshal(line, &w) == nil {
			p.listen(w)
		}
	})
	t.Cleanup(func() {
		if !p.dead {
			p.stop()
		}
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", o.Name, &p.log)
		}
	})
	return p
}

func (p *process) listen(w word) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case w.Ready != nil:
		p.ready = w.Ready
	case w.Heard:
		p.heard++
	case w.Begun != 0:
		p.begun = append(p.begun, beginning{int64(w.Begun), time.Now()})
	case w.Published != nil:
		p.published = append(p.published, *w.Published)
	case w.Holds != nil:
		p.holds = append(p.holds, *w.Holds)
	case w.Late != nil:
		p.late = append(p.late, *w.Late)
	case w.Again:
		p.again++
	}
}

// look reads what the process has said.
func look[V any](p *process, read func(p *process) V) V {
	p.mu.Lock()
	defer p.mu.Unlock()
	return read(p)
}

// isReady waits until the process has started.
func (p *process) isReady() ready {
	p.t.Helper()
	var r *ready
	until(p.t, p.orders.Name+" is ready", func() bool {
		select {
		case <-p.Ended():
			p.t.Fatalf("%s ended by itself, %v", p.orders.Name, p.Err())
		default:
		}
		r = look(p, func(p *process) *ready { return p.ready })
		return r != nil
	})
	return *r
}

// tell gives an order, and returns when it was heard.
func (p *process) tell(o order) {
	p.t.Helper()
	before := look(p, func(p *process) int { return p.heard })
	require.NoError(p.t, p.Tell(o))
	until(p.t, p.orders.Name+" has heard an order", func() bool { return look(p, func(p *process) int { return p.heard }) > before })
}

// kill ends the process without warning, and returns when nothing is left of it.
func (p *process) kill() (when time.Time) {
	p.t.Helper()
	p.dead = true
	when = time.Now()
	p.Kill()
	<-p.Ended()
	return when
}

// stop ends it in order.
func (p *process) stop() {
	p.dead = true
	assert.NoError(p.t, p.Stop(), "%s was to stop in order", p.orders.Name)
}
