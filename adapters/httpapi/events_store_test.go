package httpapi_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
)

// billboard is a store that is written to between two requests.
type billboard struct {
	*sqlite.Store
	chunks int
}

func newBillboard(t *testing.T, events ...event.Event) *billboard {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db"), Clock: func() time.Time { return noon }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	b := &billboard{Store: store}
	b.put(t, events...)
	return b
}

// put writes events as they are, in place of what was known of them.
func (b *billboard) put(t *testing.T, events ...event.Event) {
	t.Helper()
	require.NoError(t, write(t.Context(), b, "default", b.chunks, events...))
	b.chunks++
}

// write stores events of a provider as they are, as a chunk of one run, in place of what was known of them.
func write(ctx context.Context, store ports.Ingester, provider string, chunk int, events ...event.Event) error {
	events = slices.SortedFunc(slices.Values(events), func(a, b event.Event) int { return strings.Compare(string(a.ID[:]), string(b.ID[:])) })
	batch := catalogue.Batch{Run: catalogue.RunRef{Provider: provider, Number: catalogue.RunAt(noon)}, Chunk: chunk}
	for _, e := range events {
		batch.Understood = append(batch.Understood, e.ID)
	}
	_, err := store.Apply(ctx, batch, func(s catalogue.Standing) []catalogue.Write {
		var writes []catalogue.Write
		for _, e := range events {
			w := catalogue.Write{Kind: catalogue.Added, Event: e, Fingerprint: event.Listing{Identity: e.Identity, Facts: e.Facts}.Fingerprint(), Was: event.During(e.Facts.Start, e.Facts.End)}
			w.Event.Revision = max(w.Event.Revision, 1)
			if head, known := s.Heads[e.ID]; known {
				w.Kind, w.Was, w.Event.Revision = catalogue.Updated, head.When, head.Revision+1
			}
			writes = append(writes, w)
		}
		return writes
	})
	return err
}

// shown makes an event with everything that a page shows.
func shown(base, title, start, end string, prices ...string) event.Event {
	e := listed(base, base, title, start, end, prices...)
	e.FirstSeen, e.Available, e.Revision = noon, true, 1
	e.Facts.TimeZone, e.Facts.SellMode, e.Facts.Currency = "Europe/Madrid", event.Online, "EUR"
	return e
}

// season has an event a day in July 2021; their titles are in the order of the days.
func season(n int) []event.Event {
	var events []event.Event
	for day := 1; day <= n; day++ {
		at := fmt.Sprintf("2021-07-%02dT2", day)
		events = append(events, shown(fmt.Sprint(day), fmt.Sprintf("Night %02d", day), at+"0:00:00", at+"2:00:00", fmt.Sprint(day%4)))
	}
	return events
}
