package search_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// longRun is a store with one event that was changed so often.
type longRun int

var known = event.Identity{Provider: "default", Base: "1", Event: "1"}.ID()

func (n longRun) Event(_ context.Context, id event.ID, history int) (catalogue.Detail, error) {
	if id != known {
		return catalogue.Detail{}, fault.New(fault.NotFound, "no row")
	}
	var d catalogue.Detail
	for revision := max(1, int(n)-history+1); revision <= int(n); revision++ {
		c := catalogue.Change{Kind: catalogue.Updated, Event: event.Event{ID: id, Revision: int64(revision)}}
		if revision == 1 {
			c.Kind = catalogue.Added
		}
		d.History, d.Event = append(d.History, c), c.Event
	}
	return d, nil
}

func TestHistoryIsBounded(t *testing.T) {
	for n, want := range map[int]struct {
		told, first int
		complete    bool
	}{
		1:                      {1, 1, true},
		search.MostHistory:     {search.MostHistory, 1, true},
		search.MostHistory + 1: {search.MostHistory, 2, false},
		5000:                   {search.MostHistory, 5001 - search.MostHistory, false},
	} {
		d, err := search.NewDetails(longRun(n)).Of(t.Context(), known)
		require.NoError(t, err)
		require.Len(t, d.History, want.told)
		assert.EqualValues(t, want.first, d.History[0].Event.Revision)
		assert.EqualValues(t, n, d.Event.Revision)
		assert.Equal(t, want.complete, d.Complete)
		if want.complete {
			assert.Nil(t, d.Before)
		} else {
			assert.EqualValues(t, want.first-1, d.Before.Revision, "to tell what the first change changed")
		}
	}
}

func TestAnEventThatNobodyKnows(t *testing.T) {
	_, err := search.NewDetails(longRun(1)).Of(t.Context(), event.ID{})
	var told *fault.Error
	require.ErrorAs(t, err, &told)
	assert.Equal(t, [2]string{search.CodeNoSuchEvent, "there is no event 00000000-0000-0000-0000-000000000000"}, [2]string{told.Code, told.Message})
}
