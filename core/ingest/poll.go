package ingest

import (
	"context"
	"errors"
	"log/slog"
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

	one         sync.Mutex // fetches one at a time, whoever asks
	announced   catalogue.RunNumber
	announcedAt time.Time
}

// NewPoller reads source every interval. holder tells this process from all others.
func NewPoller(source catalogue.Source, interval time.Duration, holder string, leases ports.Leases, runs ports.Runs, fetcher FeedReading, log *slog.Logger) *Poller {
	return &Poller{
		source: source, interval: interval, holder: holder, leases: leases, runs: runs, fetcher: fetcher,
		log: log.With("provider", source.ID),
	}
}

// Run polls until ctx ends and then gives the lease back. The first fetch is at once.
func (p *Poller) Run(ctx context.Context) {
	defer p.Release(ctx)
	next := monotonic()
	for {
		wait := min(LeaseTTL/3, p.interval)
		if p.acquire(ctx) {
			if next.Sub(monotonic()) <= 0 {
				began := monotonic()
				retryAfter := p.once(ctx)
				next = began.Add(max(p.interval, retryAfter))
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

// Once fetches now, also beside Run, if the lease can be had and a run can begin; its errors are those of
// the three. The lease is kept, as long as nothing renews it: Release gives it back.
func (p *Poller) Once(ctx context.Context) (Fetched, error) {
	_, held, err := p.leases.Acquire(ctx, catalogue.LeaseName(p.source.ID), p.holder, LeaseTTL)
	if err != nil {
		return Fetched{}, err
	}
	if !held {
		return Fetched{}, &fault.Error{Kind: fault.Conflict, Code: catalogue.CodeNotHolder, Message: "another process fetches provider " + p.source.ID}
	}
	return p.fetch(ctx)
}

// Provider is the id of the source's provider.
func (p *Poller) Provider() string { return p.source.ID }

func (p *Poller) once(ctx context.Context) (retryAfter time.Duration) {
	fetched, err := p.fetch(ctx)
	f, _ := errors.AsType[*fault.Error](err)
	switch {
	case err == nil:
		p.log.InfoContext(ctx, "feed read", "run", fetched.Completion.Run.Number, "records", fetched.Records,
			"chunks", fetched.Completion.Chunks, "bytes", fetched.Bytes, "not_modified", fetched.Completion.NotModified)
	case fault.Is(err, fault.Canceled):
	case f != nil && f.Code == catalogue.CodeStillConsuming:
		p.log.InfoContext(ctx, "fetch skipped", "reason", f.Message)
	default:
		p.log.WarnContext(ctx, "fetch", "run", fetched.Completion.Run.Number, "records", fetched.Records, "error", err)
	}
	if f != nil {
		retryAfter = min(f.RetryAfter, patience*p.interval)
	}
	return retryAfter
}

// fetch begins a run and reads it, while the lease is renewed beside it. Losing the lease ends the fetch.
func (p *Poller) fetch(ctx context.Context) (Fetched, error) {
	p.one.Lock()
	defer p.one.Unlock()
	run, err := p.runs.Begin(ctx, catalogue.Start{
		Provider: p.source.ID, Holder: p.holder, Patience: patience * p.interval,
		Announced: p.announced, AnnouncedFor: monotonic().Sub(p.announcedAt),
	})
	if err != nil {
		return Fetched{}, err
	}
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var renewal sync.WaitGroup
	defer renewal.Wait()
	done := make(chan struct{})
	defer close(done)
	renewal.Go(func() { p.renew(ctx, done, lose) })

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

func (p *Poller) renew(ctx context.Context, done <-chan struct{}, lose context.CancelCauseFunc) {
	tick := time.NewTicker(LeaseTTL / 3)
	defer tick.Stop()
	renewed := monotonic()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		_, held, err := p.leases.Acquire(ctx, catalogue.LeaseName(p.source.ID), p.holder, LeaseTTL)
		switch {
		case err == nil && held:
			renewed = monotonic()
		case err == nil, monotonic().Sub(renewed) > LeaseTTL:
			lose(errLeaseLost)
			return
		}
	}
}

func (p *Poller) acquire(ctx context.Context) bool {
	_, held, err := p.leases.Acquire(ctx, catalogue.LeaseName(p.source.ID), p.holder, LeaseTTL)
	if err != nil && !fault.Is(err, fault.Canceled) {
		p.log.WarnContext(ctx, "acquire the fetch lease", "error", err)
	}
	return err == nil && held
}

// Release gives the lease back, so that another process can fetch at once.
func (p *Poller) Release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := p.leases.Release(ctx, catalogue.LeaseName(p.source.ID), p.holder); err != nil {
		p.log.WarnContext(ctx, "release the fetch lease", "error", err)
	}
}
