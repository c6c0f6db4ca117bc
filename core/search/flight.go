package search

import (
	"context"
	"sync"
	"sync/atomic"
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

	life life
}

// shared tells whether another caller than the pilot waited for it, once it is over.
func (f *flight[T]) shared() bool { return f.over != nil }

func newFlights[K comparable, T any](timeout time.Duration) *flights[K, T] {
	return &flights[K, T]{byKey: map[K]*flight[T]{}, timeout: timeout}
}

// join returns the flight of the key. Whoever is its pilot has to fly it.
func (s *flights[K, T]) join(key K) (f *flight[T], pilot bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.byKey[key]; f != nil && f.life.enter() {
		if f.over == nil {
			f.over = make(chan struct{})
		}
		return f, false
	}
	f = &flight[T]{life: life{waiting: 1}}
	s.byKey[key] = f
	return f, true
}

// leave is for a caller that does not wait any longer. When nobody does, the flight is given up, and who comes now starts
// another.
func (s *flights[K, T]) leave(f *flight[T]) { f.life.leave() }

// fly brings it, in the goroutine of the caller that came first. It goes on when that caller goes away, for
// the sake of the others, and ends when nobody waits any more.
func (s *flights[K, T]) fly(ctx context.Context, key K, f *flight[T], bring func(context.Context) (T, error)) {
	f.life.begin(ctx, s.timeout)
	f.err = errPanicked
	defer func() {
		f.life.end()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.byKey[key] == f { // nobody came after it was given up
			delete(s.byKey, key)
		}
		if f.over != nil {
			close(f.over)
		}
	}()
	f.brought, f.err = bring(&f.life)
}

var errPanicked = fault.New(fault.Internal, "who made the answer panicked")

// life is the context of a flight: it has the values of the pilot's, and ends when the flight does. A flight that is over soon,
// and that nobody joins, needs nothing that waits: no timer, no channel and no word from the pilot's context. That is made once
// somebody wants to be woken, or joins; until then whoever asks is told what can be seen.
type life struct {
	context.Context // the pilot's, without its end
	pilot           context.Context
	until           time.Time

	mu      sync.Mutex
	waiting int // callers, the pilot included; nobody enters any more once there is none
	waker   atomic.Pointer[waker]
}

// waker is what tells the end of a life to those who wait for it.
type waker struct {
	context.Context
	end func()
}

// ended is the waker of a life that is over without having had one.
var ended = func() *waker {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return &waker{ctx, cancel}
}()

// begin is for the pilot, before whom others may have entered.
func (l *life) begin(pilot context.Context, timeout time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Context, l.pilot = context.WithoutCancel(pilot), pilot
	l.until = time.Now().Add(timeout) //nolint:forbidigo // context.WithDeadline, which takes over once somebody waits, goes by the real clock too
	if l.waiting > 1 {
		l.wake()
	}
}

// enter reports whether the caller waits now too. It does not for what was given up.
func (l *life) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pilot != nil {
		l.wake()
	}
	if l.waiting == 0 {
		return false
	}
	l.waiting++
	return true
}

func (l *life) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting--; l.waiting == 0 {
		l.waker.Load().end() // the pilot, without whom nobody is the last, leaves through it
	}
}

func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.waker.CompareAndSwap(nil, ended) {
		l.waker.Load().end()
	}
}

// wake returns what wakes those who wait. It is made with mu held.
func (l *life) wake() *waker {
	if w := l.waker.Load(); w != nil {
		return w
	}
	ctx, cancel := context.WithDeadline(l.Context, l.until)
	w := &waker{ctx, cancel}
	if l.pilot.Err() != nil { // so nobody was woken by that
		if l.waiting--; l.waiting == 0 {
			cancel()
		}
	} else {
		stop := context.AfterFunc(l.pilot, l.leave)
		w.end = func() { stop(); cancel() }
	}
	l.waker.Store(w)
	return w
}

func (l *life) awake() *waker {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wake()
}

// Deadline implements context.Context.
func (l *life) Deadline() (time.Time, bool) { return l.until, true }

// Done implements context.Context.
func (l *life) Done() <-chan struct{} {
	if w := l.waker.Load(); w != nil {
		return w.Done()
	}
	return l.awake().Done()
}

// Err implements context.Context. What was told once stays so, because it is told by a waker.
func (l *life) Err() error {
	if w := l.waker.Load(); w != nil {
		return w.Err()
	}
	if l.pilot.Err() == nil && time.Until(l.until) > 0 { //nolint:forbidigo // until is a time of the real clock, see begin
		return nil
	}
	return l.awake().Err()
}

// Value implements context.Context. The waker has what the contexts that are made from this one look for to end with it, which
// spares them a goroutine.
func (l *life) Value(key any) any {
	if v := l.Context.Value(key); v != nil {
		return v
	}
	if w := l.waker.Load(); w != nil {
		return w.Value(key)
	}
	return nil
}
