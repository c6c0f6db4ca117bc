package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/catalogue"
)

// history is a data folder, the processes that live in it one after the other, and the provider that they read. One
// goroutine, the test's, does everything in it.
type history struct {
	t        *testing.T
	dir      string
	url      string
	requests <-chan request

	life     *life
	standing standing
	snapshot int                         // that the provider has now
	book     map[catalogue.RunNumber]int // what each run has read
	kept     map[string]bool             // fleeting events that the broker was given
	movesOn  bool                        // the feed, when a process dies at a point
	blow     blow                        // that is still to come
	waiting  *request                    // for the trap to be set
	tally    tally
	log      prooftest.Tail // of its processes

	reaper reaper
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{t: t, dir: t.TempDir(), book: map[catalogue.RunNumber]int{}, kept: map[string]bool{}, tally: newTally()}
	h.url, h.requests = provide(t)
	t.Cleanup(func() {
		if h.life == nil {
			return
		}
		h.life.end()
		if t.Failed() {
			t.Logf("the end of the log of the last processes:\n%s", &h.log)
		}
	})
	return h
}

// start starts a process. What is left of the blow hits it.
func (h *history) start() {
	h.t.Helper()
	o := orders{Dir: h.dir, Feed: h.url}
	if h.tally.lives > 0 && len(h.blow.kills) > 0 {
		o.Trap.kill = h.blow.kills[0]
	}
	h.tally.lives++
	h.life = begin(h.t, o, &h.log)
	h.reaper.started()
}

// turn gives the provider its next snapshot, and waits until a run has read it and is concluded, and no
// departure is held; whatever happens meanwhile.
func (h *history) turn(b blow) {
	h.t.Helper()
	if h.life != nil {
		h.snapshot++
	}
	h.blow = b
	if h.life == nil {
		h.start()
	}
	h.await(fmt.Sprintf("snapshot %d to be concluded, after blows %v", h.snapshot, b.kills), func() bool {
		read, known := h.book[h.standing.Run]
		return known && read == h.snapshot && h.standing.State == catalogue.Concluded && h.standing.Held == 0 && len(h.blow.kills) == 0
	})
}

// finish waits until nothing is left to be consumed, and stops the process in order.
func (h *history) finish() {
	h.t.Helper()
	h.await("the backlog to be empty", func() bool { return h.standing.Backlog == 0 && h.standing.State == catalogue.Concluded })
	h.life.process.Finish()
	h.life.stopped = true
	h.await("the process to stop", func() bool { return h.life.over })
	require.NoError(h.t, h.life.process.Err(), "it was to stop in order")
}

// await lets the history go on until something has come.
func (h *history) await(what string, come func() bool) {
	h.t.Helper()
	deadline := time.NewTimer(prooftest.Patience)
	defer deadline.Stop()
	for !come() {
		select {
		case w, alive := <-h.life.said:
			if alive {
				h.hear(w)
			} else {
				h.bury()
				deadline.Reset(prooftest.Patience)
			}
		case r := <-h.requests:
			h.receive(r)
		case <-h.reaper.comes:
			h.reaper.comes = nil
			h.life.kill()
		case <-deadline.C:
			h.t.Fatalf("%s have waited for %s; the feed stands at %+v, and %v is still to come", prooftest.Patience, what, h.standing, h.blow.kills)
		}
	}
}

func (h *history) hear(w word) {
	switch {
	case w.Standing != nil:
		h.standing = *w.Standing
	case w.Set:
		if h.waiting != nil {
			h.answer(*h.waiting)
			h.waiting = nil
		}
	case w.Dies:
		h.life.fate = w.Point
		fallthrough
	case w.Point != "":
		h.life.at = w.Point
		h.tally.passed[w.Point]++
		if h.reaper.passed(w.Point) {
			h.life.kill()
		}
	}
	for _, id := range w.Kept {
		h.kept[id] = true
	}
	if w.Repeated {
		h.tally.repeated++
	}
	if w.Late {
		h.tally.late++
	}
}

// receive answers a reading of the feed, after the trap is set for it if it shall not end well.
func (h *history) receive(r request) {
	h.t.Helper()
	read, again := h.book[r.run]
	require.False(h.t, again && read != h.snapshot, "run %d has read two states of the feed", r.run)
	h.book[r.run] = h.snapshot
	h.reaper.asked()
	if len(h.blow.kills) == 0 || h.life.trapped {
		h.answer(r)
		return
	}
	h.life.trapped = true
	h.waiting = &r
	if err := h.life.process.Tell(order{h.blow.kills[0], r.run, h.blow.refused, h.blow.lingers}); err != nil {
		h.t.Fatalf("set the trap: %v", err)
	}
}

func (h *history) answer(r request) {
	a := answer{snapshot: snapshotAt(h.snapshot)}
	if len(h.blow.kills) > 0 || h.reaper.left > 0 { // it may well be the only one who reads this
		a.snapshot = a.seenBy(r.run, h.reaper.left == 0)
	}
	if h.blow.slow && len(h.blow.kills) > 0 {
		a.stalled = r.ctx.Done()
	}
	r.answer <- a
}

// bury finds out how a process ended. Unless that was in order, another one takes its place.
func (h *history) bury() {
	h.t.Helper()
	l := h.life
	l.over = true
	if l.stopped {
		l.said = nil
		return
	}
	killed := l.process.Killed()
	switch {
	case killed && l.fate != "":
		h.tally.named[l.fate]++
		h.blow.kills = h.blow.kills[1:]
		if h.movesOn {
			h.snapshot++
		}
	case killed && l.killed:
		h.tally.random[l.at]++
		h.reaper.left--
	default:
		h.t.Fatalf("a process ended by itself: %v", l.process.Err())
	}
	h.waiting = nil
	h.start()
}

// life is the life of a process.
type life struct {
	process *prooftest.Process
	said    <-chan word // closed when it has ended

	at      point // where it came by last
	trapped bool  // it was told where to die
	fate    point // where it said that it dies
	killed  bool  // from outside
	stopped bool  // in order
	over    bool
}

func begin(t *testing.T, o orders, log io.Writer) *life {
	t.Helper()
	said := make(chan word)
	l := &life{said: said, at: starting, trapped: o.Trap.Nth > 0}
	l.process = prooftest.Start(t, o, log, func(line []byte) {
		var w word
		if json.Unmarshal(line, &w) == nil {
			said <- w
		}
	})
	go func() {
		<-l.process.Ended()
		close(said)
	}()
	return l
}

func (l *life) kill() {
	l.killed = true
	l.process.Kill()
}

// end makes sure that nothing is left of the process.
func (l *life) end() {
	if l.over {
		return
	}
	l.kill()
	for range l.said {
	}
}
