package search_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// hours is a catalogue with one event an hour, which searches by every criterion and order. Each call of grow adds one at
// the front; the versions before can still be searched.
type hours struct {
	events []event.Event // the latest first
	oldest int64         // version that can be searched
}

func (h *hours) grow(n int) {
	for range n {
		start := event.MomentAt(midnight.Add(-time.Duration(len(h.events))*time.Hour).Unix(), 0)
		identity := event.Identity{Provider: "default", Base: "1", Event: fmt.Sprint(len(h.events))}
		h.events = slices.Insert(h.events, 0, event.Event{ID: identity.ID(), Identity: identity, Facts: event.Facts{Start: start, End: start}})
	}
}

func (h *hours) Search(_ context.Context, q catalogue.Query) (catalogue.Page, error) {
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	at := catalogue.Version{Number: int64(len(h.events)), Tag: 1}
	if q.AsOf != (catalogue.Version{}) {
		at = q.AsOf
	}
	if at.Number < h.oldest {
		return catalogue.Page{}, fault.New(fault.Gone, "version %s is gone", at)
	}
	page := catalogue.Page{At: at}
	var found []event.Event
	for _, e := range h.events[len(h.events)-int(at.Number):] {
		if !q.Matches(&e) {
			continue
		}
		if page.Total++; q.After == nil || q.Order.Compare(q.Order.PositionOf(&e), *q.After) > 0 {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b event.Event) int { return q.Order.Compare(q.Order.PositionOf(&a), q.Order.PositionOf(&b)) })
	found = found[min(q.Offset, len(found)):]
	page.Events = found[:min(q.Limit, len(found))]
	if !q.WantTotal {
		page.Total = 0
	}
	return page, nil
}

func namesOf(page search.Page) []string {
	names := []string{}
	for _, e := range page.Events {
		names = append(names, e.Identity.Event)
	}
	return names
}

func TestPagesByNumber(t *testing.T) {
	h := &hours{}
	h.grow(5)
	events := search.NewEvents(h, 1)
	for number, want := range map[int]struct {
		names []string
		next  int // page, 0 for none
	}{
		1: {[]string{"4", "3"}, 2},
		2: {[]string{"2", "1"}, 3},
		3: {[]string{"0"}, 0},
		4: {[]string{}, 0},
	} {
		page, err := events.Page(t.Context(), search.PageRequest{Size: 2, Number: number})
		require.NoError(t, err)
		assert.Equal(t, want.names, namesOf(page))
		assert.Equal(t, number, page.Number)
		assert.Equal(t, 5, page.Total, "page %d, be it past the end", number)
		if want.next == 0 {
			assert.Nil(t, page.Next)
		} else {
			assert.Equal(t, want.next, page.Next.Number)
		}
	}
	whole, err := events.Page(t.Context(), search.PageRequest{Size: 5, Number: 1})
	require.NoError(t, err)
	assert.Nil(t, whole.Next, "the last page may be full")
}

func TestMarksGoOnInTheVersionOfTheFirstPage(t *testing.T) {
	for _, order := range []catalogue.Order{{}, {By: catalogue.ByEnd, Desc: true}, {By: catalogue.ByTitle}} {
		h := &hours{}
		h.grow(7)
		events := search.NewEvents(h, 1)
		ask := search.PageRequest{Order: order, Size: 3, Number: 1}
		seen := map[string]int{}
		for number := 1; ; number++ {
			page, err := events.Page(t.Context(), ask)
			require.NoError(t, err)
			assert.Equal(t, number, page.Number)
			assert.Equal(t, 7, page.Total)
			for _, name := range namesOf(page) {
				seen[name]++
			}
			h.grow(2)
			if ask.Behind = page.Next; page.Next == nil {
				break
			}
		}
		assert.Equal(t, map[string]int{"0": 1, "1": 1, "2": 1, "3": 1, "4": 1, "5": 1, "6": 1}, seen)
	}
}

func TestAMarkWhoseVersionIsGone(t *testing.T) {
	h := &hours{}
	h.grow(3)
	events := search.NewEvents(h, 1)
	page, err := events.Page(t.Context(), search.PageRequest{Size: 1, Number: 1})
	require.NoError(t, err)
	h.grow(1)
	h.oldest = 4
	_, err = events.Page(t.Context(), search.PageRequest{Size: 1, Behind: page.Next})
	var f *fault.Error
	require.ErrorAs(t, err, &f)
	assert.Equal(t, fault.Gone, f.Kind)
	assert.Equal(t, "the cursor is of a version of the catalogue that cannot be searched any more; begin again with the first page", f.Message)
}

// priced is a catalogue whose matches have these currencies.
type priced []string

func (p priced) Search(_ context.Context, q catalogue.Query) (catalogue.Page, error) {
	if !q.WantCurrencies {
		return catalogue.Page{}, nil
	}
	return catalogue.Page{Currencies: p}, nil
}

// Ten euros are neither more nor less than fifty zloty.
func TestPricesOfSeveralCurrenciesAreNotCompared(t *testing.T) {
	ten := event.Price(100_000)
	bounded, named := catalogue.Criteria{MinPrice: &ten}, catalogue.Criteria{MaxPrice: &ten, Currency: "EUR"}
	ask := func(p priced, c catalogue.Criteria) error {
		_, err := search.NewEvents(p, 10).Page(t.Context(), search.PageRequest{Criteria: c, Number: 1, Size: 1})
		return err
	}
	var f *fault.Error
	require.ErrorAs(t, ask(priced{"EUR", "PLN"}, bounded), &f)
	assert.Equal(t, [2]string{"currency", "what matches has prices in several currencies (EUR, PLN); say in which with currency"}, [2]string{f.Field, f.Message})
	assert.Equal(t, fault.Invalid, f.Kind)
	require.ErrorContains(t, ask(priced{"EUR", "PLN", "SEK"}, bounded), "(EUR, PLN, SEK and perhaps others)")
	require.NoError(t, ask(priced{"EUR"}, bounded))
	require.NoError(t, ask(nil, bounded))
	require.NoError(t, ask(priced{"EUR", "PLN"}, named), "nobody asked the store")
	require.NoError(t, ask(priced{"EUR", "PLN"}, catalogue.Criteria{}))
}

func TestErrorsOfPagesPassThrough(t *testing.T) {
	page, err := search.NewEvents(&unsteady{programme: 5, fails: 1}, 3).Page(t.Context(), search.PageRequest{Size: 1, Number: 1})
	assert.Equal(t, error(errAway), err)
	assert.Empty(t, page.Events)
	_, err = search.NewEvents(&hours{}, 3).Page(t.Context(), search.PageRequest{Number: 1})
	assert.True(t, fault.Is(err, fault.Invalid), "a size of 0: %v", err)
}
