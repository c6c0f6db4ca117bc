package search

import (
	"bytes"
	"cmp"
	"context"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Made is an answer as it was made: written, or what it is to be written from, because that would be more than
// ports.MaxAnswer (Page), or takes no longer than to keep it (Write).
type Made struct {
	At   catalogue.Version
	Body []byte         // nil where it has to be written yet
	Page catalogue.Page // shared: not to be changed
	// Write appends the body. Such an answer is written for being kept once it is asked for again; until then everyone who has
	// it writes it where there is room. It may be called from many goroutines.
	Write func(b []byte) []byte
	// Release, where there is one, is to be called by the one who has the answer once it is written, or not at all. Nothing of
	// it may be read afterwards.
	Release func()
}

// Source is where an answer came from.
type Source uint8

// The sources.
const (
	Loaded Source = iota // made for this caller
	Joined               // made for another caller who asked at the same time
	Near                 // kept by this process
	Far                  // kept by all
)

// Served is an answer and how it came about.
type Served struct {
	Made
	Source Source
	// Stale tells that the answer cannot be made at the moment, and that this is the last that is known.
	Stale bool
	// Outdated tells that an answer was kept that is not current any more.
	Outdated bool
	// Kept tells that an answer that was made is kept for who asks next.
	Kept bool
	// Left is for how long the answer may go on being served; negative for how long a stale one should not have been.
	Left time.Duration
}

// Load makes an answer. It must not keep the context.
type Load func(ctx context.Context) (Made, error)

// AnswersOptions adjust Answers; what is zero has its default.
type AnswersOptions struct {
	// Far is the cache that is shared with other processes; nil for none.
	Far ports.AnswerCache
	// TTL is how long an answer is current when nothing is heard of changes; 60 seconds unless set.
	TTL time.Duration
	// Remembered is for how long an answer is kept to be served when it cannot be made; an hour unless set.
	Remembered time.Duration
	// Timeout is how long an answer may take to be made; 10 seconds unless set.
	Timeout time.Duration
	// OnDropped is told of each answer that is not written to the far cache because it does not keep up.
	OnDropped func()
}

// Answers keeps rendered answers: near, in this process, and far, where other processes find them too. What it serves was
// current when it was asked for, as Freshness tells, unless it is marked as stale.
//
// It may be used from many goroutines.
type Answers struct {
	*shelf

	far    ports.AnswerCache
	source source
}

// shelf is where answers are kept, whichever source they are of.
type shelf struct {
	near       ports.AnswerCache
	fresh      *Freshness
	ttl        time.Duration
	remembered time.Duration
	timeout    time.Duration
	clock      func() time.Time
	flights    *flights[ports.AnswerKey, flown]
	asked      recent // what was quick to make

	writes    chan farWrite
	queued    atomic.Int64 // bytes in writes
	onDropped func()
}

// What the far cache may be behind with: whatever comes first.
const (
	maxWrites      = 1024
	maxWrittenLate = 16 << 20 // bytes
)

type farWrite struct {
	far    ports.AnswerCache
	whose  context.Context //nolint:containedctx // of the caller for whom it was made, so that a trace of that leads to the end
	key    ports.AnswerKey
	answer ports.Answer
}

// NewAnswers keeps answers in near, as long as fresh calls them current. Run has to run for a far cache to be written.
func NewAnswers(near ports.AnswerCache, fresh *Freshness, clock func() time.Time, o AnswersOptions) *Answers {
	a := &shelf{
		near: near, fresh: fresh, clock: clock,
		ttl:        cmp.Or(o.TTL, time.Minute),
		remembered: cmp.Or(o.Remembered, time.Hour),
		timeout:    cmp.Or(o.Timeout, 10*time.Second),
		onDropped:  o.OnDropped,
		writes:     make(chan farWrite, maxWrites),
	}
	if a.onDropped == nil {
		a.onDropped = func() {}
	}
	a.flights = newFlights[ports.AnswerKey, flown](a.timeout)
	return &Answers{shelf: a, far: o.Far, source: source{clock: clock}}
}

// OfAnotherSource keeps answers beside those of a, and in a cache that it shares with other processes, nil for none. Whether its
// answers can be made says nothing of whether those of a can.
func (a *Answers) OfAnotherSource(far ports.AnswerCache) *Answers {
	return &Answers{shelf: a.shelf, far: far, source: source{clock: a.clock}}
}

// Answer returns the answer that key names, which is about what the range holds.
//
// It is one that is kept, if that is current, or else what load makes, which is kept unless it is quick to make and was not
// asked for of late. Callers that ask for the same at the same time share
// one load, which begins after they asked and goes on until nobody waits for it. When the load is fault.Unavailable or takes too
// long, the last answer that is known is served as stale; without one, and for other errors, the error is returned. After
// three such failures in a row, one caller a second tries, and the others are served what is known as stale at once.
func (a *Answers) Answer(ctx context.Context, key ports.AnswerKey, about event.TimeRange, load Load) (Served, error) {
	served, found := a.fromNear(ctx, key, about)
	if found && !served.Outdated {
		return served, nil
	}
	return a.fly(ctx, key, about, found, load)
}

// flown is an answer that was made for all who asked for it, and the epoch that it belongs to.
type flown struct {
	Served
	epoch uint64
}

// fly makes the answer, or waits for another caller to make it.
func (a *Answers) fly(ctx context.Context, key ports.AnswerKey, about event.TimeRange, outdated bool, load Load) (Served, error) {
	f, pilot := a.flights.join(key)
	if pilot {
		return a.pilot(ctx, key, f, about, outdated, load)
	}
	patience, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	for late := false; ; late = true {
		select {
		case <-patience.Done():
			a.flights.leave(f)
			err := fault.Wrap(fault.Unavailable, "wait for an answer", patience.Err())
			if last, known := a.lastNear(ctx, key); known && fault.Is(err, fault.Unavailable) {
				return last, nil
			}
			return Served{}, err
		case <-f.over:
		}
		// What was under way already may have been made before a change that this caller could know of. What began
		// since it asked cannot.
		if late || f.err != nil || f.brought.Stale || a.fresh.current(f.brought.epoch, f.brought.At, 0, about) {
			joined := f.brought.Served
			joined.Release = nil
			if joined.Source == Loaded {
				joined.Source = Joined
			}
			return joined, f.err
		}
		if f, pilot = a.flights.join(key); pilot {
			return a.pilot(ctx, key, f, about, outdated, load)
		}
	}
}

// pilot makes the answer, for this caller and for all who join the flight.
func (a *Answers) pilot(ctx context.Context, key ports.AnswerKey, f *flight[flown], about event.TimeRange, outdated bool, load Load) (Served, error) {
	a.flights.fly(ctx, key, f, func(life context.Context) (flown, error) {
		epoch := a.fresh.now()
		served, err := a.make(life, key, about, epoch, outdated, load)
		return flown{served, epoch}, err
	})
	if ctx.Err() != nil && fault.Is(f.err, fault.Canceled) { // it was given up for want of callers
		return Served{}, fault.Wrap(fault.Unavailable, "make an answer", ctx.Err())
	}
	served := f.brought.Served
	if f.shared() {
		served.Release = nil
	}
	return served, f.err
}

// fromNear looks for an answer of this process. One that is not current is marked as outdated.
func (a *Answers) fromNear(ctx context.Context, key ports.AnswerKey, about event.TimeRange) (Served, bool) {
	epoch := a.fresh.now()
	kept, found, err := a.near.Get(ctx, inEpoch(key, epoch))
	if err != nil || !found {
		return Served{}, false
	}
	age := a.clock().Sub(kept.Stored)
	return Served{
		Made:     Made{At: kept.At, Body: kept.Body},
		Source:   Near,
		Outdated: !a.young(age) || !a.fresh.current(epoch, kept.At, age, about),
		Left:     a.ttl - age,
	}, true
}

// young tells whether an age is less than the TTL. A negative one means that a clock was set back.
func (a *Answers) young(age time.Duration) bool { return age > -time.Second && age < a.ttl }

// make brings an answer that is not near: from afar, or made anew, or else the last that is known.
func (a *Answers) make(ctx context.Context, key ports.AnswerKey, about event.TimeRange, epoch uint64, outdated bool, load Load) (Served, error) {
	began := a.clock().Truncate(time.Millisecond)
	last, found := a.fromFar(ctx, key, about)
	if found && !last.Outdated {
		return last, nil
	}
	if a.source.spare() {
		if known, ok := a.lastResort(ctx, key, last, found); ok {
			return known, nil
		}
	}
	made, err := load(ctx)
	a.source.tried(err)
	if err == nil {
		outdated = outdated || found
		if made.Write != nil && (outdated || a.asked.again(key)) {
			made.Body = bytes.Clone(made.Write(nil))
		}
		kept := made.Body != nil
		if kept {
			a.keep(ctx, key, epoch, ports.Answer{At: made.At, Stored: began, Body: made.Body})
		}
		return Served{Made: made, Source: Loaded, Outdated: outdated, Kept: kept, Left: a.ttl}, nil
	}
	if !fault.Is(err, fault.Unavailable) {
		return Served{}, err
	}
	if known, ok := a.lastResort(ctx, key, last, found); ok {
		return known, nil
	}
	return Served{}, err
}

// lastResort is the last answer that is known, near or else far, as a stale one.
func (a *Answers) lastResort(ctx context.Context, key ports.AnswerKey, far Served, found bool) (Served, bool) {
	if known, ok := a.lastNear(ctx, key); ok {
		return known, true
	}
	return stale(far), found
}

// keep keeps what was made. It never waits.
func (a *Answers) keep(ctx context.Context, key ports.AnswerKey, epoch uint64, answer ports.Answer) {
	ctx = context.WithoutCancel(ctx)
	_ = a.near.Put(ctx, inEpoch(key, epoch), answer, a.remembered) // an answer that is not kept is made again
	if a.far == nil || len(answer.Body) > ports.MaxAnswer {
		return
	}
	if size := int64(len(answer.Body)); a.queued.Add(size) <= maxWrittenLate {
		select {
		case a.writes <- farWrite{a.far, ctx, key, answer}:
			return
		default:
		}
	}
	a.queued.Add(-int64(len(answer.Body)))
	a.onDropped()
}

// Run writes to the far cache until ctx ends.
func (a *Answers) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-a.writes:
			a.queued.Add(-int64(len(w.answer.Body)))
			a.writeFar(ctx, w)
		}
	}
}

