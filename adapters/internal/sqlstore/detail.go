package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Event implements ports.EventReader.
func (s *Store) Event(ctx context.Context, id event.ID, history int) (catalogue.Detail, error) {
	var d catalogue.Detail
	err := s.view(ctx, "read event", func(tx Tx) error {
		var err error
		if d.At, err = head(ctx, tx); err != nil {
			return err
		}
		d.Event, err = scanEvent(tx.QueryRow(ctx, "SELECT "+eventColumnList+" FROM events WHERE id = $1", id[:]))
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "there is no event %s", id)
		}
		if err != nil {
			return err
		}
		var zones []byte
		var lastSeen catalogue.RunNumber
		err = tx.QueryRow(ctx, `SELECT z.zones, coalesce(e.last_seen, nullif(p.believed_run, 0), p.current_run)
			FROM events e JOIN zones z ON z.event_id = e.id JOIN providers p ON p.id = e.provider WHERE e.id = $1`, id[:]).Scan(&zones, &lastSeen)
		if err != nil {
			return err
		}
		d.LastSeen = lastSeen.Time()
		if d.Zones, err = eventstate.DecodeZones(zones); err != nil {
			return err
		}
		d.History, err = collect(ctx, tx, scanChange,
			"SELECT "+changeColumnList+" FROM changes WHERE event_id = $1 ORDER BY number DESC LIMIT $2", id[:], history)
		slices.Reverse(d.History)
		return err
	})
	return d, err
}
