package sqlstore

import (
	"context"

	"github.com/marquee-events/marquee/adapters/internal/criteria"
	"github.com/marquee-events/marquee/core/catalogue"
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
		query, args := criteria.Page(s.db.Flavor(), q, eventColumns...)
		if page.Events, err = collect(ctx, tx, scanEvent, query, args...); err != nil || !q.WantTotal {
			return err
		}
		query, args = criteria.Total(s.db.Flavor(), q)
		return tx.QueryRow(ctx, query, args...).Scan(&page.Total)
	})
	return page, err
}
