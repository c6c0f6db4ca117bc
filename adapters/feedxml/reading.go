package feedxml

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// reading is one Fetch, in as many attempts as it takes.
type reading struct {
	feed     *Feed
	provider *provider
	source   catalogue.Source
	since    catalogue.Validators
	each     func(catalogue.Record) error
	trial    bool

	begun   bool // a record was handed over: another attempt would hand it over twice
	stopped bool // by the error of each
}

func (r *reading) run(ctx context.Context) (catalogue.Receipt, error) {
	for attempts := 1; ; attempts++ {
		receipt, err := r.feed.attempt(ctx, r.source.URL, r.since, r.handOver)
		if err == nil || r.stopped {
			return receipt, err
		}
		wait, again := r.again(ctx, attempts, err)
		if !again {
			return catalogue.Receipt{}, after(attempts, err)
		}
		r.feed.onRetry(ctx, r.source.ID, attempts, wait, err)
		if !sleep(ctx, wait) {
			return catalogue.Receipt{}, after(attempts, wrap(CodeUnreachable, "wait for the next attempt", fmt.Errorf("%w, after: %w", endOf(ctx), err)))
		}
	}
}

func (r *reading) handOver(record catalogue.Record) error {
	r.begun = true
	err := r.each(record)
	r.stopped = err != nil
	return err
}

// again reports whether another attempt makes sense, and after which wait.
func (r *reading) again(ctx context.Context, attempts int, err error) (time.Duration, bool) {
	if r.begun || r.trial || attempts > r.feed.retries.Most || !passing(err) {
		return 0, false
	}
	wait, fits := r.feed.retries.wait(ctx, attempts, err)
	return wait, fits && r.provider.budget.Allow()
}

// verdict is what the reading says about its provider, now that it has ended so.
func (r *reading) verdict(err error) verdict {
	switch {
	case err == nil:
		return well
	case r.stopped:
		return speaking
	case fault.Is(err, fault.Unavailable):
		return failing
	}
	return unsaid
}

// after tells how many attempts err is the end of.
func after(attempts int, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || attempts == 1 {
		return err
	}
	last := *e
	last.Message = fmt.Sprintf("%d attempts, the last: %s", attempts, e.Message)
	return &last
}
