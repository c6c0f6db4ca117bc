package porttest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// EventReader is what every ports.EventReader promises.
func EventReader(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s := newShop(t, store, "default")
	detail := func(t *testing.T, name string) catalogue.Detail {
		t.Helper()
		d, err := store.Event(t.Context(), s.id(name, name), 100)
		require.NoError(t, err)
		return d
	}
	var thousands []catalogue.Fields
	for i := range 3000 {
		thousands = append(thousands, zone(fmt.Sprint(i), "12.50", i))
	}
	s.whole(c.Now(),
		record("repeated", zones(zone("186", "75", 2), zone("186", "65.5", 0))),
		record("none", zones()),
		record("many", zones(thousands...)))

	t.Run("zones in the order of the feed, ids repeated and all", func(t *testing.T) {
		d := detail(t, "repeated")
		assert.Equal(t, []event.Zone{
			{ID: "186", Name: "Zone 186", Capacity: 2, Price: 750_000, Numbered: true},
			{ID: "186", Name: "Zone 186", Capacity: 0, Price: 655_000, Numbered: true},
		}, d.Zones)
		assert.Equal(t, s.events()[d.Event.ID], d.Event)
		assert.Empty(t, detail(t, "none").Zones)
		many := detail(t, "many").Zones
		require.Len(t, many, 3000)
		assert.Equal(t, "2999", many[2999].ID)
	})

	t.Run("zones follow the feed", func(t *testing.T) {
		s.whole(c.Now().Add(time.Minute), record("repeated", zones(zone("186", "75", 1))), record("none"), record("many"))
		assert.Equal(t, []event.Zone{{ID: "186", Name: "Zone 186", Capacity: 1, Price: 750_000, Numbered: true}}, detail(t, "repeated").Zones)
	})

	t.Run("last seen in the last concluded run, or before it left", func(t *testing.T) {
		assert.Equal(t, c.Now().Add(time.Minute), detail(t, "none").LastSeen)
		s.whole(c.Now().Add(2*time.Minute), record("repeated"), record("many"))
		assert.Equal(t, c.Now().Add(time.Minute), detail(t, "none").LastSeen)
		assert.Equal(t, c.Now().Add(2*time.Minute), detail(t, "many").LastSeen)
		s.whole(c.Now().Add(3*time.Minute), record("repeated"), record("many"), record("none"))
		assert.Equal(t, c.Now().Add(3*time.Minute), detail(t, "none").LastSeen)
	})

	t.Run("its changes in order, the latest of them", func(t *testing.T) {
		var all []catalogue.Change
		for _, change := range s.changes() {
			if change.Event.ID == s.id("none", "none") {
				all = append(all, change)
			}
		}
		d := detail(t, "none")
		require.Len(t, all, 4, "added with its zones, without them, withdrawn, returned")
		assert.Equal(t, all, d.History)
		assert.Equal(t, d.Event, d.History[3].Event)
		last, err := store.Event(t.Context(), d.Event.ID, 2)
		require.NoError(t, err)
		assert.Equal(t, all[2:], last.History)
		batch, err := store.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		assert.Equal(t, batch.Head, d.At)
	})

	t.Run("an unknown event", func(t *testing.T) {
		_, err := store.Event(t.Context(), s.id("nobody", "knows"), 100)
		assert.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
	})
}
