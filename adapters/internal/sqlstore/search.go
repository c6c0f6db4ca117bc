package sqlstore

import (
	"context"
	"slices"

	"github.com/marquee-events/marquee/adapters/internal/criteria"
	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Search implements ports.Searcher.
func (s *Store) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	var page catalogue.Page
	err := s.view(ctx, "search events", func(tx Tx) error {
		var err error
		if page.At, err = head(ctx, tx); err != nil {
			return err
		}
		span := criteria.FromStart(q)
		if q.WantTotal { // first, as it tells which end is nearer
			query, args := criteria.Total(s.db.Flavor(), q)
			if err := tx.QueryRow(ctx, query, args...).Scan(&page.Total); err != nil {
				return err
			}
			span = criteria.Nearer(q, page.Total)
		}
		if span.Limit > 0 {
			query, args := criteria.Page(s.db.Flavor(), q, span, eventColumns...)
			if page.Events, err = collect(ctx, tx, scanEvent, query, args...); err != nil {
				return err
			}
		}
		if span.FromEnd {
			slices.Reverse(page.Events)
		}
		if q.AsOf != (catalogue.Version{}) {
			return asOf(ctx, tx, q, &page)
		}
		if q.WantCurrencies {
			query, args := criteria.Currencies(s.db.Flavor(), q)
			page.Currencies, err = collect(ctx, tx, scanText, query, args...)
		}
		return err
	})
	return page, err
}

func scanText(row Row) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}

// maxMoved is how many events may have changed since the version that a page is of. It bounds what a page costs; whoever
// takes longer to read all pages begins anew.
const maxMoved = 20_000

// asOf makes the page one of an earlier version: it has the events that did not change since, and gets those that did, as they
// were then.
func asOf(ctx context.Context, tx Tx, q catalogue.Query, page *catalogue.Page) error {
	if page.At == q.AsOf {
		return nil
	}
	if err := sameHistory(ctx, tx, q.AsOf); err != nil {
		return err
	}
	if page.At.Number-q.AsOf.Number > maxMoved {
		return fault.New(fault.Gone, "more than %d changes were made since the first page; begin with it again", maxMoved)
	}
	moved, err := collect(ctx, tx, func(row Row) (id event.ID, err error) {
		var raw []byte
		err = row.Scan(&raw)
		copy(id[:], raw)
		return id, err
	}, "SELECT DISTINCT event_id FROM changes WHERE number > $1", q.AsOf.Number)
	if err != nil {
		return err
	}
	// The states at that version, of those that were there by then.
	err = tx.EachGroup(moved, 1, func(in string, args []any) error {
		were, err := collect(ctx, tx, func(row Row) (e event.Event, err error) {
			var state []byte
			if err := row.Scan(&state); err != nil {
				return e, err
			}
			return eventstate.Decode(state)
		}, "SELECT state FROM changes WHERE number IN (SELECT max(number) FROM changes WHERE number <= $1 AND event_id "+in+" GROUP BY event_id)", append([]any{q.AsOf.Number}, args...)...)
		for i := range were {
			if q.Matches(&were[i]) && q.Order.Compare(q.Order.PositionOf(&were[i]), *q.After) > 0 {
				page.Events = append(page.Events, were[i])
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(page.Events, func(a, b event.Event) int {
		return q.Order.Compare(q.Order.PositionOf(&a), q.Order.PositionOf(&b))
	})
	page.Events = page.Events[:min(q.Limit, len(page.Events))]
	page.At = q.AsOf
	return nil
}
