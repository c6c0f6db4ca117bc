package search

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// ModelSource is the store that a Model is filled from and follows, and that answers while there is no model.
type ModelSource interface {
	ports.Searcher
	ports.Snapshotter
	ports.ChangeReader
}

// ModelOptions adjust a Model; what is zero has its default.
type ModelOptions struct {
	// File is where the catalogue is kept for the next start; nil for nowhere.
	File ports.ModelFile
	// Watcher is told what becomes of the model; nil for nobody.
	Watcher ModelWatcher
	// KeepEvery is how often the file is written, if something changed; 5 minutes unless set.
	KeepEvery time.Duration
	// ItselfEvery is how often all that is held is compared with what it was when it came; 20 seconds unless set.
	ItselfEvery time.Duration
	// SweepIn is how long it takes to compare all that is held with the store, as long as that is no more than EventsPerSecond;
	// 45 seconds unless set.
	SweepIn time.Duration
	// EventsPerSecond is the most that the store is read for that; 5,000 unless set.
	EventsPerSecond int
	// PartSize is about how many events are compared at a time; 2,000 unless set.
	PartSize int
	// MostAtOnce is the most events that are in memory for that, but for those of one day; 200,000 unless set.
	MostAtOnce int
	// TooLargeFor is how long a catalogue that took too much memory is left to the store before it is tried again; an hour
	// unless set.
	TooLargeFor time.Duration
}

func (o ModelOptions) withDefaults() ModelOptions {
	o.KeepEvery = cmp.Or(o.KeepEvery, 5*time.Minute)
	o.ItselfEvery = cmp.Or(o.ItselfEvery, 20*time.Second)
	o.SweepIn = cmp.Or(o.SweepIn, 45*time.Second)
	o.EventsPerSecond = cmp.Or(o.EventsPerSecond, 5000)
	o.PartSize = cmp.Or(o.PartSize, 2000)
	o.MostAtOnce = cmp.Or(o.MostAtOnce, 200_000)
	o.TooLargeFor = cmp.Or(o.TooLargeFor, time.Hour)
	if o.Watcher == nil {
		o.Watcher = nobody{}
	}
	return o
}

// Model searches the catalogue in memory. It fills a read model, follows the change log with it, compares it with the store,
// and writes it to a file. While there is no model to be searched, the store is.
//
// To a Freshness it is the log: what it tells of changes is never behind what it answers, nor ahead of it for long.
//
// It may be used from many goroutines. Those that search wait for nobody.
type Model struct {
	index ports.ReadModel
	store ModelSource
	clock func() time.Time
	o     ModelOptions

	serving   atomic.Bool   // whether phase is ModelFollowing
	suspected chan struct{} // has something once a search failed that nothing was wrong with
	verifying *flights[struct{}, Verification]

	mu      sync.Mutex
	phase   ModelPhase
	reign   context.Context    //nolint:containedctx // ends with the phase
	depose  context.CancelFunc // ends it
	level   time.Time          // when what is held was last known to be all that there is
	behind  int64
	problem string
	audited time.Time
	wrong   int64
	kept    catalogue.Version // what the file has
}

// NewModel makes a model of the store's catalogue, which it holds in index. Until Run runs, the store answers.
func NewModel(index ports.ReadModel, store ModelSource, clock func() time.Time, o ModelOptions) *Model {
	m := &Model{
		index: index, store: store, clock: clock, o: o.withDefaults(),
		verifying: newFlights[struct{}, Verification](verifyTimeout),
		suspected: make(chan struct{}, 1),
		phase:     ModelLoading, level: clock(),
	}
	m.reign, m.depose = context.WithCancel(context.Background())
	return m
}

// Run fills the model, follows, audits and keeps it until ctx ends, and writes the file once more then, within 4 seconds. When
// it returns, all that it started has. What is held goes on being searched.
func (m *Model) Run(ctx context.Context) {
	m.o.Watcher.Phase(ctx, m.Phase())
	var all sync.WaitGroup
	for _, do := range []func(context.Context){m.live, m.auditItself, m.sweeps, m.keeps} {
		all.Go(func() { do(ctx) })
	}
	all.Wait()
}

// patience is how long a search waits for a version that another process knows already.
const patience = time.Second

