package httpapi_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// Readers who ask in different ways, while writers commit side by side, each see the same complete sequence: every entry
// once, in the order of the log, none missing.
func TestReadersOfChangesBesideWriters(t *testing.T) {
	for name, open := range map[string]func(*testing.T) ports.EventStore{
		"sqlite":   func(t *testing.T) ports.EventStore { return newBillboard(t).Store },
		"postgres": openPostgres,
	} {
		t.Run(name, func(t *testing.T) { readBesideWriters(t, open(t)) })
	}
}

func openPostgres(t *testing.T) ports.EventStore {
	t.Helper()
	store, err := postgres.Open(t.Context(), postgres.Options{
		URL: server.Database(t, server.SharedPostgres(t), ""), Writers: 8, Listen: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func readBesideWriters(t *testing.T, store ports.EventStore) {
	const writers, batches, size = 8, 12, 10
	s := serveChanges(t, store)

	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			// Two write for each provider, and change each other's events.
			provider := fmt.Sprint("provider-", w/2)
			for n := range batches {
				assert.NoError(t, write(t.Context(), store, provider, n*writers+w, news(provider, n, size, fmt.Sprint(w, " ", n))...))
			}
		})
	}
	all := make(chan struct{})
	go func() {
		writing.Wait()
		close(all)
	}()

	ways := []string{"limit=1000&wait=1", "limit=7", "limit=100&wait=30", "limit=3&wait=1"}
	seen := make([][]string, len(ways))
	var reading sync.WaitGroup
	for i, way := range ways {
		reading.Go(func() {
			cursor := ""
			for done := false; !done; {
				select {
				case <-all:
					done = true // one more round, which goes to the end
					way = strings.Split(way, "&")[0]
				default:
				}
				for more := true; more; {
					p := s.get(t, "/changes?"+way+cursor).part(t)
					for _, e := range p.Changes {
						seen[i] = append(seen[i], fmt.Sprint(e.Cursor, e.Kind, e.Event.ID, e.Event.Title, e.Event.Revision))
					}
					cursor, more = "&after="+p.Next, p.More
				}
			}
		})
	}
	reading.Wait()
	require.False(t, t.Failed())

	var log []catalogue.Change
	for at := (catalogue.Version{}); ; at = log[len(log)-1].Version {
		batch, err := store.Changes(t.Context(), at, 1000)
		require.NoError(t, err)
		if len(batch.Changes) == 0 {
			break
		}
		log = append(log, batch.Changes...)
	}
	require.Greater(t, len(log), writers*batches, "the writers had something to write")
	for i, way := range ways {
		require.Len(t, seen[i], len(log), way)
		require.Equal(t, seen[0], seen[i], way)
		for n, c := range log {
			require.Contains(t, seen[i][n], fmt.Sprint(c.Kind, c.Event.ID, c.Event.Facts.Title, c.Event.Revision), way)
		}
		unique := slices.Clone(seen[i])
		slices.Sort(unique)
		require.Len(t, slices.Compact(unique), len(log), way)
	}
}

// news are events of a provider that a writer has something to say of, with that in their titles.
func news(provider string, n, size int, title string) []event.Event {
	var events []event.Event
	for i := range size {
		e := shown(fmt.Sprint((n*5+i)%40), title, "2021-07-01T20:00:00", "2021-07-01T22:00:00", "10")
		e.Identity.Provider = provider
		e.ID = e.Identity.ID()
		events = append(events, e)
	}
	return events
}
