package search

import (
	"context"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

// flights are what is being brought. Who asks for one of them waits for it instead of bringing it again.
type flights[K comparable, T any] struct {
	mu      sync.Mutex
	byKey   map[K]*flight[T]
	timeout time.Duration
}

// flight is something that is being brought. What it brings is set before it is over.
type flight[T any] struct {
	over    chan struct{} // made for the first who waits
	brought T
	err     error

	waiting int // callers, the one that brings it included; guarded by flights.mu
	cancel  context.CancelFunc
}

func newFlights[K comparable, T any](timeout time.Duration) *flights[K, T] {
	return &flights[K, T]{byKey: map[K]*flight[T]{}, timeout: timeout}
}

// join returns the flight of the key. Whoever is its pilot has to fly it.
func (s *flights[K, T]) join(key K) (f *flight[T], pilot bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.byKey[key]; f != nil {
		if f.over == nil {
			f.over = make(chan struct{})
		}
		f.waiting++
		return f, false
	}
	f = &flight[T]{waiting: 1}
	s.byKey[key] = f
	return f, true
}

// leave is for a caller that does not wait any longer. When nobody does, the flight is given up, and who comes now starts
// another.
func (s *flights[K, T]) leave(key K, f *flight[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		s.remove(key, f)
		f.cancel()
	}
}

// fly brings it, in the goroutine of the caller that came first. It goes on when that caller goes away, for
// the sake of the others, and ends when nobody waits any more.
func (s *flights[K, T]) fly(ctx context.Context, key K, f *flight[T], bring func(context.Context) (T, error)) {
	life, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	f.cancel = cancel // before its pilot, without whom nobody is the last to leave, can do so
	stop := context.AfterFunc(ctx, func() { s.leave(key, f) })
	f.err = errPanicked
	defer func() {
		stop()
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remove(key, f)
		if f.over != nil {
			close(f.over)
		}
	}()
	f.brought, f.err = bring(life)
}

var errPanicked = fault.New(fault.Internal, "who made the answer panicked")

func (s *flights[K, T]) remove(key K, f *flight[T]) {
	if s.byKey[key] == f {
		delete(s.byKey, key)
	}
}
