package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// PostgreSQL takes no zero byte and no invalid UTF-8 in a text. Whatever comes in one is stored all the same: a message that
// could not even be put aside would come again for ever.
func TestTextsThatAreNone(t *testing.T) {
	s := openAt(t, postgres.Options{URL: as(t, database(t), service, "")})
	const odd = "a\x00\xff"
	require.NoError(t, s.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: odd, Kind: odd, Header: map[string]string{odd: odd}}}, &catalogue.RunRef{Provider: odd, Number: 1}, odd))
	parked, err := s.Parked(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, parked, 1)
	assert.Equal(t, "a\uFFFD\uFFFD", parked[0].Run.Provider)

	p := newProvider(t, s)
	flawed := listing("a", odd)
	flawed.Flaw = odd
	_, err = p.applier.Apply(t.Context(), p.chunk(listing("b", odd), flawed))
	require.NoError(t, err)
	titles, err := p.titles()
	require.NoError(t, err)
	require.Len(t, titles, 1)
	assert.NotContains(t, titles[0], "\x00")
	_, _, err = s.Acquire(t.Context(), odd, odd, time.Minute)
	require.NoError(t, err)
}

// More events leave at once than one statement takes.
func TestManyDepartures(t *testing.T) {
	s := openAt(t, postgres.Options{URL: as(t, database(t), service, "")})
	p := newProvider(t, s)
	const all, leaving = 20_000, 5_900 // less than what would be held back
	records := make([]catalogue.Record, all)
	for i := range records {
		records[i] = listing(fmt.Sprint(i), "here")
	}
	_, err := p.read(records...)
	require.NoError(t, err)
	c, err := p.read(records[leaving:]...)
	require.NoError(t, err)
	assert.Equal(t, [2]int{leaving, 0}, [2]int{c.Withdrawn, c.Returned})
	c, err = p.read(records...)
	require.NoError(t, err)
	assert.Equal(t, [2]int{0, leaving}, [2]int{c.Withdrawn, c.Returned})

	kinds := map[catalogue.ChangeKind]int{}
	var at catalogue.Version
	for at != c.Head {
		batch, err := s.Changes(t.Context(), at, 10_000)
		require.NoError(t, err)
		for _, change := range batch.Changes {
			require.Equal(t, at.Number+1, change.Version.Number)
			at = change.Version
			kinds[change.Kind]++
		}
	}
	assert.Equal(t, map[catalogue.ChangeKind]int{catalogue.Added: all, catalogue.Withdrawn: leaving, catalogue.Returned: leaving}, kinds)
}

// A database that takes no connections for a while, as when it is swapped for another, is away and nothing else.
func TestConnectionsNotAllowed(t *testing.T) {
	url := database(t)
	s := openAt(t, postgres.Options{URL: as(t, url, service, "")})
	p := newProvider(t, s)
	chunk := p.chunk(listing("a", "first"))
	at := as(t, url, "", "postgres")
	execute(t, at, "ALTER DATABASE "+databaseOf(t, url)+" ALLOW_CONNECTIONS false")
	execute(t, at, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+databaseOf(t, url)+"'")
	for range 3 {
		_, err := p.titles()
		requireAway(t, err)
		_, err = p.applier.Apply(t.Context(), chunk)
		requireAway(t, err)
	}
	execute(t, at, "ALTER DATABASE "+databaseOf(t, url)+" ALLOW_CONNECTIONS true")
	_, err := p.applier.Apply(t.Context(), chunk)
	require.NoError(t, err)
}

// What pools and time-outs are told in a URL concerns nobody else.
func TestOptionsInTheURL(t *testing.T) {
	url := emptyDatabase(t, as(t, database(t), "", "postgres"))
	s := openAt(t, postgres.Options{URL: with(t, url, "pool_max_conns", "3", "statement_timeout", "1ms"), Listen: true})
	steps, err := postgres.Migrations(t.Context(), url)
	require.NoError(t, err)
	for _, step := range steps {
		assert.True(t, step.Applied, "%s, though the service's statements end after a millisecond", step.Name)
	}
	require.NotNil(t, s)
}

// Who takes a snapshot's events may be slow, whatever a statement is allowed, and has a connection that no search waits for.
func TestASnapshotTakesItsTime(t *testing.T) {
	url := database(t)
	execute(t, url, crowd)
	s := openAt(t, postgres.Options{URL: with(t, as(t, url, service, ""), "statement_timeout", "300ms"), Readers: 1})
	conn := connect(t, url)
	events := 0
	_, err := s.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error {
		if events++; events > 1 {
			return nil
		}
		require.Eventually(t, func() bool {
			var late bool
			err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()
				AND state = 'active' AND clock_timestamp() - query_start > interval '400ms')`, service).Scan(&late)
			return err == nil && late
		}, patience, 20*time.Millisecond)
		_, err := s.Search(t.Context(), catalogue.Query{Limit: 1})
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, 60_000, events)
}

// A command beside the service makes no schema, and uses none that it cannot bear.
func TestBeside(t *testing.T) {
	beside := func(url string) error {
		s, err := postgres.Open(t.Context(), postgres.Options{URL: url, Beside: true})
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	url := database(t)
	require.NoError(t, beside(url))
	execute(t, url, "UPDATE schema_floor SET oldest = 999; INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
	err := beside(url)
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	err = beside(emptyDatabase(t, as(t, url, "", "postgres")))
	require.Equal(t, fault.Conflict, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "there is no catalogue in it yet")
}
