package observability

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/ports"
)

// ObserveLeases watches leases and tells which of them this process holds.
func ObserveLeases(next ports.Leases, rec *Recorder) ports.Leases {
	return &leases{next: next, rec: rec, acquire: rec.call(callAcquire), release: rec.call(callRelease)}
}

type leases struct {
	next             ports.Leases
	rec              *Recorder
	acquire, release *call
}

func (l *leases) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, held bool, err error) {
	ctx, seen := l.acquire.start(ctx, &err)
	defer seen.done(&err)
	fence, held, err = l.next.Acquire(ctx, name, holder, ttl)
	if err == nil {
		l.tell(name, held)
	}
	return fence, held, err
}

func (l *leases) Release(ctx context.Context, name, holder string) (err error) {
	ctx, seen := l.release.start(ctx, &err)
	defer seen.done(&err)
	err = l.next.Release(ctx, name, holder)
	if err == nil {
		l.tell(name, false)
	}
	return err
}

func (l *leases) tell(name string, held bool) {
	value := 0.0
	if held {
		value = 1
	}
	l.rec.leaseHeld.WithLabelValues(l.rec.leases.label(name)).Set(value)
}
