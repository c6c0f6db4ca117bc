package feedxml

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"github.com/marquee-events/marquee/core/fault"
)

// Breaker says when a provider that keeps failing is left alone. A field that is zero has its default.
//
// The pause does not grow. What ends it is one request, and nobody is hammered by two of them a minute; a longer
// one would keep a catalogue stale after its provider is well again. Whoever wants to ask less often has
// the interval between readings for it.
type Breaker struct {
	// Failures is how many readings in a row have to fail by the provider's fault, each with all of its attempts.
	// Default 5; negative for never.
	Failures int
	// Pause is how long the provider is left alone before one reading, without retries, tries it again. Default 30 s.
	Pause time.Duration
}

func (b Breaker) orDefaults() Breaker {
	return Breaker{Failures: cmp.Or(b.Failures, 5), Pause: cmp.Or(b.Pause, 30*time.Second)}
}

// verdict is what a reading says about its provider.
type verdict int

const (
	unsaid verdict = iota // it was given up before there was anything to say
	failing
	speaking // as far as it was listened to: who reads stopped
	well
)

// breaker is one provider's.
type breaker struct {
	circuit circuitbreaker.CircuitBreaker[any] // nil for none
	pause   time.Duration

	mu       sync.Mutex // makes one step of what circuit takes two for
	open     bool       // as was last told; a trial does not close it, but its success does
	failures int        // in a row
	since    time.Time  // of the first of them
	last     error      // of them
}

func newBreaker(b Breaker) *breaker {
	if b.Failures < 0 {
		return &breaker{}
	}
	return &breaker{pause: b.Pause, circuit: circuitbreaker.NewBuilder[any]().
		WithFailureThreshold(uint(b.Failures)).WithSuccessThreshold(1).WithDelay(b.Pause).Build()}
}

// enter asks for leave to read, and tells whether the reading is the trial that ends a pause. Whoever
// got leave has to call leave.
func (b *breaker) enter() (trial bool, err error) {
	if b.circuit == nil {
		return false, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.circuit.TryAcquirePermit() {
		return b.circuit.IsHalfOpen(), nil
	}
	return false, b.leftAlone()
}

func (b *breaker) leftAlone() error {
	rest, until := b.circuit.RemainingDelay(), "until the reading that tries it has ended"
	if rest > 0 {
		until = "until " + clock(time.Now().Add(rest))
	} else {
		rest = b.pause // when it ends is not known
	}
	return &fault.Error{
		Kind: fault.Unavailable,
		Code: CodeLeftAlone,
		Message: fmt.Sprintf("the provider is left alone %s: it has failed since %s, %d readings in a row, the last with",
			until, clock(b.since), b.failures),
		RetryAfter: rest,
		Cause:      b.last,
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// leave tells how a reading went, and reports whether that opened or closed the breaker.
func (b *breaker) leave(v verdict, trial bool, err error) (open, changed bool) {
	if b.circuit == nil {
		return false, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case v == failing:
		if b.failures == 0 {
			b.since = time.Now()
		}
		b.failures++
		b.last = err
		b.circuit.RecordFailure()
	case v == well, v == speaking && trial:
		b.failures, b.last = 0, nil
		b.circuit.RecordSuccess()
	case trial:
		b.circuit.Open() // the permit cannot be given back, so another trial follows after another pause
	}
	was := b.open
	b.open = !b.circuit.IsClosed()
	return b.open, b.open != was
}

// rest is how long the provider is going to be left alone.
func (b *breaker) rest() time.Duration {
	if b.circuit == nil {
		return 0
	}
	return b.circuit.RemainingDelay()
}

// notBefore is err that asks to wait at least so long.
func notBefore(wait time.Duration, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.RetryAfter >= wait {
		return err
	}
	later := *e
	later.RetryAfter = wait
	return &later
}
