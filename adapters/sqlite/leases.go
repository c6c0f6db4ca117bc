package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Acquire implements ports.Leases. It goes by the store's clock, not by the holders'.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, held bool, err error) {
	err = s.update(ctx, "acquire lease", func(tx *sql.Tx) error {
		now := s.clock()
		err := tx.QueryRowContext(ctx, `INSERT INTO leases (name, holder, fence, expires_at) VALUES (?1, ?2, 1, ?3)
			ON CONFLICT (name) DO UPDATE SET fence = fence + (holder <> excluded.holder), holder = excluded.holder, expires_at = excluded.expires_at
			WHERE holder = excluded.holder OR expires_at <= ?4
			RETURNING fence`, name, holder, now.Add(ttl).UnixMilli(), now.UnixMilli()).Scan(&fence)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		held = err == nil
		return err
	})
	return fence, held, err
}

// Release implements ports.Leases. The row stays, because the fence may only grow.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	return s.update(ctx, "release lease", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE leases SET expires_at = 0 WHERE name = ? AND holder = ?", name, holder)
		return err
	})
}
