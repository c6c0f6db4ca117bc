package porttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Following opens stores that are searched in a read model, so that the suites of a ports.Searcher say of the model what
// they say of a store. Before each search the model makes the changes of the store's log, or, anew, is filled again when there are
// some; then it knows no versions but the last, and the store is searched for those.
func Following(open OpenStore, model func(*testing.T) ports.ReadModel, anew bool) OpenStore {
	return func(t *testing.T, clock func() time.Time) EventStore {
		return &following{EventStore: open(t, clock), model: model(t), anew: anew}
	}
}

type following struct {
	EventStore
	anew bool

	mu    sync.Mutex
	model ports.ReadModel
}

func (f *following) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.follow(ctx); err != nil {
		return catalogue.Page{}, err
	}
	page, err := f.model.Search(ctx, q)
	if f.anew && fault.Is(err, fault.Gone) {
		return f.EventStore.Search(ctx, q)
	}
	return page, err
}

func (f *following) follow(ctx context.Context) error {
	at, held := f.model.At()
	if !held {
		return f.model.Fill(ctx, replayed{f.EventStore})
	}
	for {
		batch, err := f.Changes(ctx, at, 100)
		switch {
		case err != nil || len(batch.Changes) == 0:
			return err
		case f.anew:
			return f.model.Fill(ctx, replayed{f.EventStore})
		}
		if err := f.model.Apply(ctx, batch.Changes); err != nil {
			return err
		}
		at = batch.Changes[len(batch.Changes)-1].Version
	}
}

// replayed is the catalogue that a log makes.
type replayed struct{ log ports.ChangeReader }

func (r replayed) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	var at catalogue.Version
	all := contents{}
	for {
		batch, err := r.log.Changes(ctx, at, 1000)
		if err != nil {
			return at, err
		}
		if len(batch.Changes) == 0 {
			return at, all.each(starts, each)
		}
		all.make(batch.Changes)
		at = batch.Changes[len(batch.Changes)-1].Version
	}
}

func (c contents) make(changes []catalogue.Change) {
	for i := range changes {
		c[changes[i].Event.ID] = changes[i].Event
	}
}

func (c contents) each(starts event.TimeRange, each func(*event.Event) error) error {
	for _, e := range c {
		if !startsIn(starts, &e) {
			continue
		}
		if err := each(&e); err != nil {
			return err
		}
	}
	return nil
}

func startsIn(r event.TimeRange, e *event.Event) bool {
	return r.Overlaps(e.Facts.Start, e.Facts.Start)
}
