package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// maxParked is how many messages are kept. For one more, the oldest goes whose run is final, since a later run has
// brought the feed again. While there is none, one more is refused as unavailable rather than dropped.
const maxParked = 10_000

const oldestOfFinalRuns = `DELETE FROM parked WHERE id = (
	SELECT k.id FROM parked k LEFT JOIN runs r ON r.provider = k.provider AND r.number = k.run
	WHERE r.state IS NULL OR r.state NOT IN ('reading', 'announced') ORDER BY k.parked_at, k.id LIMIT 1)`

// suspicion is how long a message stays suspected.
const suspicion = 24 * time.Hour

// Park implements ports.Parking.
func (s *Store) Park(ctx context.Context, d ports.Delivery, r *catalogue.RunRef, reason string) error {
	header, err := json.Marshal(d.Header)
	if err != nil {
		return fault.Wrap(fault.Internal, "encode header", err)
	}
	return s.update(ctx, "park message", func(tx *sql.Tx) error {
		var parked int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM parked").Scan(&parked); err != nil {
			return err
		}
		if parked >= maxParked {
			gone, err := tx.ExecContext(ctx, oldestOfFinalRuns)
			if err != nil {
				return err
			}
			if n, err := gone.RowsAffected(); err != nil || n == 0 {
				return errors.Join(err, fault.New(fault.Unavailable, "park message: %d are parked already, all of open runs", parked))
			}
		}
		var provider, number any
		if r != nil {
			provider, number = r.Provider, r.Number
		}
		body := d.Body
		if body == nil {
			body = []byte{}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO parked (id, kind, provider, run, reason, attempts, header, body, parked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
			d.ID, d.Kind, provider, number, reason, d.Attempt, string(header), body, s.clock().UnixMilli())
		return err
	})
}

// A list is without bodies, of which there may be gigabytes.
const (
	parkedColumns = "id, kind, provider, run, reason, attempts, header, length(body), x'', parked_at FROM parked"
	parkedMessage = "id, kind, provider, run, reason, attempts, header, length(body), body, parked_at FROM parked"
)

func scanParked(row scanner) (catalogue.Parked, error) {
	var (
		p        catalogue.Parked
		provider sql.NullString
		run      sql.NullInt64
		header   string
		at       int64
	)
	if err := row.Scan(&p.ID, &p.Kind, &provider, &run, &p.Reason, &p.Attempts, &header, &p.Bytes, &p.Body, &at); err != nil {
		return p, err
	}
	p.Run = catalogue.RunRef{Provider: provider.String, Number: catalogue.RunNumber(run.Int64)}
	p.ParkedAt = time.UnixMilli(at).UTC()
	if len(p.Body) == 0 {
		p.Body = nil
	}
	return p, json.Unmarshal([]byte(header), &p.Header)
}

// Parked implements ports.Parking.
func (s *Store) Parked(ctx context.Context, limit int) ([]catalogue.Parked, error) {
	list, err := collect(ctx, s.read, scanParked, "SELECT "+parkedColumns+" ORDER BY parked_at DESC, id LIMIT ?", limit)
	return list, translate("list parked messages", err)
}

// ParkedMessage implements ports.Unparking.
func (s *Store) ParkedMessage(ctx context.Context, id string) (catalogue.Parked, error) {
	p, err := scanParked(s.read.QueryRowContext(ctx, "SELECT "+parkedMessage+" WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return p, fault.New(fault.NotFound, "no message %s is parked", id)
	}
	return p, translate("read parked message", err)
}

// Unpark implements ports.Unparking.
func (s *Store) Unpark(ctx context.Context, id string) error {
	return s.update(ctx, "unpark message", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM parked WHERE id = ?", id)
		return err
	})
}

// Absolve implements ports.Parking.
func (s *Store) Absolve(ctx context.Context, messageID string) error {
	return s.update(ctx, "absolve message", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM suspects WHERE message_id = ?", messageID)
		return err
	})
}

// Suspect implements ports.Parking.
func (s *Store) Suspect(ctx context.Context, messageID string) (times int, err error) {
	err = s.update(ctx, "suspect message", func(tx *sql.Tx) error {
		now := s.clock()
		if _, err := tx.ExecContext(ctx, "DELETE FROM suspects WHERE at < ?", now.Add(-suspicion).UnixMilli()); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "INSERT INTO suspects (message_id, times, at) VALUES (?, 1, ?) ON CONFLICT (message_id) DO UPDATE SET times = times + 1, at = excluded.at RETURNING times",
			messageID, now.UnixMilli()).Scan(&times)
	})
	return times, err
}
