package sqlstore

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
)

// Store implements the ports Searcher, EventReader, ChangeReader, Snapshotter, Ingester, Runs, FeedReader,
// RejectionReader, Parking and Leases, and those that people decide by: RunReader, Acceptance, Unparking and Reapplying.
type Store struct {
	db Database
}

// New makes a store of an engine whose schema is up to date.
func New(db Database) *Store { return &Store{db: db} }

// Ping reports whether the database answers and has a schema that this program can use.
func (s *Store) Ping(ctx context.Context) error {
	return s.watch(ctx, "ping database", func(tx Tx) error {
		_, err := head(ctx, tx)
		return err
	})
}

// update runs work in a writing transaction.
func (s *Store) update(ctx context.Context, attempted string, work func(tx Tx) error) error {
	return Translate(attempted, s.db.Update(ctx, work), s.db.Kind)
}

// view runs work on one snapshot.
func (s *Store) view(ctx context.Context, attempted string, work func(tx Tx) error) error {
	return Translate(attempted, s.db.View(ctx, work), s.db.Kind)
}

// watch is view for those who follow the store all the time.
func (s *Store) watch(ctx context.Context, attempted string, work func(tx Tx) error) error {
	return Translate(attempted, s.db.Watch(ctx, work), s.db.Kind)
}

// list reads rows on one snapshot.
func list[T any](ctx context.Context, s *Store, attempted string, scan func(row Row) (T, error), query string, args ...any) (all []T, err error) {
	err = s.view(ctx, attempted, func(tx Tx) error {
		all, err = collect(ctx, tx, scan, query, args...)
		return err
	})
	return all, err
}

func head(ctx context.Context, tx Tx) (catalogue.Version, error) {
	return scanVersion(tx.QueryRow(ctx, "SELECT number, tag FROM change_head"))
}
