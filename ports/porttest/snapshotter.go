package porttest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Snapshotter is what every ports.Snapshotter promises that belongs to a store.
func Snapshotter(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s := newShop(t, store, "default")

	t.Run("an empty catalogue", func(t *testing.T) {
		all, at := snapshotOf(t, store, event.TimeRange{})
		assert.Empty(t, all)
		assert.Zero(t, at)
	})

	everyday := []catalogue.Record{
		record("early", lasting("2027-06-01T20:00:00", "2027-06-01T22:00:00"), onSaleFor("2027-01-01T09:00:00", "2027-06-01T19:00:00")),
		record("noon", lasting("2027-06-02T12:00:00", "2027-06-02T13:00:00"), zones()),
		record("long", lasting("2027-06-02T12:00:01", "2027-06-30T22:00:00"), zones(zone("1", "0", 5), zone("1", "7.1234", 5))),
		record("late", lasting("2027-06-03T00:00:00", "2027-06-03T00:00:00"), zones(zone("1", "10", 0), zone("2", "30", 0))),
		record("mañana ✨", lasting("1969-12-31T20:00:00", "1969-12-31T22:00:00"), titled("Mañana, 今日 & <b>'demà'</b>")),
	}
	s.whole(c.Now(), append(everyday, record("leaves", lasting("2027-08-01T20:00:00", "2027-08-01T22:00:00")), record("retired", lasting("2027-08-02T20:00:00", "2027-08-02T22:00:00")))...)
	s.whole(c.Now().Add(time.Minute), append(everyday, record("retired", lasting("2027-08-02T20:00:00", "2027-08-02T22:00:00"), mode("offline")))...)

	t.Run("it has all that there is, as the log tells it", func(t *testing.T) {
		all, at := snapshotOf(t, store, event.TimeRange{})
		require.Len(t, all, 7)
		assert.Equal(t, s.events(), all)
		changes := s.changes()
		assert.Equal(t, replayedUntil(changes, at), all)
		assert.Equal(t, changes[len(changes)-1].Version, at)
		assert.False(t, all[s.id("leaves", "leaves")].Available)
		assert.Equal(t, "offline", all[s.id("retired", "retired")].Facts.SellMode)
		assert.True(t, all[s.id("early", "early")].Facts.SaleEnd.Known())
		assert.False(t, all[s.id("noon", "noon")].Facts.SaleEnd.Known(), "nothing is left over of another event")
		assert.False(t, all[s.id("noon", "noon")].Facts.Prices.Known)
	})

	t.Run("of a range it has what starts inside", func(t *testing.T) {
		from := func(s string) event.Bound { return event.NotBefore(instant(t, s)) }
		to := func(s string) event.Bound { return event.NotAfter(instant(t, s)) }
		for name, tt := range map[string]struct {
			starts event.TimeRange
			want   []string
		}{
			"both edges are inside, whatever its end":  {event.TimeRange{From: from("2027-06-02T12:00:00Z"), To: to("2027-06-02T12:00:01Z")}, []string{"noon", "long"}},
			"a second after the first, to before next": {event.TimeRange{From: from("2027-06-02T12:00:01Z"), To: to("2027-06-02T23:59:59Z")}, []string{"long"}},
			"an instant":                  {event.TimeRange{From: from("2027-06-03T00:00:00Z"), To: to("2027-06-03T00:00:00Z")}, []string{"late"}},
			"open to the past":            {event.TimeRange{To: to("2027-06-01T20:00:00Z")}, []string{"mañana ✨", "early"}},
			"open to the future":          {event.TimeRange{From: from("2027-06-03T00:00:00Z")}, []string{"late", "leaves", "retired"}},
			"before the epoch":            {event.TimeRange{From: from("1900-01-01T00:00:00Z"), To: to("1969-12-31T23:59:59Z")}, []string{"mañana ✨"}},
			"nothing starts in it":        {event.TimeRange{From: from("2030-01-01T00:00:00Z"), To: to("2031-01-01T00:00:00Z")}, nil},
			"it ends before it begins":    {event.TimeRange{From: from("2027-06-03T00:00:00Z"), To: to("2027-06-01T00:00:00Z")}, nil},
			"as far as seconds can count": {event.TimeRange{From: event.NotBefore(time.Unix(math.MinInt64, 0)), To: event.NotAfter(time.Unix(math.MaxInt64, 0))}, []string{"mañana ✨", "early", "noon", "long", "late", "leaves", "retired"}},
		} {
			found, at := snapshotOf(t, store, tt.starts)
			var got []string
			for _, e := range found {
				got = append(got, e.Identity.Event)
				assert.Equal(t, s.events()[e.ID], e, name)
			}
			assert.ElementsMatch(t, tt.want, got, name)
			assert.Equal(t, replayedUntil(s.changes(), at), s.events(), "%s: a part has the version of the whole", name)
		}
	})

	t.Run("what is written meanwhile is not in it", func(t *testing.T) {
		before := s.events()
		got := map[event.ID]event.Event{}
		at, err := store.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
			if len(got) == 0 {
				s.whole(c.Now().Add(2*time.Minute), record("early", titled("Renamed")), record("new"))
			}
			got[e.ID] = *e
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, before, got)
		assert.Equal(t, replayedUntil(s.changes(), at), got)
		assert.NotEqual(t, s.events(), got)
		assert.Equal(t, replayedUntil(s.changes(), catalogue.Version{Number: math.MaxInt64}), s.events())
	})

	const many = 500
	s.whole(c.Now().Add(3*time.Minute), recordsOf("e", many)...)

	// More of them than a store has connections for.
	t.Run("an error of who takes the events ends it and comes back as it is", func(t *testing.T) {
		full := errors.New("full")
		for range 10 {
			calls := 0
			at, err := store.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error {
				if calls++; calls == 3 {
					return full
				}
				return nil
			})
			assert.Equal(t, full, err)
			assert.Zero(t, at)
			assert.Equal(t, 3, calls)
		}
	})

	t.Run("nor does a panic keep a connection", func(t *testing.T) {
		for range 10 {
			assert.PanicsWithValue(t, "bug", func() {
				_, _ = store.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { panic("bug") })
			})
		}
	})

	t.Run("it ends with its context", func(t *testing.T) {
		ended, end := context.WithCancel(t.Context())
		end()
		_, err := store.Snapshot(ended, event.TimeRange{}, func(*event.Event) error { return nil })
		assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		for _, last := range []int{1, many / 2, len(s.events())} { // also when there is little left to do
			ended, end := context.WithCancel(t.Context())
			calls := 0
			_, err := store.Snapshot(ended, event.TimeRange{}, func(*event.Event) error {
				if calls++; calls == last {
					end()
				}
				return nil
			})
			end()
			assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		}
		all, _ := snapshotOf(t, store, event.TimeRange{})
		assert.Equal(t, s.events(), all, "the next one is whole")
	})

	t.Run("beside writers it is the catalogue of one version", func(t *testing.T) {
		const providers, rounds = 3, 4
		var writers, readers sync.WaitGroup
		written := make(chan struct{})
		for p := range providers {
			writers.Go(func() {
				w := newShop(t, store, fmt.Sprintf("writer-%d", p))
				for round := range rounds {
					run := w.run(c.Now().Add(time.Duration(round) * time.Minute))
					for chunk := range 2 { // an event more and one less in each round, the others renamed
						name := string(rune('a'+chunk)) + "%d"
						var records []catalogue.Record
						for i := range 5 {
							records = append(records, record(fmt.Sprintf(name, round+i), titled(fmt.Sprintf("Round %d", round))))
						}
						_, err := w.applier.Apply(t.Context(), w.chunk(run, chunk, records...))
						assert.NoError(t, err)
					}
					assert.NoError(t, w.applier.Complete(t.Context(), catalogue.Completion{Run: run, Chunks: 2, ReadToEnd: true}))
					_, err := w.applier.Conclude(t.Context(), run)
					assert.NoError(t, err)
				}
			})
		}
		type taken struct {
			all map[event.ID]event.Event
			at  catalogue.Version
		}
		var snapshots [2][]taken
		for reader := range snapshots {
			readers.Go(func() {
				for last := false; !last; {
					select {
					case <-written:
						last = true
					default:
					}
					all := map[event.ID]event.Event{}
					at, err := store.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
						all[e.ID] = *e
						return nil
					})
					if !assert.NoError(t, err) {
						return
					}
					if had := snapshots[reader]; len(had) == 0 || had[len(had)-1].at != at {
						snapshots[reader] = append(had, taken{all, at})
					}
				}
			})
		}
		writers.Wait()
		close(written)
		readers.Wait()
		log := changesOf(t, store)
		for _, of := range snapshots {
			for _, s := range of {
				require.Equal(t, replayedUntil(log, s.at), s.all, "at %s", s.at)
			}
			require.NotEmpty(t, of)
			require.Equal(t, log[len(log)-1].Version, of[len(of)-1].at)
		}
	})
}

// snapshotOf are the events that are handed over, each once.
func snapshotOf(t *testing.T, from ports.Snapshotter, starts event.TimeRange) (map[event.ID]event.Event, catalogue.Version) {
	t.Helper()
	all := map[event.ID]event.Event{}
	at, err := from.Snapshot(t.Context(), starts, func(e *event.Event) error {
		assert.NotContains(t, all, e.ID)
		all[e.ID] = *e
		return nil
	})
	require.NoError(t, err)
	return all, at
}

// replayedUntil is the catalogue that the changes up to a version make.
func replayedUntil(changes []catalogue.Change, at catalogue.Version) map[event.ID]event.Event {
	all := map[event.ID]event.Event{}
	for _, change := range changes {
		if change.Version.Number <= at.Number {
			all[change.Event.ID] = change.Event
		}
	}
	return all
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at
}

func onSaleFor(from, to string) func(*catalogue.Record) {
	return func(r *catalogue.Record) {
		r.Event = set(set(r.Event, catalogue.EventSaleStart, from), catalogue.EventSaleEnd, to)
	}
}
