package ingest_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

func openReplay(t *testing.T) (*sqlite.Store, *ingest.Replayer) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "marquee.db"), Clock: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store, ingest.NewReplayer(ingest.NewApplier(store), store, store, quiet)
}

func TestAMessageThatStillCannotBeDoneStaysParked(t *testing.T) {
	store, again := openReplay(t)
	for id, m := range map[string]ports.Message{
		"garbage":    {Kind: ports.KindChunk, Body: []byte("no chunk")},
		"kind":       {Kind: "leaflet"},
		"no zone":    {Kind: ports.KindChunk, Body: ingest.EncodeChunk(ingest.Chunk{Run: catalogue.RunRef{Provider: "p", Number: 1}, TimeZone: "Mars/Olympus"})},
		"completion": {Kind: ports.KindCompletion, Body: []byte("{}")},
	} {
		m.ID = id
		require.NoError(t, store.Park(t.Context(), ports.Delivery{Message: m, Attempt: 1}, nil, "it is faulty"))
		parked, err := store.ParkedMessage(t.Context(), id)
		require.NoError(t, err)
		_, err = again.Message(t.Context(), parked)
		assert.Equal(t, fault.Invalid, fault.KindOf(err), id)
		_, err = store.ParkedMessage(t.Context(), id)
		assert.NoError(t, err, id)
	}
}

func TestAReplayThatPanicsBringsNobodyDown(t *testing.T) {
	store := newLedger()
	store.apply = func(context.Context) error { panic("poison") }
	again := ingest.NewReplayer(ingest.NewApplier(store), nil, nil, quiet)
	m := chunkMessage(0)
	_, err := again.Message(t.Context(), catalogue.Parked{ID: m.ID, Kind: m.Kind, Body: m.Body})
	assert.ErrorContains(t, err, "poison")
}

func TestWhyARejectedRecordStaysRejected(t *testing.T) {
	_, again := openReplay(t)
	const whole = `{"base_event":{"base_event_id":"1","title":"T","sell_mode":"online"},"event":{"event_id":"2","event_start_date":"2027-01-01T20:00:00","event_end_date":"2027-01-01T22:00:00"},"zones":[]}`
	for name, c := range map[string]struct {
		rejection catalogue.Rejection
		says      string
	}{
		"as wrong as before": {catalogue.Rejection{Reason: catalogue.NoSuchDate, Original: []byte(strings.Replace(whole, "2027-01-01", "2027-02-29", 1))}, "2027-02-29"},
		"only a part of it":  {catalogue.Rejection{Reason: catalogue.TooLarge, Detail: "the event does not fit", Original: []byte(whole)}, "only a part of it was kept"},
		"whole":              {catalogue.Rejection{Reason: catalogue.BadDate, Original: []byte(whole + strings.Repeat(" ", catalogue.MaxOriginal))[:catalogue.MaxOriginal-1]}, ""},
		"cut in the middle":  {catalogue.Rejection{Reason: catalogue.BadDate, Original: []byte(`{"base_event":{"a":"` + strings.Repeat("x", catalogue.MaxOriginal))[:catalogue.MaxOriginal]}, "longer than the 65536 bytes"},
		"no text":            {catalogue.Rejection{Reason: catalogue.BadDate, Original: []byte(`{"base_event":{"base_event_id":1}}`)}, "a string would be right"},
		"no object":          {catalogue.Rejection{Reason: catalogue.BadDate, Original: []byte(`{"base_event":[]}`)}, "no object"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := again.Rejection(t.Context(), c.rejection, ingest.ReadBy{})
			if c.says == "" { // what is whole is understood, and only then is the provider looked for
				assert.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
				return
			}
			assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
			assert.ErrorContains(t, err, c.says)
		})
	}
}

func TestARejectedRecordIsReadByWhatIsSaidToday(t *testing.T) {
	store, again := openReplay(t)
	applier := ingest.NewApplier(store)
	run := catalogue.RunRef{Provider: "p", Number: catalogue.RunAt(time.Now())}
	_, err := applier.Apply(t.Context(), ingest.Chunk{Run: run, TimeZone: "UTC", Currency: "EURO", Records: []catalogue.Record{{
		Position: 4,
		Base:     catalogue.Fields{{Name: "title", Value: "Señal <&> \x01"}, {Name: "base_event_id", Value: "1"}, {Name: "sell_mode", Value: "online"}, {Name: "own", Value: "kept"}},
		Event: catalogue.Fields{
			{Name: "event_id", Value: "2"}, {Name: "event_start_date", Value: "2027-01-01T20:00:00"},
			{Name: "event_end_date", Value: "2027-01-01T20:00:00"}, {Name: "sold_out", Value: "maybe"}, {Name: "event_id", Value: "twice"},
		},
		Zones: []catalogue.Fields{{{Name: "zone_id", Value: "1"}, {Name: "capacity", Value: "5"}, {Name: "price", Value: "12.5"}}},
	}}})
	require.NoError(t, err)
	open, err := store.Rejected(t.Context(), "p", 1)
	require.NoError(t, err)
	require.Len(t, open, 1)
	open[0].Original = []byte(strings.Replace(string(open[0].Original), "maybe", "true", 1))
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	out, err := again.Rejection(t.Context(), open[0], ingest.ReadBy{Location: berlin, Currency: "EUR"})
	require.NoError(t, err)
	assert.Equal(t, 1, out.Added)
	d, err := store.Event(t.Context(), event.Identity{Provider: "p", Base: "1", Event: "2"}.ID(), 1)
	require.NoError(t, err)
	assert.Equal(t, "Señal <&> \x01", d.Event.Facts.Title)
	assert.Equal(t, "2027-01-01T20:00:00+01:00", d.Event.Facts.Start.String())
	assert.Equal(t, "EUR", d.Event.Facts.Currency)
	assert.Len(t, d.Zones, 1)
}
