package search

import (
	"context"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// flights are the answers that are being made. Who asks for one of them waits for it instead of making it again.
type flights struct {
	mu      sync.Mutex
	byKey   map[ports.AnswerKey]*flight
	timeout time.Duration
}

// flight is an answer that is being made. What it brings is set before it is over.
type flight struct {
	over   chan struct{}
	epoch  uint64
	served Served
	err    error

	waiting int // callers, the one that makes it included; guarded by flights.mu
	cancel  context.CancelFunc
}

// join returns the flight of the key. Whoever is its pilot has to fly it.
func (s *flights) join(ctx context.Context, key ports.AnswerKey) (f *flight, life context.Context, pilot bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.byKey[key]; f != nil {
		f.waiting++
		return f, nil, false
	}
	f = &flight{over: make(chan struct{}), waiting: 1}
	life, f.cancel = context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	s.byKey[key] = f
	return f, life, true
}

// leave is for a caller that does not wait any longer. When nobody does, the flight is given up, and who comes now starts
// another.
func (s *flights) leave(key ports.AnswerKey, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		s.remove(key, f)
		f.cancel()
	}
}

// fly makes the answer, in the goroutine of the caller that came first. It goes on when that caller goes away, for
// the sake of the others, and ends when nobody waits any more.
func (s *flights) fly(ctx, life context.Context, key ports.AnswerKey, f *flight, load func(context.Context) (Served, error)) {
	stop := context.AfterFunc(ctx, func() { s.leave(key, f) })
	f.err = errPanicked
	defer func() {
		stop()
		f.cancel()
		s.mu.Lock()
		s.remove(key, f)
		s.mu.Unlock()
		close(f.over)
	}()
	f.served, f.err = load(life)
}

var errPanicked = fault.New(fault.Internal, "who made the answer panicked")

func (s *flights) remove(key ports.AnswerKey, f *flight) {
	if s.byKey[key] == f {
		delete(s.byKey, key)
	}
}
