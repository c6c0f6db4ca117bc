package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// maxRejections is how many rejections of a provider are kept. Beyond it the resolved go first, then those
// that were not seen for the longest time.
const maxRejections = 1000

// reject keeps the batch's rejections, and resolves those whose events are understood by now. A
// repetition in the same run counts once.
func (s *Store) reject(ctx context.Context, tx *sql.Tx, b catalogue.Batch) error {
	if err := s.resolveUnderstood(ctx, tx, b); err != nil {
		return err
	}
	now := s.clock().UnixMilli()
	for _, r := range b.Rejections {
		var id []byte
		if r.Whole {
			public := r.Identity.ID()
			id = public[:]
		}
		if id == nil {
			id = []byte{}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO rejections
			(key, provider, base_id, event_id, event, position, reason, detail, original, count, first_run, last_run, resolved, updated_at, time_zone, currency)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10, 0, ?11, ?12, ?13)
			ON CONFLICT (key) DO UPDATE SET
				count = count + (excluded.last_run > last_run),
				position = excluded.position, original = excluded.original, time_zone = excluded.time_zone, currency = excluded.currency,
				resolved = CASE WHEN excluded.last_run > last_run THEN 0 ELSE resolved END,
				last_run = max(last_run, excluded.last_run), first_run = min(first_run, excluded.first_run), updated_at = excluded.updated_at`,
			r.Key[:], b.Run.Provider, r.Identity.Base, r.Identity.Event, id, r.Position, r.Reason, r.Detail, r.Original, b.Run.Number, now, r.TimeZone, r.Currency); err != nil {
			return err
		}
	}
	if len(b.Rejections) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM rejections WHERE key IN (
		SELECT key FROM rejections WHERE provider = ? ORDER BY resolved, updated_at DESC LIMIT -1 OFFSET ?)`, b.Run.Provider, maxRejections)
	return err
}

func (s *Store) resolveUnderstood(ctx context.Context, tx *sql.Tx, b catalogue.Batch) error {
	var one int
	err := tx.QueryRowContext(ctx, "SELECT 1 FROM rejections WHERE provider = ? AND resolved = 0 LIMIT 1", b.Run.Provider).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return eachPage(b.Understood, func(placeholders string, args []any) error {
		args = append([]any{s.clock().UnixMilli(), b.Run.Provider, b.Run.Number}, args...)
		//nolint:gosec // what is put together are placeholders
		_, err := tx.ExecContext(ctx, "UPDATE rejections SET resolved = 1, updated_at = ? WHERE provider = ? AND resolved = 0 AND last_run < ? AND event IN "+placeholders, args...)
		return err
	})
}

// resolveUnseen closes what the run, read to its end, did not show again.
func (s *Store) resolveUnseen(ctx context.Context, tx *sql.Tx, r catalogue.RunRef) error {
	_, err := tx.ExecContext(ctx, "UPDATE rejections SET resolved = 1, updated_at = ? WHERE provider = ? AND resolved = 0 AND last_run < ?", s.clock().UnixMilli(), r.Provider, r.Number)
	return err
}

// Rejected implements ports.RejectionReader.
func (s *Store) Rejected(ctx context.Context, provider string, limit int) ([]catalogue.Rejection, error) {
	list, err := collect(ctx, s.read, scanRejection, `SELECT key, provider, base_id, event_id, event, position, reason, detail, original, count, first_run, last_run, resolved, updated_at, time_zone, currency
		FROM rejections WHERE resolved = 0 AND (?1 = '' OR provider = ?1) ORDER BY last_run DESC, provider, position LIMIT ?2`, provider, limit)
	return list, translate("list rejections", err)
}

func scanRejection(row scanner) (catalogue.Rejection, error) {
	var (
		r       catalogue.Rejection
		key, id []byte
		updated int64
	)
	err := row.Scan(&key, &r.Provider, &r.Identity.Base, &r.Identity.Event, &id, &r.Position, &r.Reason, &r.Detail, &r.Original, &r.Count, &r.FirstRun, &r.LastRun, &r.Resolved, &updated, &r.TimeZone, &r.Currency)
	copy(r.Key[:], key)
	r.Identity.Provider = r.Provider
	r.Whole = len(id) == len(event.ID{})
	r.UpdatedAt = time.UnixMilli(updated).UTC()
	return r, err
}
