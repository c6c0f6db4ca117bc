package rediscache

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/marquee-events/marquee/core/fault"
)

// verdict is what a call says about the server.
type verdict int

const (
	unsaid verdict = iota // the caller went away first
	failing
	well
)

// breaker leaves a server alone that fails several calls in a row.
type breaker struct {
	pause time.Duration

	mu      sync.Mutex // makes one step of what circuit takes two for
	circuit circuitbreaker.CircuitBreaker[any]
	open    bool // as was last told; a trial does not close it, but its success does
	refusal error
}

func newBreaker(failures int, pause time.Duration) *breaker {
	return &breaker{
		pause: pause,
		circuit: circuitbreaker.NewBuilder[any]().
			WithFailureThreshold(uint(failures)).WithSuccessThreshold(1).WithDelay(pause).Build(),
	}
}

// enter asks for leave to call, and tells whether the call is the trial that ends a pause. Whoever got leave has
// to call leave.
func (b *breaker) enter() (trial bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.circuit.TryAcquirePermit() {
		return b.circuit.IsHalfOpen(), nil
	}
	return false, b.refusal
}

// leave tells how a call went, and reports whether that opened or closed the breaker.
func (b *breaker) leave(v verdict, trial bool, err error) (open, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case v == failing:
		b.circuit.RecordFailure()
		// One error serves all that are refused: it is made once, not by each of them.
		b.refusal = &fault.Error{Kind: fault.Unavailable, Message: "Redis is left alone for a while, because it failed several times in a row", RetryAfter: b.pause, Cause: err}
	case v == well:
		b.circuit.RecordSuccess()
	case trial:
		b.circuit.Open() // the permit cannot be given back, so another trial follows after another pause
	}
	was := b.open
	b.open = !b.circuit.IsClosed()
	return b.open, b.open != was
}
