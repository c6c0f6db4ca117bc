package ingest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

func TestAChunkIsSortedIntoEventsAndRejections(t *testing.T) {
	c := Chunk{Run: catalogue.RunRef{Provider: "default", Number: 5}, Number: 3, Records: []catalogue.Record{
		camela(onEvent("event_id", "3")), camela(onEvent("event_id", "1")),
		camela(onEvent("event_id", "2"), without("title")), camela(without("event_id")),
		camela(onEvent("event_id", "1"), onBase("title", "once more")),
	}}
	batch, listings := understandAll(c, inMadrid(t))
	assert.Equal(t, c.Run, batch.Run)
	assert.Equal(t, 3, batch.Chunk)
	require.Len(t, batch.Understood, 2, "each once")
	assert.Less(t, batch.Understood[0].String(), batch.Understood[1].String(), "in the order of locks")
	require.Len(t, batch.Rejections, 2, "what is wrong with one stops none of the others")
	assert.True(t, batch.Rejections[0].Whole)
	assert.False(t, batch.Rejections[1].Whole)
	for _, id := range batch.Understood {
		assert.Equal(t, id, listings[id].Identity.ID())
	}
}

func TestWhatAListingChanges(t *testing.T) {
	run := catalogue.RunRef{Provider: "default", Number: catalogue.RunAt(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))}
	firstSeen := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	online := understood(t)
	offline := understood(t, onBase("sell_mode", "offline"))
	before := event.During(event.MomentAt(1, 0), event.MomentAt(2, 0))
	same := func(l event.Listing, available bool) *catalogue.Head {
		return &catalogue.Head{Fingerprint: l.Fingerprint(), Revision: 4, Available: available, FirstSeen: firstSeen, When: before}
	}
	const current, older = true, false
	const open, final = false, true
	tests := map[string]struct {
		listing   event.Listing
		known     *catalogue.Head
		current   bool
		concluded bool
		kind      catalogue.ChangeKind // empty for no change
		available bool
		revision  int64
		firstSeen time.Time
	}{
		"new and online":                              {online, nil, current, open, catalogue.Added, true, 1, run.Number.Time()},
		"new and offline":                             {offline, nil, current, open, "", false, 0, time.Time{}},
		"nothing changed":                             {online, same(online, true), current, open, "", false, 0, time.Time{}},
		"something changed":                           {online, same(offline, true), current, open, catalogue.Updated, true, 5, firstSeen},
		"it turned offline and stays":                 {offline, same(online, true), current, open, catalogue.Updated, true, 5, firstSeen},
		"it changed, and the run tells if it is back": {online, same(offline, false), current, open, catalogue.Updated, false, 5, firstSeen},
		"nothing changed, but it is back":             {online, same(online, false), current, open, "", false, 0, time.Time{}},
		"an older value never wins":                   {online, same(offline, true), older, open, "", false, 0, time.Time{}},
		"an older run brings what nobody knew":        {online, nil, older, open, catalogue.Added, true, 1, run.Number.Time()},
		"it had left before the run that ended":       {online, nil, older, final, catalogue.Added, false, 1, run.Number.Time()},
		"an older run and a new event, offline":       {offline, nil, older, open, "", false, 0, time.Time{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id := tt.listing.Identity.ID()
			standing := catalogue.Standing{Current: tt.current, LaterConcluded: tt.concluded, Heads: map[event.ID]catalogue.Head{}}
			if tt.known != nil {
				standing.Heads[id] = *tt.known
			}
			writes := decide(run, []event.ID{id}, map[event.ID]event.Listing{id: tt.listing}, standing)
			if tt.kind == "" {
				assert.Empty(t, writes)
				return
			}
			was := event.During(tt.listing.Facts.Start, tt.listing.Facts.End)
			if tt.known != nil {
				was = before
			}
			require.Len(t, writes, 1)
			assert.Equal(t, catalogue.Write{
				Kind: tt.kind, Fingerprint: tt.listing.Fingerprint(), Zones: tt.listing.Zones, Was: was,
				Event: event.Event{ID: id, Identity: tt.listing.Identity, Facts: tt.listing.Facts, FirstSeen: tt.firstSeen, Available: tt.available, Revision: tt.revision},
			}, writes[0])
		})
	}
}

func TestAChunkOfAZoneThatNobodyKnows(t *testing.T) {
	_, err := NewApplier(nil).Apply(t.Context(), Chunk{TimeZone: "Europe/Atlantis"})
	assert.Equal(t, fault.Invalid, fault.KindOf(err))
}
