package sqlstore

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

// MaxParked is how many messages are kept. For one more, the oldest goes whose run is final, since a later run has
// brought the feed again. While there is none, one more is refused as unavailable rather than dropped.
const MaxParked = 10_000

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
	return s.update(ctx, "park message", func(tx Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		var parked int
		if err := tx.QueryRow(ctx, "SELECT count(*) FROM parked").Scan(&parked); err != nil {
			return err
		}
		if parked >= MaxParked {
			gone, err := tx.Exec(ctx, oldestOfFinalRuns)
			if err != nil {
				return err
			}
			if gone == 0 {
				return fault.New(fault.Unavailable, "park message: %d are parked already, all of open runs", parked)
			}
		}
		var provider *string
		var number *int64
		if r != nil {
			run := int64(r.Number)
			provider, number = &r.Provider, &run
		}
		body := d.Body
		if body == nil {
			body = []byte{}
		}
		_, err = tx.Exec(ctx, "INSERT INTO parked (id, kind, provider, run, reason, attempts, header, body, parked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING",
			d.ID, d.Kind, provider, number, reason, d.Attempt, string(header), body, now.UnixMilli())
		return err
	})
}

const parkedColumns = "id, kind, provider, run, reason, attempts, header, length(body), parked_at"

// scanParked reads parkedColumns, and what more there is into rest.
func scanParked(row Row, rest ...any) (catalogue.Parked, error) {
	var (
		p        catalogue.Parked
		provider *string
		run      *int64
		header   string
		at       int64
	)
	if err := row.Scan(append([]any{&p.ID, &p.Kind, &provider, &run, &p.Reason, &p.Attempts, &header, &p.Bytes, &at}, rest...)...); err != nil {
		return p, err
	}
	if provider != nil && run != nil {
		p.Run = catalogue.RunRef{Provider: *provider, Number: catalogue.RunNumber(*run)}
	}
	p.ParkedAt = time.UnixMilli(at).UTC()
	return p, json.Unmarshal([]byte(header), &p.Header)
}

// Parked implements ports.Parking. A list is without bodies, of which there may be gigabytes.
func (s *Store) Parked(ctx context.Context, limit int) ([]catalogue.Parked, error) {
	return list(ctx, s, "list parked messages", func(row Row) (catalogue.Parked, error) { return scanParked(row) },
		"SELECT "+parkedColumns+" FROM parked ORDER BY parked_at DESC, id LIMIT $1", limit)
}

// CountParked implements ports.Parking.
func (s *Store) CountParked(ctx context.Context) (n int, err error) {
	err = s.watch(ctx, "count parked messages", func(tx Tx) error {
		return tx.QueryRow(ctx, "SELECT count(*) FROM parked").Scan(&n)
	})
	return n, err
}

// ParkedMessage implements ports.Unparking.
func (s *Store) ParkedMessage(ctx context.Context, id string) (p catalogue.Parked, err error) {
	err = s.view(ctx, "read parked message", func(tx Tx) error {
		var body []byte
		p, err = scanParked(tx.QueryRow(ctx, "SELECT "+parkedColumns+", body FROM parked WHERE id = $1", id), &body)
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "no message %s is parked", id)
		}
		if len(body) > 0 {
			p.Body = body
		}
		return err
	})
	return p, err
}

// Unpark implements ports.Unparking.
func (s *Store) Unpark(ctx context.Context, id string) error {
	return s.update(ctx, "unpark message", func(tx Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM parked WHERE id = $1", id)
		return err
	})
}

// Absolve implements ports.Parking.
func (s *Store) Absolve(ctx context.Context, messageID string) error {
	return s.update(ctx, "absolve message", func(tx Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM suspects WHERE message_id = $1", messageID)
		return err
	})
}

// Suspect implements ports.Parking.
func (s *Store) Suspect(ctx context.Context, messageID string) (times int, err error) {
	err = s.update(ctx, "suspect message", func(tx Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM suspects WHERE at < $1", now.Add(-suspicion).UnixMilli()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "INSERT INTO suspects (message_id, times, at) VALUES ($1, 1, $2) ON CONFLICT (message_id) DO UPDATE SET times = suspects.times + 1, at = excluded.at RETURNING times",
			messageID, now.UnixMilli()).Scan(&times)
	})
	return times, err
}
