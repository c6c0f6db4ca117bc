package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// provider is a feed that is applied to a store.
type provider struct {
	t       *testing.T
	store   *postgres.Store
	applier *ingest.Applier
	runs    int64
}

func newProvider(t *testing.T, s *postgres.Store) *provider {
	return &provider{t: t, store: s, applier: ingest.NewApplier(s), runs: time.Now().UnixMilli()}
}

// listing is an event of June 2027.
func listing(name, title string) catalogue.Record {
	return catalogue.Record{
		Position: 1,
		Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: name}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: title}},
		Event:    catalogue.Fields{{Name: catalogue.EventID, Value: name}, {Name: catalogue.EventStart, Value: "2027-06-01T20:00:00"}, {Name: catalogue.EventEnd, Value: "2027-06-01T22:00:00"}},
	}
}

// chunk is the next run's only one.
func (p *provider) chunk(records ...catalogue.Record) ingest.Chunk {
	p.runs++
	return ingest.Chunk{Run: catalogue.RunRef{Provider: "default", Number: catalogue.RunNumber(p.runs)}, TimeZone: "UTC", Records: records}
}

// read has a run read the feed from beginning to end.
func (p *provider) read(records ...catalogue.Record) (catalogue.Conclusion, error) {
	c := p.chunk(records...)
	_, applied := p.applier.Apply(p.t.Context(), c)
	completed := p.applier.Complete(p.t.Context(), catalogue.Completion{Run: c.Run, Chunks: 1, ReadToEnd: true})
	concluded, err := p.applier.Conclude(p.t.Context(), c.Run)
	return concluded, errors.Join(applied, completed, err)
}

func (p *provider) titles() ([]string, error) {
	page, err := p.store.Search(p.t.Context(), catalogue.Query{Limit: 100})
	var titles []string
	for _, e := range page.Events {
		titles = append(titles, e.Facts.Title)
	}
	return titles, err
}

func requireAway(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
}

// While every connection that searches is in use, searches are told so within seconds; the log is followed and what is fetched is
// applied all the same, and the other way round.
func TestAllConnectionsInUse(t *testing.T) {
	url := database(t)
	s := openAt(t, postgres.Options{URL: as(t, url, service, ""), Readers: 2, Writers: 2})
	p := newProvider(t, s)
	_, err := p.read(listing("a", "first"))
	require.NoError(t, err)

	block := func(what string) (unblock func()) {
		conn := connect(t, url)
		_, err := conn.Exec(t.Context(), "BEGIN; "+what)
		require.NoError(t, err)
		return sync.OnceFunc(func() {
			_, err := conn.Exec(context.Background(), "ROLLBACK")
			assert.NoError(t, err)
		})
	}
	// waiting waits until so many statements of the service wait for a lock.
	watch := connect(t, url)
	waiting := func(n int) {
		require.Eventually(t, func() bool {
			var waiting int
			err := watch.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND datname = current_database() AND wait_event_type = 'Lock'", service).Scan(&waiting)
			return err == nil && waiting == n
		}, patience, 10*time.Millisecond)
	}

	t.Run("that read", func(t *testing.T) {
		page, err := s.Search(t.Context(), catalogue.Query{Limit: 1})
		require.NoError(t, err)
		unblock := block("LOCK TABLE zones IN ACCESS EXCLUSIVE MODE")
		defer unblock()
		var looking sync.WaitGroup
		for range 2 {
			looking.Go(func() {
				_, err := s.Event(t.Context(), page.Events[0].ID, 1)
				assert.NoError(t, err, "who has a connection is served in the end")
			})
		}
		waiting(2)
		began := time.Now()
		_, err = p.titles()
		requireAway(t, err)
		require.ErrorContains(t, err, "all connections to the database are in use")
		assert.Less(t, time.Since(began), 10*time.Second)
		var f *fault.Error
		require.ErrorAs(t, err, &f)
		assert.NotZero(t, f.RetryAfter)
		batch, err := s.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err, "who follows the log goes on")
		_, err = s.Await(t.Context(), catalogue.Version{})
		require.NoError(t, err)
		assert.EqualValues(t, 1, batch.Head.Number)
		require.NoError(t, s.Ping(t.Context()), "the process is not taken out of service for it")
		applied, err := p.applier.Apply(t.Context(), p.chunk(listing("a", "first"))) // it changes nothing, so no zones
		require.NoError(t, err)
		assert.False(t, applied.Repeated)
		unblock()
		looking.Wait()
		titles, err := p.titles()
		require.NoError(t, err)
		assert.Equal(t, []string{"first"}, titles)
	})

	t.Run("that write", func(t *testing.T) {
		unblock := block("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE")
		defer unblock()
		var acquiring sync.WaitGroup
		for i := range 2 {
			acquiring.Go(func() {
				_, _, err := s.Acquire(t.Context(), fmt.Sprint(i), "me", time.Minute)
				assert.NoError(t, err)
			})
		}
		waiting(2)
		chunk := p.chunk(listing("a", "second"))
		_, err := p.applier.Apply(t.Context(), chunk)
		requireAway(t, err) // the consumer keeps it in hand
		titles, err := p.titles()
		require.NoError(t, err)
		assert.Equal(t, []string{"first"}, titles, "searches go on")
		unblock()
		acquiring.Wait()
		_, err = p.applier.Apply(t.Context(), chunk)
		require.NoError(t, err)
	})
}

