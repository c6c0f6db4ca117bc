package observability_test

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// world is behind all ports: it answers what its fields say, or fails with err.
type world struct {
	err        error
	page       catalogue.Page
	batch      catalogue.ChangeBatch
	outcome    catalogue.Outcome
	conclusion catalogue.Conclusion
	census     *catalogue.Census // judged when set
	apply      func()
	begun      catalogue.Begun
	records    []catalogue.Record
	receipt    catalogue.Receipt
	feeds      []catalogue.Feed
	waiting    int64
	oldest     time.Time
	held       bool
	budget     ports.Budget
	suspected  int
	kept       bool
	served     search.Served
	parked     []string // reasons
	queue      []ports.Delivery
	seen       context.Context //nolint:containedctx // what the last call was given
}

func (w *world) Search(ctx context.Context, _ catalogue.Query) (catalogue.Page, error) {
	w.seen = ctx
	return w.page, w.err
}

func (w *world) Event(context.Context, event.ID, int) (catalogue.Detail, error) {
	return catalogue.Detail{}, w.err
}

func (w *world) Changes(context.Context, catalogue.Version, int) (catalogue.ChangeBatch, error) {
	return w.batch, w.err
}

func (w *world) Await(context.Context, catalogue.Version) (catalogue.Version, error) {
	return w.batch.Head, w.err
}

// Snapshot hands over the page.
func (w *world) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	for i := range w.page.Events {
		if err := each(&w.page.Events[i]); err != nil {
			return catalogue.Version{}, err
		}
	}
	return w.page.At, w.err
}

func (w *world) Get(context.Context, ports.AnswerKey) (ports.Answer, bool, error) {
	return ports.Answer{}, w.kept, w.err
}

func (w *world) Put(context.Context, ports.AnswerKey, ports.Answer, time.Duration) error {
	return w.err
}

func (w *world) Answer(context.Context, ports.AnswerKey, event.TimeRange, search.Load) (search.Served, error) {
	return w.served, w.err
}

func (w *world) Apply(ctx context.Context, _ catalogue.Batch, _ catalogue.Decide) (catalogue.Outcome, error) {
	w.seen = ctx
	if w.apply != nil {
		w.apply()
	}
	return w.outcome, w.err
}

func (w *world) Complete(context.Context, catalogue.Completion) error { return w.err }

func (w *world) Pending(context.Context) ([]catalogue.RunRef, error) { return nil, w.err }

func (w *world) Conclude(_ context.Context, _ catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (catalogue.Conclusion, error) {
	c := w.conclusion
	if w.census != nil {
		c.Census, c.Verdict = *w.census, judge(*w.census)
	}
	return c, w.err
}

func (w *world) Begin(context.Context, catalogue.Start) (catalogue.Begun, error) {
	return w.begun, w.err
}

func (w *world) Fetch(_ context.Context, _ catalogue.Source, _ catalogue.Validators, each func(catalogue.Record) error) (catalogue.Receipt, error) {
	for _, r := range w.records {
		if err := each(r); err != nil {
			return catalogue.Receipt{}, err
		}
	}
	return w.receipt, w.err
}

func (w *world) Feeds(context.Context) ([]catalogue.Feed, error) { return w.feeds, w.err }

func (w *world) Rejected(context.Context, string, int) ([]catalogue.Rejection, error) {
	return nil, w.err
}

func (w *world) Absolve(context.Context, string) error { return w.err }

func (w *world) Suspect(context.Context, string) (int, error) { return w.suspected, w.err }

func (w *world) Park(_ context.Context, _ ports.Delivery, _ *catalogue.RunRef, reason string) error {
	w.parked = append(w.parked, reason)
	return w.err
}

func (w *world) Parked(context.Context, int) ([]catalogue.Parked, error) { return nil, w.err }

func (w *world) Publish(_ context.Context, batch ...ports.Message) error {
	for _, m := range batch {
		w.queue = append(w.queue, ports.Delivery{Message: m, Attempt: 1, Published: wallClock.Add(-time.Second)})
	}
	return w.err
}

// Consume hands over what is queued, each once, and returns.
func (w *world) Consume(ctx context.Context, _ int, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	for _, d := range w.queue {
		handle(ctx, d)
	}
	w.queue = nil
	return w.err
}

func (w *world) Pools() []ports.Pool {
	return []ports.Pool{{Name: ports.PoolRedis, InUse: 1, Most: 2, Waits: 3}}
}

func (w *world) CountParked(context.Context) (int, error) { return len(w.parked), w.err }

func (w *world) Oldest(context.Context) (time.Time, error) { return w.oldest, w.err }

func (w *world) Backlog(context.Context) (int64, error) { return w.waiting, w.err }

func (w *world) Acquire(context.Context, string, string, time.Duration) (int64, bool, error) {
	return 1, w.held, w.err
}

func (w *world) Release(context.Context, string, string) error { return w.err }

func (w *world) Allow(context.Context, string, string) (ports.Budget, error) { return w.budget, w.err }

func someRun() catalogue.RunRef {
	return catalogue.RunRef{Provider: provider, Number: catalogue.RunAt(wallClock.Add(-30 * time.Second))}
}

func someRecord(id string) catalogue.Record {
	return catalogue.Record{
		Position: 1,
		Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: "7"}, {Name: catalogue.BaseTitle, Value: "Camela"}, {Name: catalogue.BaseSellMode, Value: event.Online}},
		Event: catalogue.Fields{
			{Name: catalogue.EventID, Value: id},
			{Name: catalogue.EventStart, Value: "2026-12-01T21:00:00"}, {Name: catalogue.EventEnd, Value: "2026-12-01T23:00:00"},
		},
	}
}
