// Package plainmodel is a read model that is easy to believe: a map of events, of which each version is a copy, searched from end to
// end. Tests of what uses a read model use it in place of the one for production.
package plainmodel

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options adjust a Model; what is zero has its default.
type Options struct {
	MaxEvents  int // that it has memory for; any number unless set
	Remembered int // changes; 20,000 unless set
}

// Model is a ports.ReadModel. Each change copies the whole map, so it is for catalogues of some thousand events.
type Model struct {
	o       Options
	writing sync.Mutex
	now     atomic.Pointer[state] // nil while nothing is held
	mu      sync.Mutex
	news    chan struct{} // closed when something else is held
}

// state is what is held at a time. It is never changed.
type state struct {
	at     catalogue.Version
	events map[event.ID]held
	steps  []step // the latest, in order
}

type held struct {
	is   event.Event
	came event.Event // what it was when it came
}

// step is a change, the version before it, and the event before it, nil where there was none.
type step struct {
	change catalogue.Change
	after  catalogue.Version
	was    *held
}

// New makes a model that holds nothing.
func New(o Options) *Model {
	if o.Remembered == 0 {
		o.Remembered = 20_000
	}
	return &Model{o: o, news: make(chan struct{})}
}

var errNothing = fault.New(fault.Unavailable, "no catalogue is held")

func (m *Model) publish(s *state) {
	m.now.Store(s)
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.news)
	m.news = make(chan struct{})
}

// Fill implements ports.ReadModel.
func (m *Model) Fill(ctx context.Context, from ports.Snapshotter) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := &state{events: map[event.ID]held{}}
	var err error
	s.at, err = from.Snapshot(ctx, event.TimeRange{}, func(e *event.Event) error {
		s.events[e.ID] = held{*e, *e}
		return m.fits(s)
	})
	if err != nil {
		return err
	}
	m.publish(s)
	return nil
}

func (m *Model) fits(s *state) error {
	if m.o.MaxEvents > 0 && len(s.events) > m.o.MaxEvents {
		return &fault.Error{Kind: fault.Conflict, Code: ports.CodeOverBudget, Message: "the catalogue has more events than there is memory for"}
	}
	return nil
}

// Apply implements ports.ReadModel.
func (m *Model) Apply(_ context.Context, changes []catalogue.Change) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := m.now.Load()
	if s == nil {
		return errNothing
	}
	next := &state{at: s.at, events: maps.Clone(s.events), steps: slices.Clone(s.steps)}
	for _, c := range changes {
		if c.Version.Number != next.at.Number+1 {
			return fault.New(fault.Conflict, "change %s does not follow on %s", c.Version, next.at)
		}
		st := step{change: c, after: next.at}
		if was, known := next.events[c.Event.ID]; known {
			st.was = &was
		}
		next.steps = append(next.steps, st)
		next.events[c.Event.ID] = held{c.Event, c.Event}
		next.at = c.Version
	}
	next.steps = next.steps[max(0, len(next.steps)-m.o.Remembered):]
	m.publish(next)
	return m.fits(next)
}

// Drop implements ports.ReadModel.
func (m *Model) Drop() {
	m.writing.Lock()
	defer m.writing.Unlock()
	m.publish(nil)
}

// At implements ports.ReadModel.
func (m *Model) At() (catalogue.Version, bool) {
	s := m.now.Load()
	if s == nil {
		return catalogue.Version{}, false
	}
	return s.at, true
}

// Size implements ports.ReadModel.
func (m *Model) Size() ports.ModelSize {
	s := m.now.Load()
	if s == nil {
		return ports.ModelSize{}
	}
	return ports.ModelSize{Events: len(s.events), Bytes: int64(len(s.events)+len(s.steps)) * 1024}
}

// since returns the changes after a version. One that is ahead is fault.Conflict.
func (s *state) since(v catalogue.Version) ([]step, error) {
	if v == s.at {
		return nil, nil
	}
	if v.Number > s.at.Number {
		return nil, fault.New(fault.Conflict, "version %s is ahead of %s", v, s.at)
	}
	for i, st := range s.steps {
		if st.after == v {
			return s.steps[i:], nil
		}
	}
	return nil, fault.New(fault.Gone, "version %s is of another history, or too long ago", v)
}

// Search implements ports.ReadModel.
func (m *Model) Search(_ context.Context, q catalogue.Query) (catalogue.Page, error) {
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	s := m.now.Load()
	if s == nil {
		return catalogue.Page{}, errNothing
	}
	page, events := catalogue.Page{At: s.at}, s.events
	if q.AsOf != (catalogue.Version{}) {
		undone, err := s.since(q.AsOf)
		if err != nil {
			return catalogue.Page{}, err
		}
		page.At, events = q.AsOf, maps.Clone(events)
		for _, st := range slices.Backward(undone) {
			if delete(events, st.change.Event.ID); st.was != nil {
				events[st.was.is.ID] = *st.was
			}
		}
	}
	var found []catalogue.Position
	for _, h := range events {
		if q.Matches(&h.is) {
			found = append(found, q.Order.PositionOf(&h.is))
		}
	}
	slices.SortFunc(found, q.Order.Compare)
	if q.WantTotal {
		page.Total = len(found)
	}
	if q.WantCurrencies {
		page.Currencies = currencies(events, found)
	}
	skip := min(q.Offset, len(found))
	if q.After != nil {
		for skip < len(found) && q.Order.Compare(found[skip], *q.After) <= 0 {
			skip++
		}
	}
	for _, p := range found[skip:min(skip+q.Limit, len(found))] {
		page.Events = append(page.Events, events[p.ID].is)
	}
	return page, nil
}

