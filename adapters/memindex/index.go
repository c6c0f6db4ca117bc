package memindex

import (
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options adjust an index; the zero value works.
type Options struct {
	// Budget is how many bytes the index may take; 0 is as many as it wants. While it is filled, or put in order after something
	// in it was found to be damaged, it is there twice; while a delta is brought into the base, columns and bitmaps are.
	Budget int64
	// MergeAt is the size of a delta that is brought into the base; 0 is an eighth of the events, within bounds.
	MergeAt int
}

// Index implements ports.ReadModel.
type Index struct {
	options Options
	digest  digest
	current atomic.Pointer[version] // nil while nothing is held
	met     atomic.Bool             // a merge met something wrong and made all anew, of which Damaged has not told yet

	changing sync.Mutex // whoever publishes a version
	// What is below is changed by them.
	names   *names
	news    chan struct{} // closed when another version is published
	bases   int           // that were made by Fill, to tell a merge that its base is not held any more
	byID    map[event.ID]*fresh
	merging bool
	remake  bool // the base is to be made as if it came from outside, as soon as no other merge goes on
	merges  sync.WaitGroup
	// remaking is the base that is being made anew because of what it is found by.
	remaking *base
	closed   bool
}

var _ ports.ReadModel = (*Index)(nil)

// version is what is held at one time. It never changes.
type version struct {
	*base
	*delta
	history

	at     catalogue.Version
	shared []string // texts that records name by number
	// sharedSums are their checksums.
	sharedSums []uint64
	// sharedBytes is what they take.
	sharedBytes int64
	news        chan struct{}
}

// New makes an index that holds nothing.
func New(o Options) *Index {
	return &Index{options: o, digest: newDigest(), news: make(chan struct{})}
}

// Close ends what is done in the background, and nothing begins any more. What is held can still be searched.
func (x *Index) Close() {
	x.changing.Lock()
	x.closed = true
	x.changing.Unlock()
	x.merges.Wait()
}

var errEmpty = fault.New(fault.Unavailable, "the index holds nothing")

func (x *Index) held() (*version, error) {
	if v := x.current.Load(); v != nil {
		return v, nil
	}
	return nil, errEmpty
}

// publish lets searches see a version, or nothing where it is nil.
func (x *Index) publish(v *version) {
	news := x.news
	x.news = make(chan struct{})
	if v != nil {
		v.news, v.shared, v.sharedSums, v.sharedBytes = x.news, x.names.list, x.names.sums, x.names.bytes
	}
	x.current.Store(v)
	close(news)
}

// At implements ports.ReadModel.
func (x *Index) At() (catalogue.Version, bool) {
	v := x.current.Load()
	if v == nil {
		return catalogue.Version{}, false
	}
	return v.at, true
}

// Size implements ports.ReadModel.
func (x *Index) Size() ports.ModelSize {
	v := x.current.Load()
	if v == nil {
		return ports.ModelSize{}
	}
	return ports.ModelSize{Events: v.events(), Bytes: v.size(), Recent: len(v.added[byStart])}
}

// bytesAFresh is about what an event of the delta takes, with its places in the orders, and a change that is remembered.
const (
	bytesAFresh  = 900
	bytesAChange = 900
)

func (v *version) size() int64 {
	return v.bytes + v.sharedBytes + int64(v.delta.size())*bytesAFresh + int64(len(v.entries))*bytesAChange
}

func (v *version) events() int { return v.base.size - len(v.dead) + len(v.added[byStart]) }

func (x *Index) overBudget(bytes int64) error {
	if x.options.Budget == 0 || bytes <= x.options.Budget {
		return nil
	}
	return &fault.Error{Kind: fault.Conflict, Code: ports.CodeOverBudget, Message: "the catalogue takes more memory than the index may, which are " + mebibytes(x.options.Budget)}
}

// Fill implements ports.ReadModel.
func (x *Index) Fill(ctx context.Context, from ports.Snapshotter) error {
	const looks = 4096 // events between two looks at the budget
	texts := newNames()
	b, events := newBuilder(texts), 0
	at, err := from.Snapshot(ctx, event.TimeRange{}, func(e *event.Event) error {
		b.add(e)
		if events++; events%looks == 0 {
			return x.overBudget(b.bytes())
		}
		return nil
	})
	if err != nil {
		return err
	}
	made, err := b.build()
	if err != nil {
		return err
	}
	if err := x.overBudget(made.bytes + texts.bytes); err != nil {
		return err
	}
	x.hold(texts, &version{base: made, delta: emptyDelta(), history: history{begin: at}, at: at})
	if events >= manyEvents {
		debug.FreeOSMemory() // what it was made of takes as much again
	}
	return nil
}

// hold publishes what came from outside, or nothing.
func (x *Index) hold(n *names, v *version) {
	x.changing.Lock()
	defer x.changing.Unlock()
	x.names, x.byID = n, map[event.ID]*fresh{}
	x.remake, x.remaking = false, nil
	x.bases++
	x.publish(v)
}

// manyEvents are as many as it takes some time to fill an index with.
const manyEvents = 100_000

// Drop implements ports.ReadModel.
func (x *Index) Drop() { x.hold(nil, nil) }

// Apply implements ports.ReadModel.
func (x *Index) Apply(_ context.Context, changes []catalogue.Change) (err error) {
	if len(changes) == 0 {
		return nil
	}
	x.changing.Lock()
	defer x.changing.Unlock()
	defer guard("change the index", &err)
	v, err := x.held()
	if err != nil {
		return err
	}
	for i, c := range changes {
		if follows := v.at.Number + int64(i) + 1; c.Version.Number != follows {
			return fault.New(fault.Conflict, "change %d does not follow on %d", c.Version.Number, follows-1)
		}
	}
	changes = slices.Clone(changes) // they are remembered
	entries, known := make([]entry, len(changes)), true
	latest := make(map[event.ID]*catalogue.Change, len(changes))
	for i := range changes {
		c := &changes[i]
		entries[i].Change = c
		if before, changed := latest[c.Event.ID]; changed {
			entries[i].before = &before.Event
		} else {
			before, sound := x.state(v, c.Event.ID)
			entries[i].before, known = before, known && sound
		}
		latest[c.Event.ID] = c
	}
	next := *v
	next.delta = x.changed(v, slices.Collect(maps.Values(latest)), nil)
	next.at = changes[len(changes)-1].Version
	next.history = history{begin: next.at} // what was before is not known where something is not as it came
	if known {
		next.history = v.grown(entries, v.events())
	}
	x.publish(&next)
	x.mergeIfGrown(&next)
	return x.overBudget(next.size())
}

// changed is the delta of a version after changes, of which there is one for each event, and without those events that left. Until
// it is sure that there is one, nothing is changed.
func (x *Index) changed(v *version, changes []*catalogue.Change, left []event.ID) *delta {
	replaced := map[*fresh]bool{}
	var died []uint32
	remake := false
	without := func(id event.ID) {
		if old := x.byID[id]; old != nil {
			remake = remake || x.digest.of(&old.event) != old.sum
			replaced[old] = true
		} else if row, known := v.find(id); known && !v.gone.Contains(row) {
			// An event that is not as it came may stand in the way of others that look for their place.
			remake = remake || !v.sealed(row)
			died = append(died, row)
		}
	}
	came := make([]*fresh, 0, len(changes))
	for _, c := range changes {
		without(c.Event.ID)
		f := &fresh{event: c.Event, fold: event.Fold(c.Event.Facts.Title), sum: x.digest.of(&c.Event)}
		f.settle(v.base)
		came = append(came, f)
	}
	for _, id := range left {
		without(id)
	}
	next := v.with(v.base, replaced, came, died)
	for _, id := range left {
		delete(x.byID, id)
	}
	for _, f := range came {
		x.byID[f.event.ID] = f
	}
	x.remake = x.remake || remake
	return next
}

// settle finds its places in the orders of a base.
func (f *fresh) settle(b *base) {
	for order := range f.before {
		f.before[order] = narrow(b.lowerBound(order, f.position(order)))
	}
}

// state is an event as it is held in the version that is published, nil for none, and whether that is as it came.
func (x *Index) state(v *version, id event.ID) (_ *event.Event, sound bool) {
	if f := x.byID[id]; f != nil {
		return &f.event, x.digest.of(&f.event) == f.sum
	}
	row, known := v.find(id)
	if !known || v.gone.Contains(row) {
		return nil, true
	}
	if !v.sealed(row) || !v.named(row) {
		return nil, false
	}
	e := new(event.Event)
	v.read(row, v.shared, e)
	return e, true
}

// Changes implements ports.ReadModel.
func (x *Index) Changes(_ context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	v, err := x.held()
	if err != nil {
		return catalogue.ChangeBatch{}, err
	}
	batch := catalogue.ChangeBatch{Head: v.at}
	if after == (catalogue.Version{}) {
		return batch, nil
	}
	entries, err := v.after(after)
	if err != nil {
		return catalogue.ChangeBatch{}, err
	}
	for i := range entries[:min(limit, len(entries))] {
		batch.Changes = append(batch.Changes, *entries[i].Change)
	}
	return batch, nil
}

// Await implements ports.ReadModel.
func (x *Index) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	for {
		v, err := x.held()
		if err != nil {
			return catalogue.Version{}, err
		}
		if v.at != after {
			return v.at, nil
		}
		select {
		case <-ctx.Done():
			return v.at, &fault.Error{Kind: fault.Canceled, Message: "await changes", Cause: ctx.Err()}
		case <-v.news:
		}
	}
}
