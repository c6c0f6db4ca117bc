package search_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// programme is a catalogue with one event an hour, from midnight on.
type programme int

var midnight = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func (p programme) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	if err := ctx.Err(); err != nil {
		return catalogue.Page{}, fault.Wrap(fault.Unavailable, "search", err)
	}
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	page := catalogue.Page{At: catalogue.Version{Number: int64(p), Tag: 1}}
	matches := 0
	for hour := range int(p) {
		start := event.MomentAt(midnight.Add(time.Duration(hour)*time.Hour).Unix(), 0)
		if !q.Range.Within(start, start) {
			continue
		}
		matches++
		if len(page.Events) < q.Limit {
			identity := event.Identity{Provider: "default", Base: "1", Event: fmt.Sprint(hour)}
			page.Events = append(page.Events, event.Event{ID: identity.ID(), Identity: identity, Facts: event.Facts{Start: start, End: start}})
		}
	}
	if q.WantTotal {
		page.Total = matches
	}
	return page, nil
}

func TestAllIsAllOrAnError(t *testing.T) {
	const most = 3
	for stored := range 6 {
		t.Run(fmt.Sprintf("%d of at most %d", stored, most), func(t *testing.T) {
			page, err := search.NewEvents(programme(stored), most).All(t.Context(), event.TimeRange{})
			if stored <= most {
				require.NoError(t, err)
				assert.Len(t, page.Events, stored)
				assert.Equal(t, catalogue.Version{Number: int64(stored), Tag: 1}, page.At)
				return
			}
			assert.Empty(t, page.Events, "nothing is cut silently")
			var f *fault.Error
			require.ErrorAs(t, err, &f)
			assert.Equal(t, fault.Invalid, f.Kind)
			assert.Equal(t, search.CodeTooManyResults, f.Code)
			assert.Equal(t, fmt.Sprintf("%d events match, more than the 3 that one answer may hold; narrow starts_at and ends_at", stored), f.Message)
		})
	}
}

func TestAllIsOfTheRange(t *testing.T) {
	from, to := midnight.Add(10*time.Hour), midnight.Add(12*time.Hour)
	r, err := catalogue.NewRange(&from, &to)
	require.NoError(t, err)
	page, err := search.NewEvents(programme(100), 3).All(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, page.Events, 3, "the events outside do not count")
	assert.Equal(t, from.Unix(), page.Events[0].Facts.Start.Unix())
	assert.Equal(t, to.Unix(), page.Events[2].Facts.Start.Unix())

	_, err = search.NewEvents(programme(100), 2).All(t.Context(), r)
	assert.ErrorContains(t, err, "3 events match", "it counts the range, not the catalogue")
}

// unsteady fails at the nth question.
type unsteady struct {
	programme
	questions, fails int
}

func (u *unsteady) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	if u.questions++; u.questions == u.fails {
		return catalogue.Page{}, errAway
	}
	return u.programme.Search(ctx, q)
}

var errAway = fault.New(fault.Unavailable, "the store is away")

func TestErrorsPassThrough(t *testing.T) {
	for name, fails := range map[string]int{"at the search": 1, "at the count": 2} {
		t.Run(name, func(t *testing.T) {
			page, err := search.NewEvents(&unsteady{programme: 5, fails: fails}, 3).All(t.Context(), event.TimeRange{})
			assert.Equal(t, error(errAway), err)
			assert.Empty(t, page.Events)
		})
	}
	t.Run("a caller that went away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := search.NewEvents(programme(1), 3).All(ctx, event.TimeRange{})
		assert.Equal(t, fault.Canceled, fault.KindOf(err))
	})
}