func currencies(events map[event.ID]held, found []catalogue.Position) []string {
	some := map[string]bool{}
	for _, p := range found {
		some[events[p.ID].is.Facts.Currency] = true
	}
	delete(some, "")
	list := slices.Sorted(maps.Keys(some))
	return list[:min(catalogue.MostCurrencies, len(list))]
}

// Snapshot implements ports.ReadModel.
func (m *Model) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	s := m.now.Load()
	if s == nil {
		return catalogue.Version{}, errNothing
	}
	for _, h := range s.events {
		if err := ctx.Err(); err != nil {
			return catalogue.Version{}, fault.Wrap(fault.Unavailable, "read events", err)
		}
		if startsIn(starts, &h.is) {
			if err := each(&h.is); err != nil {
				return catalogue.Version{}, err
			}
		}
	}
	return s.at, nil
}

func startsIn(r event.TimeRange, e *event.Event) bool {
	return r.Overlaps(e.Facts.Start, e.Facts.Start)
}

// Changes implements ports.ReadModel.
func (m *Model) Changes(_ context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	s := m.now.Load()
	if s == nil {
		return catalogue.ChangeBatch{}, errNothing
	}
	batch := catalogue.ChangeBatch{Head: s.at}
	if after == (catalogue.Version{}) {
		return batch, nil
	}
	steps, err := s.since(after)
	if err != nil {
		return catalogue.ChangeBatch{}, fault.New(fault.Gone, "no changes are known after version %s", after)
	}
	for _, st := range steps[:min(limit, len(steps))] {
		batch.Changes = append(batch.Changes, st.change)
	}
	return batch, nil
}

// Await implements ports.ReadModel.
func (m *Model) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	for {
		m.mu.Lock()
		news := m.news
		m.mu.Unlock()
		at, held := m.At()
		if !held {
			return catalogue.Version{}, errNothing
		}
		if at != after {
			return at, nil
		}
		select {
		case <-ctx.Done():
			return catalogue.Version{}, fault.Wrap(fault.Unavailable, "await changes", ctx.Err())
		case <-news:
		}
	}
}

const day = 24 * 60 * 60

func dayOf(e *event.Event) int64 {
	unix := e.Facts.Start.Unix()
	return (unix - ((unix%day)+day)%day) / day
}

func days(first, last int64) event.TimeRange {
	return event.TimeRange{From: event.NotBefore(time.Unix(first*day, 0)), To: event.NotAfter(time.Unix((last+1)*day-1, 0))}
}

// Parts implements ports.ReadModel.
func (m *Model) Parts(most int) []event.TimeRange {
	starts := map[int64]int{}
	if s := m.now.Load(); s != nil {
		for _, h := range s.events {
			starts[dayOf(&h.is)]++
		}
	}
	var parts []event.TimeRange
	var from event.Bound
	n := 0
	for _, d := range slices.Sorted(maps.Keys(starts)) {
		if n > 0 && n+starts[d] > most {
			before, next := days(d-1, d-1), days(d, d)
			parts = append(parts, event.TimeRange{From: from, To: before.To})
			from, n = next.From, 0
		}
		n += starts[d]
	}
	return append(parts, event.TimeRange{From: from})
}

// Damage changes an event behind the model's back, as failing memory would, and reports whether it is held.
func (m *Model) Damage(id event.ID) bool {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := m.now.Load()
	h, known := s.events[id]
	if !known {
		return false
	}
	h.is.Facts.Title += "?"
	damaged := &state{at: s.at, events: maps.Clone(s.events), steps: s.steps}
	damaged.events[id] = h
	m.publish(damaged)
	return true
}

// Damaged implements ports.ReadModel.
func (m *Model) Damaged(context.Context) (ports.Damage, error) {
	s := m.now.Load()
	if s == nil {
		return ports.Damage{}, errNothing
	}
	found := map[int64]bool{}
	for _, h := range s.events {
		if h.is != h.came {
			found[dayOf(&h.is)], found[dayOf(&h.came)] = true, true
		}
	}
	var damage ports.Damage
	for _, d := range slices.Sorted(maps.Keys(found)) {
		damage.Days = append(damage.Days, days(d, d))
	}
	return damage, nil
}

// Reconcile implements ports.ReadModel.
func (m *Model) Reconcile(_ context.Context, starts event.TimeRange, of catalogue.Version, all []event.Event) (ports.Reconciled, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	s := m.now.Load()
	if s == nil {
		return ports.Reconciled{}, errNothing
	}
	later, err := s.since(of)
	if err != nil {
		return ports.Reconciled{}, err
	}
	changed := map[event.ID]bool{}
	for _, st := range later {
		changed[st.change.Event.ID] = true
	}
	right := &state{at: s.at, events: maps.Clone(s.events), steps: s.steps}
	compared, wrong := map[int64]bool{}, map[int64]bool{}
	var found ports.Reconciled
	there := map[event.ID]bool{}
	for _, e := range all {
		there[e.ID] = true
		if changed[e.ID] {
			continue
		}
		found.Events++
		compared[dayOf(&e)] = true
		if h, known := s.events[e.ID]; !known || h.is != e {
			found.Wrong++
			wrong[dayOf(&e)] = true
			right.events[e.ID] = held{e, e}
		}
	}
	for id, h := range s.events {
		if !startsIn(starts, &h.is) || changed[id] || there[id] {
			continue
		}
		found.Events++
		found.Wrong++
		compared[dayOf(&h.is)], wrong[dayOf(&h.is)] = true, true
		delete(right.events, id)
	}
	found.Days, found.WrongDays = len(compared), len(wrong)
	m.now.Store(right)
	return found, nil
}
