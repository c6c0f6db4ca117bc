package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/pressly/goose/v3/lock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// opening is a store that may be opened later, and what is told of it.
func opening(t *testing.T, url string) (s *postgres.Store, opened <-chan error) {
	t.Helper()
	told := make(chan error, 2) // one more than there may be
	s = openAt(t, postgres.Options{URL: url, Listen: true, Later: true, OnOpened: func(err error) { told <- err }, Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { assert.Empty(t, told, "it is told once at most") })
	return s, told
}

// requireShut requires that nobody gets to the database, however they ask.
func requireShut(t *testing.T, s *postgres.Store) {
	t.Helper()
	p := newProvider(t, s)
	_, searched := p.titles()
	_, read := s.Changes(t.Context(), catalogue.Version{}, 1)
	_, heard := s.Await(t.Context(), catalogue.Version{})
	_, copied := s.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { return nil })
	_, applied := p.applier.Apply(t.Context(), p.chunk(listing("a", "first")))
	for _, err := range []error{searched, read, heard, copied, applied, s.Ping(t.Context())} {
		requireAway(t, err)
		require.ErrorContains(t, err, "since the start", "nobody has asked the database")
	}
	assert.Len(t, s.Pools(), 4)
}

func outcome(t *testing.T, opened <-chan error) error {
	t.Helper()
	select {
	case err := <-opened:
		return err
	case <-time.After(patience):
		t.Fatal("nothing is told of how the store was opened")
		return nil
	}
}

func TestOpenedWhenTheDatabaseComes(t *testing.T) {
	instance := server.StartPostgres(t)
	for name, is := range map[string]struct{ away, back func() }{
		"it refuses, and then takes connections": {instance.Stop, instance.Start},
		"it hangs, and then goes on":             {instance.Freeze, instance.Thaw},
	} {
		t.Run(name, func(t *testing.T) {
			url := emptyDatabase(t, instance.URL())
			is.away()
			s, opened := opening(t, url)
			requireShut(t, s)
			assert.Empty(t, opened)
			is.back()
			require.NoError(t, outcome(t, opened))
			_, err := newProvider(t, s).read(listing("a", "first"))
			require.NoError(t, err, "its schema has been made")
		})
	}

	t.Run("it comes, and has a schema that this program cannot work on", func(t *testing.T) {
		url := emptyDatabase(t, instance.URL())
		prepare(t, url)
		execute(t, url, "UPDATE schema_floor SET oldest = 999; INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
		instance.Stop()
		s, opened := opening(t, url)
		instance.Start()
		err := outcome(t, opened)
		require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
		requireShut(t, s)
	})

	t.Run("the store is closed before it comes", func(t *testing.T) {
		url := emptyDatabase(t, instance.URL())
		instance.Stop()
		defer instance.Start()
		s, opened := opening(t, url)
		require.NoError(t, s.Close())
		assert.Empty(t, opened)
	})
}

// While another process changes the schema, nobody works on it.
func TestOpenedWhenTheSchemaIsUpToDate(t *testing.T) {
	url := emptyDatabase(t, server.SharedPostgres(t))
	migrator := connect(t, url)
	_, err := migrator.Exec(t.Context(), "SELECT pg_advisory_lock($1)", lock.DefaultLockID)
	require.NoError(t, err)
	s, opened := opening(t, url)
	requireShut(t, s)
	_, err = migrator.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", lock.DefaultLockID)
	require.NoError(t, err)
	require.NoError(t, outcome(t, opened))
	require.NoError(t, s.Ping(t.Context()))
}

// Where the database is there, Open tells how it went, as it does without Later.
func TestLaterIsNow(t *testing.T) {
	url := database(t)
	s, opened := opening(t, as(t, url, service, ""))
	_, err := newProvider(t, s).read(listing("a", "first"))
	require.NoError(t, err)

	execute(t, url, "UPDATE schema_floor SET oldest = 999; INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
	for kind, url := range map[fault.Kind]string{fault.Conflict: as(t, url, service, ""), fault.Invalid: "postgres://host:port/"} {
		_, err = postgres.Open(t.Context(), postgres.Options{URL: url, Later: true, OnOpened: func(error) { t.Error("Open has told it") }})
		require.Equal(t, kind, fault.KindOf(err), "%v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = postgres.Open(ended, postgres.Options{URL: as(t, url, service, "nowhere"), Later: true})
	require.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
	assert.Empty(t, opened)
}
