package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/marquee-events/marquee/adapters/internal/eventstate"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Event implements ports.EventReader.
func (s *Store) Event(ctx context.Context, id event.ID) (catalogue.Detail, error) {
	var d catalogue.Detail
	err := s.view(ctx, "read event", func(tx Tx) error {
		var err error
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
		d.Zones, err = eventstate.DecodeZones(zones)
		return err
	})
	return d, err
}
