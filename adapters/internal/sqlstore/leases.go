package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Acquire implements ports.Leases. It goes by the store's clock, not by the holders'.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, held bool, err error) {
	err = s.update(ctx, "acquire lease", func(tx Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO leases (name, holder, fence, expires_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (name) DO UPDATE SET
				fence = leases.fence + CASE WHEN leases.holder <> excluded.holder THEN 1 ELSE 0 END,
				holder = excluded.holder, expires_at = excluded.expires_at
			WHERE leases.holder = excluded.holder OR leases.expires_at <= $4
			RETURNING fence`, name, holder, now.Add(ttl).UnixMilli(), now.UnixMilli()).Scan(&fence)
		held = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return fence, held && err == nil, err
}

// Release implements ports.Leases. The row stays, because the fence may only grow.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	return s.update(ctx, "release lease", func(tx Tx) error {
		_, err := tx.Exec(ctx, "UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2", name, holder)
		return err
	})
}
