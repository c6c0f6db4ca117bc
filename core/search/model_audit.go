package search

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

const (
	// partTimeout is how long the store may take to hand over a part.
	partTimeout = time.Minute
	// auditAgain is how long an audit waits after an error.
	auditAgain = time.Second
	// compareTries bounds how often a part is read because what was read cannot be compared with what is held.
	compareTries = 5
	// verifyTimeout is how long it may take to compare everything at once.
	verifyTimeout = 15 * time.Minute
)

// Verification is what a comparison of everything found.
type Verification struct {
	ports.Reconciled
	Took time.Duration
}

// Verify compares all that is held with what it was when it came and with the store, now, and puts right what differs. Who
// asks while that goes on gets what the one that asked first gets. While no model is searched, and when the store is away, it is
// fault.Unavailable.
func (m *Model) Verify(ctx context.Context) (Verification, error) {
	f, pilot := m.verifying.join(struct{}{})
	if pilot {
		m.verifying.fly(ctx, struct{}{}, f, m.verify)
		return f.brought, f.err
	}
	select {
	case <-ctx.Done():
		m.verifying.leave(f)
		return Verification{}, fault.Wrap(fault.Unavailable, "wait for a verification", ctx.Err())
	case <-f.over:
		return f.brought, f.err
	}
}

func (m *Model) verify(ctx context.Context) (v Verification, err error) {
	if !m.serving.Load() {
		return v, fault.New(fault.Unavailable, "the catalogue is not searched in memory at the moment (%s)", m.Phase())
	}
	began := m.clock()
	mended, err := m.mend(ctx)
	m.tell(ctx, AuditItself, mended, began, err)
	if err != nil {
		return v, err
	}
	v.WrongDays, v.Wrong, v.Lookups = mended.WrongDays, mended.Wrong, mended.Lookups // all of them are compared again
	for _, part := range m.index.Parts(m.o.PartSize) {
		began := m.clock()
		found, err := m.compare(ctx, part)
		m.tell(ctx, AuditStore, found, began, err)
		if err != nil {
			return v, err
		}
		add(&v.Reconciled, found)
	}
	if !m.serving.Load() {
		return v, fault.New(fault.Unavailable, "what was compared is not held any more")
	}
	m.wasAudited()
	v.Took = m.clock().Sub(began)
	return v, nil
}

// auditItself looks now and then for what is not what it was when it came. To put events right the store is needed.
func (m *Model) auditItself(ctx context.Context) {
	failed := false
	calm := min(auditAgain, m.o.ItselfEvery)
	for m.awaitFollowing(ctx) {
		suspected, goesOn := m.pauseUnlessSuspected(ctx, calm)
		if !goesOn {
			return
		}
		began := m.clock()
		found, err := m.mend(ctx)
		if err == nil || !failed || found != (ports.Reconciled{}) {
			m.tell(ctx, AuditItself, found, began, err)
		}
		failed = err != nil
		if calm = min(auditAgain, m.o.ItselfEvery); suspected && found == (ports.Reconciled{}) {
			calm = m.o.ItselfEvery // it is something else
		}
	}
}

// pauseUnlessSuspected waits until it is time to look, or, not before it was calm for a while, until a search failed that nothing was wrong
// with. It does not go on where ctx ended.
func (m *Model) pauseUnlessSuspected(ctx context.Context, calm time.Duration) (suspected, goesOn bool) {
	if !pause(ctx, calm) {
		return false, false
	}
	select {
	case <-m.suspected:
		return true, true
	default:
	}
	timer := time.NewTimer(max(0, m.o.ItselfEvery-calm))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false, false
	case <-m.suspected:
		return true, true
	case <-timer.C:
		return false, true
	}
}

// suspect has all that is held looked at soon.
func (m *Model) suspect() {
	select {
	case m.suspected <- struct{}{}:
	default: // it will be
	}
}

