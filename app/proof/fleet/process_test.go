package fleet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is for conditions that come true sooner or later; nothing is slower on a busy machine.
const patience = 90 * time.Second

// until waits for something that happens sooner or later.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// process is a process of the fleet. What it says is kept, and may be asked for from any goroutine.
type process struct {
	t       *testing.T
	orders  orders
	command *exec.Cmd
	in      io.WriteCloser
	log     *tail
	ended   chan struct{} // closed when all that it said is heard and it has ended
	err     error         // how it ended, from then on
	dead    bool          // it was killed or stopped

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
	raw, err := json.Marshal(o)
	require.NoError(t, err)
	p := &process{t: t, orders: o, command: exec.Command(os.Args[0]), log: &tail{}, ended: make(chan struct{})}
	p.command.Env = []string{ordersVariable + "=" + string(raw)} // nothing of this machine's settings
	p.command.Stderr = p.log
	p.in, err = p.command.StdinPipe()
	require.NoError(t, err)
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	go func() {
		defer close(p.ended)
		lines := bufio.NewReader(out)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil { // a line that is cut is none
				break
			}
			var w word
			if json.Unmarshal(line, &w) == nil {
				p.listen(w)
			}
		}
		p.err = p.command.Wait()
	}()
	t.Cleanup(func() {
		if !p.dead {
			p.stop()
		}
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", o.Name, p.log)
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
		case <-p.ended:
			p.t.Fatalf("%s ended by itself, %v", p.orders.Name, p.err)
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
	line, err := json.Marshal(o)
	require.NoError(p.t, err)
	_, err = p.in.Write(append(line, '\n'))
	require.NoError(p.t, err)
	until(p.t, p.orders.Name+" has heard an order", func() bool { return look(p, func(p *process) int { return p.heard }) > before })
}

// kill ends the process without warning, and returns when nothing is left of it.
func (p *process) kill() (when time.Time) {
	p.t.Helper()
	p.dead = true
	when = time.Now()
	require.NoError(p.t, p.command.Process.Kill())
	<-p.ended
	return when
}

// stop ends it in order, or else kills it.
func (p *process) stop() {
	p.dead = true
	_ = p.in.Close() // it may have ended by itself, which its error tells
	select {
	case <-p.ended:
		assert.NoError(p.t, p.err, "%s was to stop in order", p.orders.Name)
	case <-time.After(patience):
		p.t.Errorf("%s does not stop", p.orders.Name)
		p.kill()
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	all []byte
}

const tailSize = 12 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, p...)
	if len(t.all) > 2*tailSize {
		t.all = bytes.Clone(t.all[len(t.all)-tailSize:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.all[max(0, len(t.all)-tailSize):])
}
