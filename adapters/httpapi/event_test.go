package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// tell logs a change of an event at that time, and counts its revisions.
func (b *billboard) tell(t *testing.T, at time.Time, kind catalogue.ChangeKind, e event.Event, zones ...event.Zone) {
	t.Helper()
	b.chunks++
	e.Facts.Prices, e.Facts.Capacity = event.Prices(zones), event.Capacity(zones)
	batch := catalogue.Batch{Run: catalogue.RunRef{Provider: "default", Number: catalogue.RunAt(at)}, Chunk: b.chunks, Understood: []event.ID{e.ID}}
	_, err := b.Apply(t.Context(), batch, func(s catalogue.Standing) []catalogue.Write {
		w := catalogue.Write{Kind: kind, Event: e, Zones: zones, Was: event.During(e.Facts.Start, e.Facts.End)}
		w.Fingerprint = event.Listing{Identity: e.Identity, Facts: e.Facts, Zones: zones}.Fingerprint()
		w.Event.Revision = s.Heads[e.ID].Revision + 1
		return []catalogue.Write{w}
	})
	require.NoError(t, err)
}

// camelasStory is an event to which everything happens that can.
func camelasStory(t *testing.T) *billboard {
	t.Helper()
	b := newBillboard(t)
	e := shown("291", "Camela en concierto", "2021-06-30T21:00:00", "2021-06-30T22:00:00")
	e.FirstSeen = noon.Add(-6 * time.Hour)
	e.Facts.Organizer, e.Facts.City, e.Facts.Venue, e.Facts.URL = "1", "Madrid", "WiZink Center", "https://tickets.example/291"
	e.Facts.SaleStart, e.Facts.SaleEnd = must(event.ParseMoment("2020-07-01T00:00:00", madrid)), must(event.ParseMoment("2021-06-30T20:00:00", madrid))
	platea := event.Zone{ID: "40", Name: "Platea", Capacity: 240, Price: 200_000, Numbered: true}
	grada := event.Zone{ID: "38", Capacity: 10, Price: 305_000}
	b.tell(t, noon.Add(-6*time.Hour), catalogue.Added, e, platea, grada)
	platea.Price, grada.Capacity = 150_000, 0
	b.tell(t, noon.Add(-5*time.Hour), catalogue.Updated, e, platea, grada)
	platea.Numbered = false
	b.tell(t, noon.Add(-4*time.Hour), catalogue.Updated, e, platea, grada)
	e.Available = false
	b.tell(t, noon.Add(-3*time.Hour), catalogue.Withdrawn, e, platea, grada)
	e.Available = true
	b.tell(t, noon.Add(-2*time.Hour), catalogue.Returned, e, platea, grada)
	e.Facts.Title, e.Facts.SoldOut, e.Facts.URL, e.Facts.Category = `Camela "live"`, true, "", "music"
	e.Facts.Start, e.Facts.End = must(event.ParseMoment("2021-07-01T20:30:00", madrid)), must(event.ParseMoment("2021-07-01T22:00:00", madrid))
	b.tell(t, noon.Add(-time.Hour), catalogue.Updated, e)
	return b
}

func TestEventAnswer(t *testing.T) {
	s := serve(t, service{details: search.NewDetails(camelasStory(t))})
	id := event.Identity{Provider: "default", Base: "291", Event: "291"}.ID().String()
	got := s.get(t, "/events/"+id)
	require.Equal(t, http.StatusOK, got.StatusCode, got.body)
	require.NoError(t, asDocumented(got))
	golden(t, "event.json", got.body)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, got.body, s.get(t, "/events/"+strings.ToUpper(id)+"?utm_source=x").body, "in either case, whatever is asked besides")
}