// Search implements ports.Searcher. It is answered from memory, or by the store: while there is no model, for a page of a version that
// the model does not reach back to, or does not reach within a second, and where the model fails, in which something is wrong then.
func (m *Model) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	if !m.serving.Load() {
		return m.store.Search(ctx, q)
	}
	page, err := m.index.Search(ctx, q)
	if err == nil {
		return page, nil
	}
	if fault.Is(err, fault.Conflict) && m.reach(ctx, q.AsOf, patience) {
		page, err = m.index.Search(ctx, q)
	}
	switch fault.KindOf(err) {
	case fault.Internal:
		m.o.Watcher.Failed(ctx, err)
		m.suspect()
	case fault.Unavailable, fault.Gone, fault.Conflict:
	default:
		return page, err
	}
	if ctx.Err() != nil {
		return page, err
	}
	return m.store.Search(ctx, q)
}

// reach waits until a version is held that is not before v, and reports whether one is.
func (m *Model) reach(ctx context.Context, v catalogue.Version, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		at, held := m.index.At()
		if !held || at.Number >= v.Number {
			return held
		}
		if _, err := m.index.Await(ctx, at); err != nil {
			return false
		}
	}
}

// Changes implements ports.ChangeReader for who keeps what Search returned: it is the log as far as Search shows it.
func (m *Model) Changes(ctx context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	if m.serving.Load() {
		batch, err := m.index.Changes(ctx, after, limit)
		if !fault.Is(err, fault.Unavailable) {
			return batch, err
		}
	}
	return m.store.Changes(ctx, after, limit)
}

// Await implements ports.ChangeReader like Changes. It also returns when another is asked than before.
func (m *Model) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	m.mu.Lock()
	reign, phase := m.reign, m.phase
	m.mu.Unlock()
	asked := ports.ChangeReader(m.store)
	if phase == ModelFollowing {
		asked = m.index
	}
	life, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(reign, cancel)()
	head, err := asked.Await(life, after)
	if reign.Err() != nil && ctx.Err() == nil {
		return after, nil
	}
	return head, err
}

// Far is a cache that is asked only while the store answers: what is in memory is made sooner than it is fetched.
func (m *Model) Far(next ports.AnswerCache) ports.AnswerCache { return &whileAsked{m, next} }

type whileAsked struct {
	m    *Model
	next ports.AnswerCache
}

func (w *whileAsked) Get(ctx context.Context, key ports.AnswerKey) (ports.Answer, bool, error) {
	if w.m.serving.Load() {
		return ports.Answer{}, false, nil
	}
	return w.next.Get(ctx, key)
}

func (w *whileAsked) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) error {
	if w.m.serving.Load() {
		return nil
	}
	return w.next.Put(ctx, key, a, ttl)
}

// Phase is what it is doing.
func (m *Model) Phase() ModelPhase {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.phase
}

// State is how it stands. It costs next to nothing.
func (m *Model) State() ModelState {
	at, held := m.index.At()
	size := m.index.Size()
	now := m.clock()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := ModelState{Phase: m.phase, At: at, Size: size, Behind: m.behind, Problem: m.problem, Audited: m.audited, Wrong: m.wrong}
	// A store that hangs has not failed yet: so it is believed for two looks, and no longer.
	if lag := now.Sub(m.level); held && (m.behind > 0 || m.problem != "" || lag > 2*lookEvery) {
		s.Lag = max(lag, 0)
	}
	return s
}

// turn begins a phase, if it is another one.
func (m *Model) turn(ctx context.Context, p ModelPhase) {
	m.mu.Lock()
	turned := m.phase != p
	if turned {
		m.phase = p
		m.serving.Store(p == ModelFollowing)
		m.depose()
		m.reign, m.depose = context.WithCancel(context.Background())
	}
	m.mu.Unlock()
	if turned {
		m.o.Watcher.Phase(ctx, p)
	}
}

// awaitFollowing waits until there is a model that is searched; false where ctx ended before.
func (m *Model) awaitFollowing(ctx context.Context) bool {
	for ctx.Err() == nil {
		m.mu.Lock()
		reign, phase := m.reign, m.phase
		m.mu.Unlock()
		if phase == ModelFollowing {
			return true
		}
		select {
		case <-ctx.Done():
		case <-reign.Done():
		}
	}
	return false
}

// pause waits; false where ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

type nobody struct{}

func (nobody) Phase(context.Context, ModelPhase) {}
func (nobody) Filled(context.Context, Filled)    {}
func (nobody) Followed(context.Context, Follow)  {}
func (nobody) Audited(context.Context, Audited)  {}
func (nobody) Kept(context.Context, Kept)        {}
func (nobody) Failed(context.Context, error)     {}