// A server that is killed and comes back is found again by a process that runs, without being told.
func TestServerRestarted(t *testing.T) {
	instance := server.StartPostgres(t)
	url := emptyDatabase(t, instance.URL())
	prepare(t, url)
	s := openAt(t, postgres.Options{URL: as(t, url, service, ""), Listen: true})
	p := newProvider(t, s)
	_, err := p.read(listing("a", "first"))
	require.NoError(t, err)
	before, err := s.Changes(t.Context(), catalogue.Version{}, 10)
	require.NoError(t, err)

	for name, end := range map[string]func(){"killed": instance.Kill, "stopped in order": instance.Stop} {
		t.Run(name, func(t *testing.T) {
			end()
			chunk := p.chunk(listing("a", name))
			for range 3 { // connections that were idle, and new ones
				_, err := p.titles()
				requireAway(t, err)
				_, err = s.Changes(t.Context(), before.Head, 10)
				requireAway(t, err)
				_, err = p.applier.Apply(t.Context(), chunk)
				requireAway(t, err) // so it is never parked, and applied later
				_, err = s.Await(t.Context(), before.Head)
				requireAway(t, err)
			}
			requireAway(t, s.Ping(t.Context()))
			instance.Start()
			require.Eventually(t, func() bool { _, err := p.applier.Apply(t.Context(), chunk); return err == nil }, patience, 20*time.Millisecond)
			titles, err := p.titles()
			require.NoError(t, err)
			assert.Equal(t, []string{name}, titles)
			batch, err := s.Changes(t.Context(), before.Head, 10)
			require.NoError(t, err, "what a reader knew is of the same history")
			require.Len(t, batch.Changes, 1)
			before = batch
		})
	}
}

// A server that hangs keeps nobody longer than they want to wait.
func TestServerFrozen(t *testing.T) {
	instance := server.StartPostgres(t)
	url := emptyDatabase(t, instance.URL())
	prepare(t, url)
	s := openAt(t, postgres.Options{URL: as(t, url, service, "")})
	p := newProvider(t, s)
	_, err := p.read(listing("a", "first"))
	require.NoError(t, err)

	instance.Freeze()
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = s.Search(impatient, catalogue.Query{Limit: 1})
	requireAway(t, err)
	_, _, err = s.Acquire(impatient, "lease", "me", time.Minute)
	requireAway(t, err)
	assert.Less(t, time.Since(began), 20*time.Second)
	instance.Thaw()
	require.Eventually(t, func() bool { titles, err := p.titles(); return err == nil && len(titles) == 1 }, patience, 20*time.Millisecond)
	_, err = p.read(listing("a", "second"))
	require.NoError(t, err)
}

// A backup that is restored is another history: it ends earlier, and goes on differently. Whoever knows more is told so,
// also once the numbers have caught up, and the next reading of the feed brings back what was lost.
func TestOlderBackupRestored(t *testing.T) {
	instance := server.StartPostgres(t)
	url := emptyDatabase(t, instance.URL())
	prepare(t, url)
	s := openAt(t, postgres.Options{URL: as(t, url, service, ""), Listen: true})
	p := newProvider(t, s)
	head := func() catalogue.Version {
		batch, err := s.Changes(t.Context(), catalogue.Version{}, 1)
		require.NoError(t, err)
		return batch.Head
	}
	_, err := p.read(listing("a", "first"))
	require.NoError(t, err)
	backedUp := head()
	instance.Backup()
	_, err = p.read(listing("a", "second"), listing("b", "lost for a while"))
	require.NoError(t, err)
	known := head()
	halfApplied := p.chunk(listing("a", "third"))
	_, err = p.applier.Apply(t.Context(), halfApplied) // its completion comes after the restoration
	require.NoError(t, err)

	instance.Restore()
	require.Eventually(t, func() bool { return s.Ping(t.Context()) == nil }, patience, 20*time.Millisecond)
	titles, err := p.titles()
	require.NoError(t, err)
	assert.Equal(t, []string{"first"}, titles, "searches go on with what there is")
	_, err = s.Changes(t.Context(), known, 10)
	require.Equal(t, fault.Gone, fault.KindOf(err), "%v", err)
	at, err := s.Await(t.Context(), known)
	require.NoError(t, err)
	assert.Equal(t, backedUp, at, "another head is news, also a lower one")
	batch, err := s.Changes(t.Context(), backedUp, 10)
	require.NoError(t, err, "what was known before the backup is the same history")
	assert.Empty(t, batch.Changes)

	c, err := p.applier.Conclude(t.Context(), halfApplied.Run)
	require.Equal(t, fault.NotFound, fault.KindOf(err), "%+v %v", c, err)
	require.NoError(t, p.applier.Complete(t.Context(), catalogue.Completion{Run: halfApplied.Run, Chunks: 1, ReadToEnd: true}))
	c, err = p.applier.Conclude(t.Context(), halfApplied.Run)
	require.NoError(t, err)
	assert.Equal(t, catalogue.Announced, c.State, "a run whose chunks are lost withdraws nothing")

	_, err = p.read(listing("a", "second"), listing("b", "lost for a while"))
	require.NoError(t, err)
	titles, err = p.titles()
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"second", "lost for a while"}, titles, "the next reading brings it back")
	require.Equal(t, known.Number, head().Number, "the numbers have caught up")
	_, err = s.Changes(t.Context(), known, 10)
	require.Equal(t, fault.Gone, fault.KindOf(err), "the tag tells that it is another history: %v", err)
}
