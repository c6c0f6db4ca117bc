package sqlstore

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

// maxRejections is how many rejections of a provider are kept. Beyond it the resolved go first, then those
// that were not seen for the longest time.
const maxRejections = 1000

// reject keeps the batch's rejections, and resolves those whose events are understood by now. A
// repetition in the same run counts once.
func reject(ctx context.Context, tx Tx, b catalogue.Batch) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	if err := resolveUnderstood(ctx, tx, b, now); err != nil {
		return err
	}
	// Ordered, so that chunks which are applied side by side do not wait for each other's rows.
	rejections := slices.SortedFunc(slices.Values(b.Rejections), func(a, b catalogue.Rejection) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for _, r := range rejections {
		id := []byte{}
		if r.Whole {
			public := r.Identity.ID()
			id = public[:]
		}
		if _, err := tx.Exec(ctx, `INSERT INTO rejections
			(key, provider, base_id, event_id, event, position, reason, detail, original, count, first_run, last_run, resolved, updated_at, time_zone, currency)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $10, FALSE, $11, $12, $13)
			ON CONFLICT (key) DO UPDATE SET
				count = rejections.count + CASE WHEN excluded.last_run > rejections.last_run THEN 1 ELSE 0 END,
				position = excluded.position, original = excluded.original, time_zone = excluded.time_zone, currency = excluded.currency,
				resolved = CASE WHEN excluded.last_run > rejections.last_run THEN FALSE ELSE rejections.resolved END,
				last_run = CASE WHEN excluded.last_run > rejections.last_run THEN excluded.last_run ELSE rejections.last_run END,
				first_run = CASE WHEN excluded.first_run < rejections.first_run THEN excluded.first_run ELSE rejections.first_run END,
				updated_at = excluded.updated_at`,
			r.Key[:], b.Run.Provider, r.Identity.Base, r.Identity.Event, id, r.Position, r.Reason, r.Detail, r.Original, b.Run.Number, now.UnixMilli(), r.TimeZone, r.Currency); err != nil {
			return err
		}
	}
	if len(rejections) == 0 {
		return nil
	}
	// Those that another chunk has in hand were seen again just now; whether they are too many is for that one to say.
	_, err = tx.Exec(ctx, `DELETE FROM rejections WHERE key IN (SELECT key FROM rejections WHERE key IN (
		SELECT key FROM rejections WHERE provider = $1 ORDER BY resolved, updated_at DESC LIMIT 1000000 OFFSET $2)`+tx.PassOver()+")", b.Run.Provider, maxRejections)
	return err
}

func resolveUnderstood(ctx context.Context, tx Tx, b catalogue.Batch, now time.Time) error {
	var some bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM rejections WHERE provider = $1 AND NOT resolved)", b.Run.Provider).Scan(&some); err != nil || !some {
		return err
	}
	return resolveOf(ctx, tx, b.Understood, b.Run, b.Run.Number-1, now)
}

// resolveOf closes the open rejections of events, those that were last seen by a run up to the given one.
func resolveOf(ctx context.Context, tx Tx, ids []event.ID, r catalogue.RunRef, until catalogue.RunNumber, now time.Time) error {
	return tx.EachGroup(ids, 3, func(in string, args []any) error {
		args = append([]any{now.UnixMilli(), r.Provider, until}, args...)
		_, err := tx.Exec(ctx, "UPDATE rejections SET resolved = TRUE, updated_at = $1 WHERE provider = $2 AND NOT resolved AND last_run <= $3 AND event "+in, args...)
		return err
	})
}

// resolveUnseen closes what the run, read to its end, did not show again.
func resolveUnseen(ctx context.Context, tx Tx, r catalogue.RunRef) error {
	now, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE rejections SET resolved = TRUE, updated_at = $1 WHERE provider = $2 AND NOT resolved AND last_run < $3", now.UnixMilli(), r.Provider, r.Number)
	return err
}

// Rejected implements ports.RejectionReader.
func (s *Store) Rejected(ctx context.Context, provider string, limit int) ([]catalogue.Rejection, error) {
	return list(ctx, s, "list rejections", scanRejection, `SELECT key, provider, base_id, event_id, event, position, reason, detail, original, count, first_run, last_run, resolved, updated_at, time_zone, currency
		FROM rejections WHERE NOT resolved AND ($1 = '' OR provider = $1) ORDER BY last_run DESC, provider, position LIMIT $2`, provider, limit)
}

func scanRejection(row Row) (catalogue.Rejection, error) {
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
