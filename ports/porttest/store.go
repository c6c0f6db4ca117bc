package porttest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

// EventStore is what the suites are run over.
type EventStore = ports.EventStore

// OpenStore opens an empty store that goes by the clock and is closed when the test ends.
type OpenStore func(t *testing.T, clock func() time.Time) EventStore

// Store is what every event store promises.
func Store(t *testing.T, open OpenStore) {
	t.Run("Searcher", func(t *testing.T) { Searcher(t, open) })
	t.Run("Criteria", func(t *testing.T) { Criteria(t, open) })
	t.Run("EventReader", func(t *testing.T) { EventReader(t, open) })
	t.Run("Ingester", func(t *testing.T) { Ingester(t, open) })
	t.Run("Runs", func(t *testing.T) { Runs(t, open) })
	t.Run("ChangeReader", func(t *testing.T) { ChangeReader(t, open) })
	t.Run("Snapshotter", func(t *testing.T) { Snapshotter(t, open) })
	t.Run("FeedReader", func(t *testing.T) { FeedReader(t, open) })
	t.Run("RejectionReader", func(t *testing.T) { RejectionReader(t, open) })
	t.Run("Parking", func(t *testing.T) { Parking(t, open) })
	t.Run("Leases", func(t *testing.T) { Leases(t, open) })
	t.Run("RunReader", func(t *testing.T) { RunReader(t, open) })
	t.Run("Acceptance", func(t *testing.T) { Acceptance(t, open) })
	t.Run("Unparking", func(t *testing.T) { Unparking(t, open) })
	t.Run("Reapplying", func(t *testing.T) { Reapplying(t, open) })
	t.Run("AnyOrder", func(t *testing.T) { AnyOrder(t, open) })
	t.Run("SideBySide", func(t *testing.T) { SideBySide(t, open) })
}

// clock is a clock that stands still until it is told otherwise.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// shop is a provider whose runs are applied to a store.
type shop struct {
	t        *testing.T
	provider string
	store    EventStore
	applier  *ingest.Applier
}

func newShop(t *testing.T, store EventStore, provider string) shop {
	return shop{t: t, provider: provider, store: store, applier: ingest.NewApplier(store)}
}

func (s shop) run(at time.Time) catalogue.RunRef {
	return catalogue.RunRef{Provider: s.provider, Number: catalogue.RunAt(at)}
}

func (s shop) apply(run catalogue.RunRef, chunk int, records ...catalogue.Record) catalogue.Outcome {
	s.t.Helper()
	out, err := s.applier.Apply(s.t.Context(), s.chunk(run, chunk, records...))
	require.NoError(s.t, err)
	return out
}

func (s shop) chunk(run catalogue.RunRef, number int, records ...catalogue.Record) ingest.Chunk {
	return ingest.Chunk{Run: run, Number: number, TimeZone: "UTC", Records: records}
}

func (s shop) complete(run catalogue.RunRef, chunks int) {
	s.t.Helper()
	s.completeWith(catalogue.Completion{Run: run, Chunks: chunks, ReadToEnd: true})
}

func (s shop) completeWith(c catalogue.Completion) {
	s.t.Helper()
	require.NoError(s.t, s.applier.Complete(s.t.Context(), c))
}

func (s shop) conclude(run catalogue.RunRef) catalogue.Conclusion {
	s.t.Helper()
	c, err := s.applier.Conclude(s.t.Context(), run)
	require.NoError(s.t, err)
	return c
}

// whole applies a run of one chunk from beginning to end.
func (s shop) whole(at time.Time, records ...catalogue.Record) catalogue.Conclusion {
	s.t.Helper()
	run := s.run(at)
	s.apply(run, 0, records...)
	s.complete(run, 1)
	return s.conclude(run)
}

func (s shop) id(base, own string) event.ID {
	return event.Identity{Provider: s.provider, Base: base, Event: own}.ID()
}

// events are all of the provider's, by ID.
func (s shop) events() map[event.ID]event.Event {
	s.t.Helper()
	page, err := s.store.Search(s.t.Context(), catalogue.Query{Limit: 100_000})
	require.NoError(s.t, err)
	all := map[event.ID]event.Event{}
	for _, e := range page.Events {
		if e.Identity.Provider == s.provider {
			all[e.ID] = e
		}
	}
	return all
}

// changes are all of the provider's, in order.
func (s shop) changes() []catalogue.Change {
	s.t.Helper()
	return slices.DeleteFunc(changesOf(s.t, s.store), func(c catalogue.Change) bool { return c.Event.Identity.Provider != s.provider })
}

// changesOf is the whole log.
func changesOf(t *testing.T, from ports.ChangeReader) []catalogue.Change {
	t.Helper()
	var all []catalogue.Change
	var at catalogue.Version
	for {
		batch, err := from.Changes(t.Context(), at, 100)
		require.NoError(t, err)
		if len(batch.Changes) == 0 {
			return all
		}
		all = append(all, batch.Changes...)
		at = all[len(all)-1].Version
	}
}

func (s shop) feed() catalogue.Feed {
	s.t.Helper()
	feeds, err := s.store.Feeds(s.t.Context())
	require.NoError(s.t, err)
	for _, f := range feeds {
		if f.Provider == s.provider {
			return f
		}
	}
	return catalogue.Feed{Provider: s.provider}
}

// record is an online event of a base of its own, on a day of June 2027; options change its fields.
func record(name string, options ...func(*catalogue.Record)) catalogue.Record {
	r := catalogue.Record{
		Position: 1,
		Base: catalogue.Fields{
			{Name: catalogue.BaseID, Value: name}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: "Event " + name},
		},
		Event: catalogue.Fields{
			{Name: catalogue.EventID, Value: name}, {Name: catalogue.EventStart, Value: "2027-06-01T20:00:00"}, {Name: catalogue.EventEnd, Value: "2027-06-01T22:00:00"},
		},
		Zones: []catalogue.Fields{zone("1", "20.00", 100)},
	}
	for _, o := range options {
		o(&r)
	}
	return r
}

func zone(id, price string, capacity int) catalogue.Fields {
	return catalogue.Fields{
		{Name: catalogue.ZoneID, Value: id}, {Name: catalogue.ZoneCapacity, Value: fmt.Sprint(capacity)},
		{Name: catalogue.ZonePrice, Value: price}, {Name: catalogue.ZoneName, Value: "Zone " + id}, {Name: catalogue.ZoneNumbered, Value: "true"},
	}
}

func set(fields catalogue.Fields, name, value string) catalogue.Fields {
	changed := append(catalogue.Fields(nil), fields...)
	for i := range changed {
		if changed[i].Name == name {
			changed[i].Value = value
			return changed
		}
	}
	return append(changed, catalogue.Field{Name: name, Value: value})
}

func titled(title string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Base = set(r.Base, catalogue.BaseTitle, title) }
}

func mode(sellMode string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Base = set(r.Base, catalogue.BaseSellMode, sellMode) }
}

func ofBase(base string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Base = set(r.Base, catalogue.BaseID, base) }
}

func lasting(start, end string) func(*catalogue.Record) {
	return func(r *catalogue.Record) {
		r.Event = set(set(r.Event, catalogue.EventStart, start), catalogue.EventEnd, end)
	}
}

func zones(list ...catalogue.Fields) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Zones = list }
}