// writeFar writes in the name of the caller for whom the answer was made, who may have it by now, until ctx ends.
func (a *Answers) writeFar(ctx context.Context, w farWrite) {
	// From the far cache an answer goes when it ceases to be current.
	left := a.ttl - a.clock().Sub(w.answer.Stored)
	if left <= 0 {
		return
	}
	whose, cancel := context.WithCancel(w.whose)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	_ = w.far.Put(whose, w.key, w.answer, min(left, a.ttl)) // the other processes make it themselves
}

// fromFar looks for an answer of another process. One that is not current is marked as outdated; one that is, is kept near.
func (a *Answers) fromFar(ctx context.Context, key ports.AnswerKey, about event.TimeRange) (Served, bool) {
	if a.far == nil {
		return Served{}, false
	}
	kept, found, err := a.far.Get(ctx, key)
	if err != nil || !found {
		return Served{}, false
	}
	now := a.clock()
	// The clock that told the time may be ahead of this one. That adds the TTL once, and not more.
	if kept.Stored.After(now) {
		kept.Stored = now
	}
	age := now.Sub(kept.Stored)
	epoch, current := a.fresh.recognised(kept.At, about)
	if current = current && a.young(age); current {
		_ = a.near.Put(ctx, inEpoch(key, epoch), kept, a.remembered) // it is found far again
	}
	return Served{Made: Made{At: kept.At, Body: kept.Body}, Source: Far, Outdated: !current, Left: a.ttl - age}, true
}

// lastNear is the last answer that this process knows, as a stale one, be it of the history before.
func (a *Answers) lastNear(ctx context.Context, key ports.AnswerKey) (Served, bool) {
	ctx = context.WithoutCancel(ctx) // whose time may be over
	for epoch, back := a.fresh.now(), 0; back < 2; epoch, back = epoch-1, back+1 {
		kept, found, err := a.near.Get(ctx, inEpoch(key, epoch))
		if err == nil && found {
			left := a.ttl - a.clock().Sub(kept.Stored)
			return stale(Served{Made: Made{At: kept.At, Body: kept.Body}, Source: Near, Left: left}), true
		}
	}
	return Served{}, false
}

func stale(s Served) Served {
	s.Stale, s.Outdated, s.Left = true, true, min(s.Left, 0)
	return s
}

// inEpoch is the key of an answer that belongs to an epoch: what was kept in another one is not found.
func inEpoch(key ports.AnswerKey, epoch uint64) ports.AnswerKey {
	for i := range 8 {
		key[i] ^= byte(epoch >> (8 * i)) //nolint:gosec // one byte at a time
	}
	return key
}
