package ingest

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// LeaseTTL is how long a fetcher that died keeps others from taking over.
const LeaseTTL = 10 * time.Second

// patience is how many intervals a run may be consumed before the next one supersedes it.
const patience = 10

// monotonic measures waits, whatever the time of day is.
var monotonic = time.Now //nolint:forbidigo // only this clock never jumps; no decision about data hangs on it

// FeedReading is Fetcher.Fetch, as it is or with something around it.
type FeedReading interface {
	Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (Fetched, error)
}

// Poller reads one source at an interval, for as long as it holds the source's lease: of all
// processes that poll a source, one fetches.
type Poller struct {
	source   catalogue.Source
	interval time.Duration
	holder   string
	leases   ports.Leases
	runs     ports.Runs
	fetcher  FeedReading
	log      *slog.Logger

	reading     chan struct{} // holds one: readings are one at a time, whoever asks
	announced   catalogue.RunNumber
	announcedAt time.Time
	failures    int // in a row, of the readings that Run makes
}

// NewPoller reads source every interval. holder tells this process from all others.
func NewPoller(source catalogue.Source, interval time.Duration, holder string, leases ports.Leases, runs ports.Runs, fetcher FeedReading, log *slog.Logger) *Poller {
	return &Poller{
		source: source, interval: interval, holder: holder, leases: leases, runs: runs, fetcher: fetcher,
		log: log.With("provider", source.ID), reading: make(chan struct{}, 1),
	}
}

// Run polls until ctx ends and then gives the lease back. The first fetch is at once. One that failed is
// tried again sooner than the interval, where that is long.
func (p *Poller) Run(ctx context.Context) {
	defer p.Release(ctx)
	next := monotonic()
	for {
		wait := min(LeaseTTL/3, p.interval)
		if p.keepLease(ctx) {
			if began := monotonic(); !began.Before(next) {
				fetched, err := p.Once(ctx)
				p.report(ctx, fetched, err)
				next = p.next(began, err)
			}
			wait = min(wait, max(next.Sub(monotonic()), 0))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// keepLease reports whether this process is the one that fetches.
func (p *Poller) keepLease(ctx context.Context) bool {
	held, err := p.acquire(ctx)
	if err != nil && !fault.Is(err, fault.Canceled) {
		p.log.WarnContext(ctx, "acquire the fetch lease", "error", err)
	}
	return held
}

func (p *Poller) acquire(ctx context.Context) (bool, error) {
	_, held, err := p.leases.Acquire(ctx, catalogue.LeaseName(p.source.ID), p.holder, LeaseTTL)
	return held && err == nil, err
}

// Release gives the lease back, so that another process can fetch at once.
func (p *Poller) Release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := p.leases.Release(ctx, catalogue.LeaseName(p.source.ID), p.holder); err != nil {
		p.log.WarnContext(ctx, "release the fetch lease", "error", err)
	}
}

// next is when to read again after a reading that began then and ended now, in err.
func (p *Poller) next(began time.Time, err error) time.Time {
	now := monotonic()
	var asked time.Duration
	if f, ok := errors.AsType[*fault.Error](err); ok {
		asked = min(f.RetryAfter, max(patience*p.interval, leastPatience))
	}
	switch fault.KindOf(err) {
	case fault.None:
		p.failures = 0
	case fault.Canceled, fault.Conflict: // another process reads, or what was read is still consumed: sooner changes nothing
	default:
		p.failures++
		return now.Add(max(asked, p.backoff()))
	}
	return later(began.Add(p.interval), now.Add(asked))
}

// leastPatience is how long a provider may always ask to be left alone, however short the interval is.
const leastPatience = time.Minute

// firstBackoff is before the second reading, when the first failed. It doubles with each that fails, up to the interval.
const firstBackoff = 5 * time.Second

// backoff is up to a tenth shorter than said, so that fetchers that failed together come back one by one.
func (p *Poller) backoff() time.Duration {
	wait := min(firstBackoff<<min(p.failures-1, 16), p.interval)
	return wait - time.Duration(rand.Float64()*float64(wait)/10) //nolint:gosec // nothing is guessed from it
}

func (p *Poller) report(ctx context.Context, fetched Fetched, err error) {
	f, _ := errors.AsType[*fault.Error](err)
	switch {
	case err == nil:
		p.log.InfoContext(ctx, "feed read", "run", fetched.Completion.Run.Number, "records", fetched.Records, "damaged", fetched.Damaged,
			"chunks", fetched.Completion.Chunks, "bytes", fetched.Bytes, "not_modified", fetched.Completion.NotModified)
	case fault.Is(err, fault.Canceled):
	case f != nil && f.Code == catalogue.CodeStillConsuming:
		p.log.InfoContext(ctx, "fetch skipped", "reason", f.Message)
	default:
		p.log.WarnContext(ctx, "the feed was not read to its end", "run", fetched.Completion.Run.Number, "records", fetched.Records, "error", err)
	}
}

// Once fetches now, also beside Run, if the lease can be had and a run can begin; its errors are those of
// the three. It waits for a reading that is under way, and keeps the lease afterwards: Release gives it back.
func (p *Poller) Once(ctx context.Context) (Fetched, error) {
	select {
	case p.reading <- struct{}{}:
		defer func() { <-p.reading }()
	case <-ctx.Done():
		return Fetched{}, fault.Wrap(fault.Canceled, "wait for the reading that is under way", ctx.Err())
	}
	acquired := monotonic()
	held, err := p.acquire(ctx)
	if err != nil {
		return Fetched{}, err
	}
	if !held {
		return Fetched{}, &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNotHolder, Message: "another process fetches provider " + p.source.ID}
	}
	run, err := p.runs.Begin(ctx, catalogue.Start{
		Provider: p.source.ID, Holder: p.holder, Interval: p.interval, Patience: patience * p.interval,
		Announced: p.announced, AnnouncedFor: monotonic().Sub(p.announcedAt),
	})
	if err != nil {
		return Fetched{}, err
	}
	return p.read(ctx, run, acquired)
}

// read reads a run while the lease is renewed beside it. Losing the lease ends the reading.
func (p *Poller) read(ctx context.Context, run catalogue.Begun, acquired time.Time) (Fetched, error) {
	var renewal sync.WaitGroup
	defer renewal.Wait()
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	renewal.Go(func() { p.renew(ctx, acquired, lose) })

	fetched, err := p.fetcher.Fetch(ctx, p.source, run)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errLeaseLost) {
		err = cause
	}
	if fetched.Announced {
		p.announced, p.announcedAt = run.Run.Number, monotonic()
	}
	return fetched, err
}

var errLeaseLost = fault.New(fault.Conflict, "the lease was lost during the fetch")

// renew keeps the lease until ctx ends. It gives up while the lease is still held, when there is no time for another
// attempt: nobody else may have begun before this reading has ended.
func (p *Poller) renew(ctx context.Context, acquired time.Time, lose context.CancelCauseFunc) {
	const every = LeaseTTL / 3
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := monotonic()
		attempt, cancel := context.WithTimeout(ctx, every)
		held, err := p.acquire(attempt)
		cancel()
		switch {
		case held:
			acquired = began
		case err == nil, monotonic().Sub(acquired) >= LeaseTTL-every:
			lose(errLeaseLost)
			return
		}
	}
}

// Provider is the id of the source's provider.
func (p *Poller) Provider() string { return p.source.ID }
