package sqlstore

import (
	"context"
	"time"

	"github.com/huandu/go-sqlbuilder"

	"github.com/marquee-events/marquee/adapters/internal/criteria"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// SnapshotTimeout is how long a snapshot may take, with what becomes of the events. It leaves room for tens of millions of them,
// over a slow network.
const SnapshotTimeout = 10 * time.Minute

// Snapshot implements ports.Snapshotter. One event is in memory at a time, besides what a driver reads ahead.
func (s *Store) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, SnapshotTimeout)
	defer cancel()
	var at catalogue.Version
	var refused error // by each, whose errors are not the store's
	err := s.db.Snapshot(ctx, func(tx Tx) (err error) {
		if at, err = head(ctx, tx); err != nil {
			return err
		}
		return eachStarting(ctx, tx, s.db.Flavor(), starts, func(e *event.Event) error {
			refused = each(e)
			return refused
		})
	})
	switch {
	case refused != nil:
		return catalogue.Version{}, refused
	case err != nil:
		return catalogue.Version{}, Translate("read a snapshot", err, s.db.Kind)
	}
	return at, nil
}

func eachStarting(ctx context.Context, tx Tx, flavor sqlbuilder.Flavor, starts event.TimeRange, each func(*event.Event) error) error {
	// To close a result reads what is left of it, which may be millions of rows, unless the statement was ended before.
	ctx, end := context.WithCancel(ctx)
	defer end()
	query, args := criteria.Starting(flavor, starts, eventColumns...)
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() {
		end()
		rows.Close()
	}()
	var r eventRow
	columns := r.columns()
	for rows.Next() {
		if err := r.scan(rows, columns); err != nil {
			return err
		}
		if err := each(&r.event); err != nil {
			return err
		}
	}
	return rows.Err()
}