func TestAnEventThatCannotBeTold(t *testing.T) {
	s := serve(t, service{details: search.NewDetails(newBillboard(t))})
	for target, want := range map[string]struct {
		status        int
		code, message string
	}{
		"/events/26601705-2514-5283-be40-b97bebd51251": {404, "no_such_event", "there is no event 26601705-2514-5283-be40-b97bebd51251"},
		"/events/291": {400, "invalid_parameter", `id "291" is no UUID; one looks like 26601705-2514-5283-be40-b97bebd51251`},
		"/events/26601705-2514-5283-be40-b97bebd5125g": {400, "invalid_parameter", `id "26601705-2514-5283-be40-b97bebd5125g" is no UUID; one looks like 26601705-2514-5283-be40-b97bebd51251`},
		"/events/%20": {400, "invalid_parameter", `id " " is no UUID; one looks like 26601705-2514-5283-be40-b97bebd51251`},
		"/events/%00": {400, "invalid_parameter", `id "\x00" is no UUID; one looks like 26601705-2514-5283-be40-b97bebd51251`},
		"/events/26601705-2514-5283-be40-b97bebd51251/": {404, "not_found", `there is no "/events/26601705-2514-5283-be40-b97bebd51251/"; there is ` + knownRoutes},
	} {
		got := s.get(t, target)
		code, message := got.problem(t)
		assert.Equal(t, want.status, got.StatusCode, target)
		assert.Equal(t, [2]string{want.code, want.message}, [2]string{code, message}, target)
	}
}

// The history is told so that a chart can be drawn of it, and changes undone one by one.
func TestHistoryAgreesWithItself(t *testing.T) {
	b := camelasStory(t)
	s := serve(t, service{details: search.NewDetails(b)})
	got := s.get(t, "/events/"+event.Identity{Provider: "default", Base: "291", Event: "291"}.ID().String())
	var told map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.body), &told))
	history, ok := told["history"].([]any)
	require.True(t, ok)
	require.Len(t, history, 6)
	now := told
	for i, step := range slices.Backward(history) {
		step, ok := step.(map[string]any)
		require.True(t, ok)
		for _, field := range []string{"capacity", "min_price", "max_price", "sold_out", "available", "revision"} {
			assert.Equal(t, now[field], step[field], "%s after change %d", field, i)
		}
		changes, ok := step["changes"].([]any)
		require.True(t, ok)
		for _, c := range changes {
			change, ok := c.(map[string]any)
			require.True(t, ok)
			field, ok := change["field"].(string)
			require.True(t, ok)
			if field == "zones" {
				continue
			}
			assert.Equal(t, now[field], change["to"], "%s after change %d", field, i)
			now[field] = change["from"]
		}
		now["revision"] = float64(i)
	}
}

// failingDetails may be away.
type failingDetails struct {
	httpapi.Details
	away atomic.Bool
}

func (f *failingDetails) Of(ctx context.Context, id event.ID) (search.Detail, error) {
	if f.away.Load() {
		return search.Detail{}, fault.Wrap(fault.Unavailable, "read event", errSecret)
	}
	return f.Details.Of(ctx, id)
}

func TestAnEventIsKeptAndServedWhileTheStoreIsAway(t *testing.T) {
	b := newBillboard(t, camela)
	details := &failingDetails{Details: search.NewDetails(b)}
	s := serve(t, service{details: details, options: httpapi.Options{Answers: keeping(following(t, b))}})
	target := "/events/" + camela.ID.String()
	first := s.get(t, target)
	require.Equal(t, http.StatusOK, first.StatusCode)
	assert.Equal(t, "Marquee; fwd=uri-miss; stored", first.Header.Get("Cache-Status"))
	assert.Contains(t, s.get(t, target).Header.Get("Cache-Status"), "Marquee; hit")
	renamed := camela
	renamed.Facts.Title = "Camela por fin"
	b.put(t, renamed)
	require.Eventually(t, func() bool { return s.get(t, target).body != first.body }, 10*time.Second, 10*time.Millisecond, "a change is seen")
	last := s.get(t, target).body
	assert.Contains(t, last, "Camela por fin")

	details.away.Store(true)
	b.put(t, pantomima)
	require.Eventually(t, func() bool {
		got := s.get(t, target)
		return got.StatusCode == http.StatusOK && got.body == last && strings.Contains(got.Header.Get("Cache-Status"), "fwd-status=503")
	}, 10*time.Second, 10*time.Millisecond)
	unknown := s.get(t, "/events/"+museum.ID.String())
	assert.Equal(t, http.StatusServiceUnavailable, unknown.StatusCode)
	assert.NotEmpty(t, unknown.Header.Get("Retry-After"))
}
