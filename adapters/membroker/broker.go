// Package membroker is a broker in memory, for tests of what publishes and
// consumes. It keeps every promise of the ports but one: its messages end with
// the process.
package membroker

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

var (
	_ ports.Publisher = (*Broker)(nil)
	_ ports.Intake    = (*Broker)(nil)
	_ ports.Backlog   = (*Broker)(nil)
)

// Broker holds a bounded number of messages. It has no goroutines of its own.
type Broker struct {
	ready chan *entry // each waiting entry once; never full, since it has room for all that are held

	mu   sync.Mutex
	held map[*entry]struct{} // not acknowledged
}

// entry is a message that is not acknowledged; its fields are guarded by the broker's mutex.
type entry struct {
	ports.Delivery
	inHand bool
}

// New returns a broker that refuses messages beyond capacity.
func New(capacity int) *Broker {
	return &Broker{ready: make(chan *entry, capacity), held: make(map[*entry]struct{}, capacity)}
}

// Publish takes the whole batch or nothing of it.
func (b *Broker) Publish(ctx context.Context, batch ...ports.Message) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.Unavailable, "publish", err)
	}
	for _, m := range batch {
		if len(m.Body) > ports.MaxBody {
			return fault.InvalidField("body", "message %q has %d bytes, at most %d are allowed", m.ID, len(m.Body), ports.MaxBody)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.held)+len(batch) > cap(b.ready) {
		return fault.New(fault.Unavailable, "publish: the broker is full, it holds %d of %d messages", len(b.held), cap(b.ready))
	}
	for _, m := range batch {
		e := &entry{Delivery: ports.Delivery{Message: clone(m), Attempt: 1, Published: time.Now()}}
		b.held[e] = struct{}{}
		b.ready <- e
	}
	return nil
}

// Consume is described by the port.
func (b *Broker) Consume(ctx context.Context, parallel int, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	if parallel < 1 {
		return fault.InvalidField("parallel", "is %d, at least one handler is needed", parallel)
	}
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for {
				e, d, ok := b.take(ctx)
				if !ok {
					return
				}
				b.settle(e, d.Attempt, handle(context.WithoutCancel(ctx), d))
			}
		})
	}
	workers.Wait()
	return nil
}

// Backlog counts waiting messages, those in hand, and those put off.
func (b *Broker) Backlog(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fault.Wrap(fault.Unavailable, "count the backlog", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.held)), nil
}

// Oldest looks at all that is held.
func (b *Broker) Oldest(ctx context.Context) (oldest time.Time, err error) {
	if err := ctx.Err(); err != nil {
		return oldest, fault.Wrap(fault.Unavailable, "look for the oldest message", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for e := range b.held {
		if oldest.IsZero() || e.Published.Before(oldest) {
			oldest = e.Published
		}
	}
	return oldest, nil
}

// LoseVerdicts delivers again whatever is in hand, as if its consumers had crashed: what they
// say from now on is not heard.
func (b *Broker) LoseVerdicts() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for e := range b.held {
		if e.inHand {
			b.putBack(e)
		}
	}
}

func (b *Broker) take(ctx context.Context) (*entry, ports.Delivery, bool) {
	select {
	case <-ctx.Done():
		return nil, ports.Delivery{}, false
	case e := <-b.ready:
		b.mu.Lock()
		defer b.mu.Unlock()
		if ctx.Err() != nil { // both were so; the end goes first
			b.ready <- e
			return nil, ports.Delivery{}, false
		}
		e.inHand = true
		d := e.Delivery
		d.Message = clone(d.Message)
		return e, d, true
	}
}

// settle does nothing when the message was given to someone else since.
func (b *Broker) settle(e *entry, attempt int, v ports.Verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !e.inHand || e.Attempt != attempt:
	case !v.Retry:
		delete(b.held, e)
	case v.After <= 0:
		b.putBack(e)
	default:
		e.inHand = false
		time.AfterFunc(v.After, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.putBack(e)
		})
	}
}

// putBack makes the entry wait again; the caller holds the mutex.
func (b *Broker) putBack(e *entry) {
	e.inHand = false
	e.Attempt++
	b.ready <- e
}

func clone(m ports.Message) ports.Message {
	m.Header, m.Body = maps.Clone(m.Header), bytes.Clone(m.Body)
	return m
}
