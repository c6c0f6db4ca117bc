package porttest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// ChangeReader is what every ports.ChangeReader promises.
func ChangeReader(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	s := newShop(t, store, "default")

	t.Run("an empty log", func(t *testing.T) {
		batch, err := store.Changes(t.Context(), catalogue.Version{}, 10)
		require.NoError(t, err)
		assert.Zero(t, batch)
	})

	s.whole(c.Now(), recordsOf("e", 10)...)
	s.whole(c.Now().Add(time.Minute), recordsOf("e", 7)...)
	s.whole(c.Now().Add(2*time.Minute), record("e-0000", titled("Renamed")), record("e-0009"))

	t.Run("pages follow each other, numbers have no gaps, tags differ", func(t *testing.T) {
		var at catalogue.Version
		tags := map[uint64]bool{}
		for {
			batch, err := store.Changes(t.Context(), at, 4)
			require.NoError(t, err)
			if len(batch.Changes) == 0 {
				assert.Equal(t, at, batch.Head)
				break
			}
			require.LessOrEqual(t, len(batch.Changes), 4)
			for _, change := range batch.Changes {
				assert.Equal(t, at.Number+1, change.Version.Number)
				assert.False(t, tags[change.Version.Tag])
				tags[change.Version.Tag] = true
				assert.Equal(t, change.Run.Time(), change.At)
				at = change.Version
			}
		}
		assert.EqualValues(t, 10+3+1+6+1, at.Number)
	})

	t.Run("replaying it rebuilds the catalogue", func(t *testing.T) {
		rebuilt := map[event.ID]event.Event{}
		for _, change := range s.changes() {
			rebuilt[change.Event.ID] = change.Event
		}
		assert.Equal(t, s.events(), rebuilt)
	})

	t.Run("an entry knows when the event took place before", func(t *testing.T) {
		c.Advance(time.Hour)
		m := newShop(t, store, "moving")
		m.whole(c.Now(), record("moves"), record("stays"))
		m.whole(c.Now().Add(time.Minute), record("moves", lasting("2027-07-05T20:00:00", "2027-07-06T01:00:00")), record("stays", titled("Another")))
		m.whole(c.Now().Add(2*time.Minute), record("stays", titled("Another")))
		june := event.During(m.events()[m.id("stays", "stays")].Facts.Start, m.events()[m.id("stays", "stays")].Facts.End)
		july := event.During(m.events()[m.id("moves", "moves")].Facts.Start, m.events()[m.id("moves", "moves")].Facts.End)
		require.NotEqual(t, june, july)
		var got []string
		for _, change := range m.changes() {
			when := map[event.TimeRange]string{june: "June", july: "July"}
			now := event.During(change.Event.Facts.Start, change.Event.Facts.End)
			got = append(got, fmt.Sprintf("%s %s: %s, was %s", change.Event.Identity.Base, change.Kind, when[now], when[change.Was]))
		}
		assert.ElementsMatch(t, []string{
			"moves added: June, was June", "stays added: June, was June",
			"moves updated: July, was June", "stays updated: June, was June",
			"moves withdrawn: July, was July",
		}, got)
	})

	t.Run("who awaits news hears of it", func(t *testing.T) {
		start, err := store.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		at, err := store.Await(t.Context(), catalogue.Version{})
		require.NoError(t, err)
		assert.Equal(t, start.Head, at, "what is there already is not waited for")
		other := catalogue.Version{Number: start.Head.Number + 5, Tag: 1}
		at, err = store.Await(t.Context(), other)
		require.NoError(t, err)
		assert.Equal(t, start.Head, at, "another history is news")

		ended, end := context.WithCancel(t.Context())
		heard := make(chan error, 1)
		go func() {
			_, err := store.Await(ended, start.Head)
			heard <- err
		}()
		end()
		assert.Equal(t, fault.Canceled, fault.KindOf(<-heard))

		const readers = 3
		news := make(chan catalogue.Version, readers)
		var waiting sync.WaitGroup
		for range readers {
			waiting.Go(func() {
				at, err := store.Await(t.Context(), start.Head)
				assert.NoError(t, err)
				news <- at
			})
		}
		newShop(t, store, "news").whole(c.Now(), record("new"))
		waiting.Wait()
		for range readers {
			assert.Equal(t, start.Head.Number+1, (<-news).Number)
		}
	})

	t.Run("a version of another history is gone", func(t *testing.T) {
		batch, err := store.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		for name, v := range map[string]catalogue.Version{
			"beyond the head":           {Number: batch.Head.Number + 1, Tag: 1},
			"another tag at the number": {Number: batch.Changes[0].Version.Number, Tag: batch.Changes[0].Version.Tag + 1},
			"a tag before the first":    {Number: 0, Tag: 7},
		} {
			_, err := store.Changes(t.Context(), v, 1)
			assert.Equal(t, fault.Gone, fault.KindOf(err), "%s: %v", name, err)
		}
	})

	t.Run("readers beside writers see one sequence without gaps", func(t *testing.T) {
		var writers, readers sync.WaitGroup
		const providers, chunks = 4, 5
		start, err := store.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		want := start.Head.Number + providers*chunks*3
		for p := range providers {
			writers.Go(func() {
				w := newShop(t, store, string(rune('a'+p)))
				for n := range chunks {
					_, err := w.applier.Apply(t.Context(), w.chunk(w.run(c.Now()), n, recordsOf(string(rune('a'+n)), 3)...))
					assert.NoError(t, err)
				}
			})
		}
		for range 2 {
			readers.Go(func() {
				at := start.Head
				for at.Number < want {
					batch, err := store.Changes(t.Context(), at, 7)
					if !assert.NoError(t, err) {
						return
					}
					for _, change := range batch.Changes {
						if !assert.Equal(t, at.Number+1, change.Version.Number) {
							return
						}
						at = change.Version
					}
				}
			})
		}
		writers.Wait()
		readers.Wait()
	})
}
