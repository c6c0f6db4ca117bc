package porttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// annals are a catalogue that knows all that it ever was. It is a ports.Snapshotter of what it is now.
type annals struct {
	changes []catalogue.Change
	latest  contents
}

func newAnnals(events ...event.Event) *annals {
	a := &annals{latest: contents{}}
	a.write(events...)
	return a
}

// write makes changes and returns them.
func (a *annals) write(events ...event.Event) []catalogue.Change {
	from := len(a.changes)
	for _, e := range events {
		c := catalogue.Change{
			Version: catalogue.Version{Number: int64(len(a.changes)) + 1, Tag: rand.Uint64()},
			Kind:    catalogue.Added, Run: 1, At: catalogue.RunNumber(1).Time(), Event: e, Was: event.During(e.Facts.Start, e.Facts.End),
		}
		if was, known := a.latest[e.ID]; known {
			c.Kind, c.Was = catalogue.Updated, event.During(was.Facts.Start, was.Facts.End)
			c.Event.Revision = was.Revision + 1
		}
		a.latest[e.ID] = c.Event
		a.changes = append(a.changes, c)
	}
	return a.changes[from:len(a.changes):len(a.changes)]
}

func (a *annals) head() catalogue.Version { return a.versionOf(int64(len(a.changes))) }

func (a *annals) versionOf(number int64) catalogue.Version {
	if number == 0 {
		return catalogue.Version{}
	}
	return a.changes[number-1].Version
}

func (a *annals) asOf(number int64) contents {
	c := contents{}
	c.make(a.changes[:number])
	return c
}

// now is a copy.
func (a *annals) now() contents { return maps.Clone(a.latest) }

func (a *annals) starting(starts event.TimeRange) []event.Event {
	var all []event.Event
	_ = a.now().each(starts, func(e *event.Event) error {
		all = append(all, *e)
		return nil
	})
	return all
}

// Snapshot implements ports.Snapshotter.
func (a *annals) Snapshot(_ context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	return a.head(), a.now().each(starts, each)
}

type snapshotter func(context.Context, event.TimeRange, func(*event.Event) error) (catalogue.Version, error)

func (s snapshotter) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	return s(ctx, starts, each)
}

func (c contents) add(e *event.Event) error {
	c[e.ID] = *e
	return nil
}

// concert is one of a row of events, one every seven hours, all of them different.
func concert(n int) event.Event {
	identity := event.Identity{Provider: "default", Base: fmt.Sprint(n), Event: fmt.Sprint(n)}
	start := time.Date(2027, 6, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 7 * time.Hour).Unix()
	e := event.Event{
		ID: identity.ID(), Identity: identity, FirstSeen: catalogue.RunNumber(1).Time(), Available: n%3 > 0, Revision: 1,
		Facts: event.Facts{
			Title: fmt.Sprintf("Event %d, %s", n, [...]string{"Jazz", "Ópera", "Fiesta 🎭"}[n%3]), SellMode: event.Online, TimeZone: "UTC",
			Start: event.MomentAt(start, int32(n%2*3600)), End: event.MomentAt(start+int64(n%5)*3600, int32(n%2*3600)),
			SoldOut: n%4 == 0, Capacity: int64(n), Currency: "EUR", City: fmt.Sprint("City ", n%10), Organizer: fmt.Sprint(n % 7),
		},
	}
	if n%6 > 0 {
		e.Facts.Prices = event.PriceRange{Min: event.Price(n % 50 * 10_000), Max: event.Price(n % 50 * 20_000), Known: true}
	}
	return e
}

func concerts(n int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = concert(i)
	}
	return list
}

func retitled(e event.Event, title string) event.Event {
	e.Facts.Title = title
	return e
}

func later(e event.Event, hours int) event.Event {
	f := &e.Facts
	f.Start, f.End = event.MomentAt(f.Start.Unix()+int64(hours)*3600, f.Start.Offset()), event.MomentAt(f.End.Unix()+int64(hours)*3600, f.End.Offset())
	return e
}

func dayOf(e *event.Event) int64 { return e.Facts.Start.Unix() / (24 * 3600) } // none is before 1970

// requireHeld requires that the catalogue as it is now is held, and found.
func requireHeld(t *testing.T, m ports.ReadModel, a *annals) {
	t.Helper()
	at, held := m.At()
	require.True(t, held)
	require.Equal(t, a.head(), at)
	now := a.now()
	require.Equal(t, len(now), m.Size().Events)
	require.Equal(t, now, heldOf(t, m))
	q := catalogue.Query{Limit: len(now) + 1, WantTotal: true}
	page, err := m.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, a.head(), page.At)
	require.Equal(t, len(now), page.Total)
	want := now.search(q)
	require.Equal(t, titlesOf(want), titlesOf(page.Events))
	for i := range want {
		require.Equal(t, want[i], page.Events[i])
	}
}

func heldOf(t *testing.T, m ports.ReadModel) contents {
	t.Helper()
	all := contents{}
	_, err := m.Snapshot(t.Context(), event.TimeRange{}, all.add)
	require.NoError(t, err)
	return all
}

func codeOf(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	return ""
}