// mend compares the days that are not what they were with the store, and puts them right.
func (m *Model) mend(ctx context.Context) (all ports.Reconciled, err error) {
	damage, err := m.index.Damaged(ctx)
	if err != nil {
		return all, err
	}
	if damage.Lookups {
		all.Lookups++
	}
	for _, day := range damage.Days {
		found, err := m.compare(ctx, day)
		add(&all, found)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// sweeps compares all that is held with the store, again and again, and gently.
func (m *Model) sweeps(ctx context.Context) {
	for m.awaitFollowing(ctx) {
		if m.sweep(ctx) {
			m.wasAudited()
		}
	}
}

// sweep does so once, and reports whether all of it was compared.
func (m *Model) sweep(ctx context.Context) bool {
	parts := m.index.Parts(m.o.PartSize)
	each := m.o.SweepIn / time.Duration(max(len(parts), 1))
	if len(parts) == 0 { // nothing is held any more
		pause(ctx, auditAgain)
		return false
	}
	all, wait := true, each
	for _, part := range parts {
		if !pause(ctx, wait) || !m.serving.Load() {
			return false
		}
		began := m.clock()
		found, err := m.sweepPart(ctx, part)
		if !m.serving.Load() {
			return false
		}
		all = all && err == nil
		wait = max(each, time.Duration(found.Events)*time.Second/time.Duration(m.o.EventsPerSecond)) - m.clock().Sub(began)
		if err != nil {
			wait = max(wait, auditAgain)
		}
	}
	return all
}

// sweepPart compares one part. While the store is away it waits for it.
func (m *Model) sweepPart(ctx context.Context, part event.TimeRange) (ports.Reconciled, error) {
	for told := false; ; told = true {
		began := m.clock()
		found, err := m.compare(ctx, part)
		if err == nil || !told || found != (ports.Reconciled{}) {
			m.tell(ctx, AuditStore, found, began, err)
		}
		if !fault.Is(err, fault.Unavailable) || !m.serving.Load() || !pause(ctx, auditAgain) {
			return found, err
		}
	}
}

// tell tells what was found, unless that is of a model that is not searched any more.
func (m *Model) tell(ctx context.Context, how string, found ports.Reconciled, began time.Time, err error) {
	if !m.serving.Load() || ctx.Err() != nil {
		return
	}
	now := m.clock()
	m.mu.Lock()
	m.wrong += int64(found.Wrong)
	m.mu.Unlock()
	m.o.Watcher.Audited(ctx, Audited{How: how, Reconciled: found, Took: now.Sub(began), Err: err})
}

func (m *Model) wasAudited() {
	now := m.clock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.audited = now
}

func add(all *ports.Reconciled, some ports.Reconciled) {
	all.Events += some.Events
	all.Days += some.Days
	all.WrongDays += some.WrongDays
	all.Wrong += some.Wrong
	all.Lookups += some.Lookups
}

var errTooMany = errors.New("more events than may be compared at once")

// compare compares what is held of a part with the store and puts right what differs. A part in which the store has more than is
// expected is cut into halves, down to days.
func (m *Model) compare(ctx context.Context, part event.TimeRange) (ports.Reconciled, error) {
	early, late, several := halves(part)
	most := m.o.MostAtOnce
	if !several {
		most = math.MaxInt
	}
	all, err := m.compareWhole(ctx, part, most)
	if !errors.Is(err, errTooMany) {
		return all, err
	}
	for _, half := range []event.TimeRange{early, late} {
		found, err := m.compare(ctx, half)
		add(&all, found)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// The first and the last day that an event may start on.
var (
	firstDay = dayOf(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	lastDay  = dayOf(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).Unix())
)

// halves cuts a range of several days in two.
func halves(r event.TimeRange) (early, late event.TimeRange, several bool) {
	first, last := firstDay, lastDay
	if from, bound := r.From.Unix(); bound {
		first = max(first, dayOf(from))
	}
	if to, bound := r.To.Unix(); bound {
		last = min(last, dayOf(to))
	}
	if first >= last {
		return r, r, false
	}
	middle := time.Unix((first+(last-first+1)/2)*secondsPerDay, 0)
	return event.TimeRange{From: r.From, To: event.NotAfter(middle.Add(-time.Second))}, event.TimeRange{From: event.NotBefore(middle), To: r.To}, true
}

// compareWhole compares a part with at most most events, again where the two sides have no version in common.
func (m *Model) compareWhole(ctx context.Context, part event.TimeRange, most int) (ports.Reconciled, error) {
	for tries := 1; ; tries++ {
		found, err := m.compareOnce(ctx, part, most)
		met := !fault.Is(err, fault.Gone) && !fault.Is(err, fault.Conflict)
		if met || tries == compareTries || !m.serving.Load() || !pause(ctx, followAgain) {
			return found, err
		}
	}
}

func (m *Model) compareOnce(ctx context.Context, part event.TimeRange, most int) (ports.Reconciled, error) {
	life, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	var all []event.Event
	of, err := m.store.Snapshot(life, part, func(e *event.Event) error {
		if len(all) == most {
			return errTooMany
		}
		all = append(all, *e)
		return nil
	})
	if err != nil {
		return ports.Reconciled{}, err
	}
	m.reach(life, of, patience)
	// The store may have another history by now, of which the follower has not heard. Nothing of that is put into this one.
	if at, _ := m.index.At(); at != of {
		if of == (catalogue.Version{}) {
			return ports.Reconciled{}, fault.New(fault.Gone, "the store is empty, and was not")
		}
		if _, err := m.index.Changes(life, of, 1); err != nil {
			return ports.Reconciled{}, err
		}
	}
	return m.index.Reconcile(life, part, of, all)
}
