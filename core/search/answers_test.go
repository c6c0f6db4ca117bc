package search_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

func on(date string) event.TimeRange {
	from, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return event.TimeRange{From: event.NotBefore(from), To: event.NotAfter(from.Add(24*time.Hour - 1))}
}

var (
	monday, tuesday = on("2026-11-23"), on("2026-11-24")
	aboutMonday     = ports.AnswerKey{1}
	aboutTuesday    = ports.AnswerKey{2}
)

// shop is a process that answers, and the store that it answers from.
type shop struct {
	*search.Answers
	t     *testing.T
	log   *search.Journal
	store *store
}

// store makes answers that tell their version and how many were made.
type store struct {
	log    *search.Journal
	loads  atomic.Int64
	during func(context.Context) error
	large  bool
	quick  bool
}

func (s *store) load(ctx context.Context) (search.Made, error) {
	n := s.loads.Add(1)
	made := search.Made{At: s.log.Head()}
	if s.during != nil {
		if err := s.during(ctx); err != nil {
			return search.Made{}, err
		}
	}
	if s.large {
		made.Page = catalogue.Page{Events: make([]event.Event, n), At: made.At}
	} else {
		write := func(b []byte) []byte { return fmt.Appendf(b, "%d at %d", n, made.At.Number) }
		if s.quick {
			made.Write = write
		} else {
			made.Body = write(nil)
		}
	}
	return made, nil
}

// open starts a process that runs until the test ends.
func open(t *testing.T, log *search.Journal, o search.AnswersOptions) *shop {
	t.Helper()
	fresh := search.NewFreshness(log, search.FreshnessOptions{})
	s := &shop{t: t, log: log, store: &store{log: log}}
	s.Answers = search.NewAnswers(memcache.New(memcache.Options{}), fresh, time.Now, o)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { fresh.Run(ctx) })
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	synctest.Wait()
	return s
}

func (s *shop) ask(key ports.AnswerKey, about event.TimeRange) search.Served {
	s.t.Helper()
	served, err := s.Answer(s.t.Context(), key, about, s.store.load)
	require.NoError(s.t, err)
	return served
}

func (s *shop) requireServed(from search.Source, body string, served search.Served) {
	s.t.Helper()
	if served.Body == nil && served.Write != nil {
		served.Body = served.Write(nil)
	}
	require.Equal(s.t, body, string(served.Body))
	require.Equal(s.t, from, served.Source)
}

func TestWhatIsQuickToMakeIsKeptOnceItIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.quick = true
		made := func(body string, kept bool) {
			t.Helper()
			served := s.ask(aboutMonday, monday)
			s.requireServed(search.Loaded, body, served)
			assert.Equal(t, kept, served.Kept)
		}
		made("1 at 1", false)
		made("2 at 1", true)
		s.requireServed(search.Near, "2 at 1", s.ask(aboutMonday, monday))

		log.Append(monday)
		synctest.Wait()
		made("3 at 2", true) // somebody asked before

		// Both have the same place, so each is forgotten for the other.
		s.store.loads.Store(0)
		log.Append(tuesday)
		synctest.Wait()
		for range 3 {
			s.requireServed(search.Loaded, fmt.Sprintf("%d at 3", s.store.loads.Load()+1), s.ask(ports.AnswerKey{7}, tuesday))
			s.requireServed(search.Loaded, fmt.Sprintf("%d at 3", s.store.loads.Load()+1), s.ask(ports.AnswerKey{8}, tuesday))
		}
	})
}

func TestAnAnswerIsKeptUntilItsDaysChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		first := s.ask(aboutMonday, monday)
		s.requireServed(search.Loaded, "1 at 1", first)
		assert.False(t, first.Outdated, "there was none before")
		for range 3 {
			kept := s.ask(aboutMonday, monday)
			s.requireServed(search.Near, "1 at 1", kept)
			assert.Equal(t, time.Minute, kept.Left)
		}
		s.requireServed(search.Loaded, "2 at 1", s.ask(aboutTuesday, tuesday))

		log.Append(tuesday)
		synctest.Wait()
		s.requireServed(search.Near, "1 at 1", s.ask(aboutMonday, monday))
		again := s.ask(aboutTuesday, tuesday)
		s.requireServed(search.Loaded, "3 at 2", again)
		assert.True(t, again.Outdated)
		s.requireServed(search.Near, "3 at 2", s.ask(aboutTuesday, tuesday))
	})
}

func TestAnAnswerIsKeptForTheTTLAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.ask(aboutMonday, monday)
		log.Break(errAway) // no change is heard of any more
		time.Sleep(time.Minute - time.Millisecond)
		kept := s.ask(aboutMonday, monday)
		s.requireServed(search.Near, "1 at 1", kept)
		assert.Equal(t, time.Millisecond, kept.Left)
		time.Sleep(time.Millisecond)
		s.requireServed(search.Loaded, "2 at 1", s.ask(aboutMonday, monday))
	})
}

func TestWhenTheStoreIsAwayTheLastKnownAnswerIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{Timeout: 5 * time.Second})
		s.ask(aboutMonday, monday)
		away := func(err error) func(context.Context) error { return func(context.Context) error { return err } }

		log.Break(errAway)
		s.store.during = away(errAway)
		time.Sleep(30 * time.Second)
		kept := s.ask(aboutMonday, monday)
		s.requireServed(search.Near, "1 at 1", kept)
		assert.False(t, kept.Stale, "for all that is known it is current")

		time.Sleep(20 * time.Minute)
		last := s.ask(aboutMonday, monday)
		s.requireServed(search.Near, "1 at 1", last)
		assert.True(t, last.Stale)
		assert.Equal(t, time.Minute-20*time.Minute-30*time.Second, last.Left)

		_, err := s.Answer(t.Context(), aboutTuesday, tuesday, s.store.load)
		assert.Equal(t, error(errAway), err, "a question that nobody asked before")

		s.store.during = func(ctx context.Context) error {
			<-ctx.Done()
			return fault.Wrap(fault.Internal, "search", ctx.Err())
		}
		began := time.Now()
		assert.True(t, s.ask(aboutMonday, monday).Stale, "one that does not answer is away as well")
		assert.Equal(t, 5*time.Second, time.Since(began))

		for _, kind := range []fault.Kind{fault.Invalid, fault.Internal, fault.Conflict} {
			s.store.during = away(fault.New(kind, "another error"))
			time.Sleep(time.Second) // after three failures the store is spared
			_, err = s.Answer(t.Context(), aboutMonday, monday, s.store.load)
			assert.Equal(t, kind, fault.KindOf(err), "that is no outage")
		}

		log.Break(nil)
		s.store.during = nil
		back := s.ask(aboutMonday, monday)
		assert.False(t, back.Stale)
		assert.Equal(t, search.Loaded, back.Source)
	})
}

// A store that hangs costs one question a second its time-out, and not every one. A single failure says nothing of others.
func TestAStoreThatFailedIsSpared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{Timeout: 5 * time.Second})
		keys := make([]ports.AnswerKey, 10)
		for i := range keys {
			keys[i] = ports.AnswerKey{9, byte(i)}
			s.ask(keys[i], monday)
		}
		time.Sleep(2 * time.Minute)
		hangs := func(ctx context.Context) error {
			<-ctx.Done()
			return fault.Wrap(fault.Unavailable, "search", ctx.Err())
		}
		s.store.during = hangs
		for i := range 3 { // who may be the only ones for whom it is too much
			began := time.Now()
			assert.True(t, s.ask(keys[i], monday).Stale)
			assert.Equal(t, 5*time.Second, time.Since(began))
		}
		leaves, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		for round := range 3 {
			loads, began := s.store.loads.Load(), time.Now()
			for _, key := range keys {
				assert.True(t, s.ask(key, monday).Stale)
			}
			assert.Zero(t, s.store.loads.Load()-loads, "round %d", round)
			assert.Zero(t, time.Since(began), "round %d", round)
			if round == 1 { // somebody who goes away says nothing of the store
				_, err := s.Answer(leaves, aboutTuesday, tuesday, s.store.load)
				assert.Error(t, err)
			}
			time.Sleep(time.Second)
			began = time.Now()
			assert.True(t, s.ask(keys[0], monday).Stale, "once a second one tries")
			assert.Equal(t, 5*time.Second, time.Since(began), "round %d", round)
		}
		_, err := s.Answer(t.Context(), aboutTuesday, tuesday, s.store.load)
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "who has nothing to fall back on tries")

		s.store.during = nil
		time.Sleep(time.Second)
		for _, key := range keys {
			assert.False(t, s.ask(key, monday).Stale, "one attempt that succeeds is enough for all")
		}
	})
}

// Details come from the store, searches from memory: that one is away is nothing to the other.
func TestASourceIsNotSparedForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.ask(aboutMonday, monday)
		other := s.OfAnotherSource(nil)
		away := func(context.Context) (search.Made, error) { return search.Made{}, errAway }
		for range 10 {
			_, err := other.Answer(t.Context(), aboutTuesday, tuesday, away)
			require.ErrorIs(t, err, errAway)
		}
		kept, err := other.Answer(t.Context(), aboutMonday, monday, away)
		require.NoError(t, err)
		s.requireServed(search.Near, "1 at 1", kept)

		time.Sleep(time.Minute)
		kept, err = other.Answer(t.Context(), aboutMonday, monday, away)
		require.NoError(t, err)
		assert.True(t, kept.Stale)
		s.requireServed(search.Loaded, "2 at 1", s.ask(aboutMonday, monday))
	})
}

func TestTheLastKnownAnswerSurvivesAnotherHistoryAndAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday, monday)
		s := open(t, log, search.AnswersOptions{})
		s.ask(aboutMonday, monday)
		log.Restore(1)
		time.Sleep(time.Second)
		s.store.during = func(context.Context) error { return errAway }
		last := s.ask(aboutMonday, monday)
		s.requireServed(search.Near, "1 at 2", last)
		assert.True(t, last.Stale)

		time.Sleep(time.Hour)
		_, err := s.Answer(t.Context(), aboutMonday, monday, s.store.load)
		assert.Error(t, err, "after that it is forgotten")
	})
}

func TestNoAnswerOfAnotherHistoryIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday, monday, monday)
		s := open(t, log, search.AnswersOptions{})
		s.ask(aboutMonday, monday)
		log.Restore(1)
		time.Sleep(time.Second)
		s.requireServed(search.Loaded, "2 at 1", s.ask(aboutMonday, monday))
		s.requireServed(search.Near, "2 at 1", s.ask(aboutMonday, monday))
	})
}

func TestManyAskAndOneLoads(t *testing.T) {
	for name, large := range map[string]bool{"an answer": false, "one that is too large to be kept": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := search.NewJournal()
				log.Append(monday)
				s := open(t, log, search.AnswersOptions{})
				s.store.large = large
				s.store.during = func(context.Context) error { time.Sleep(time.Second); return nil }
				var callers sync.WaitGroup
				var joined, loaded atomic.Int64
				for range 50 {
					callers.Go(func() {
						served := s.ask(aboutMonday, monday)
						assert.True(t, served.Body != nil && string(served.Body) == "1 at 1" || len(served.Page.Events) == 1)
						switch served.Source {
						case search.Joined:
							joined.Add(1)
						case search.Loaded:
							loaded.Add(1)
						case search.Near, search.Far:
							t.Error("nobody had it")
						}
					})
				}
				callers.Wait()
				assert.EqualValues(t, 1, s.store.loads.Load())
				assert.EqualValues(t, 1, loaded.Load())
				assert.EqualValues(t, 49, joined.Load())
				if large {
					s.ask(aboutMonday, monday)
					assert.EqualValues(t, 2, s.store.loads.Load(), "it is not kept")
				}
			})
		})
	}
}

// Who asks after a change must not be given what was read before it, however long that takes.
func TestWhoComesLaterIsNotGivenWhatWasReadBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.during = func(context.Context) error { time.Sleep(2 * time.Second); return nil }
		var callers sync.WaitGroup
		callers.Go(func() { s.requireServed(search.Loaded, "1 at 1", s.ask(aboutMonday, monday)) })
		time.Sleep(time.Second)
		log.Append(monday)
		synctest.Wait()
		var bodies sync.Map
		for range 10 {
			callers.Go(func() { bodies.Store(string(s.ask(aboutMonday, monday).Body), true) })
		}
		callers.Wait()
		bodies.Range(func(body, _ any) bool { return assert.Equal(t, "2 at 2", body) })
		assert.EqualValues(t, 2, s.store.loads.Load())
	})
}

func TestWhoGoesAwayLeavesTheOthersTheirAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.during = func(ctx context.Context) error {
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return fault.Wrap(fault.Unavailable, "search", ctx.Err())
			}
		}
		impatient, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		goAway := func() {
			_, err := s.Answer(impatient, aboutMonday, monday, s.store.load)
			if err != nil { // who makes the answer may bring it to its end
				assert.Equal(t, fault.Canceled, fault.KindOf(err))
			}
		}
		callers.Go(goAway)
		synctest.Wait()
		callers.Go(goAway)
		callers.Go(func() { s.requireServed(search.Joined, "1 at 1", s.ask(aboutMonday, monday)) })
		time.Sleep(time.Second)
		leave()
		callers.Wait()
		assert.EqualValues(t, 1, s.store.loads.Load())

		impatient, leave = context.WithCancel(t.Context())
		log.Append(monday)
		synctest.Wait()
		callers.Go(goAway)
		callers.Go(goAway)
		time.Sleep(time.Second)
		began := time.Now()
		leave()
		callers.Wait()
		assert.Zero(t, time.Since(began), "nobody waits any more, so nobody loads")
		assert.EqualValues(t, 2, s.store.loads.Load())
		s.requireServed(search.Loaded, "3 at 2", s.ask(aboutMonday, monday))
	})
}

// Who comes after everybody left, and before the load has noticed, must not be told that somebody else went away.
func TestWhoComesWhenEverybodyLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.during = func(ctx context.Context) error {
			time.Sleep(time.Second) // it does not look at its context
			return fault.Wrap(fault.Unavailable, "search", ctx.Err())
		}
		impatient, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := s.Answer(impatient, aboutMonday, monday, s.store.load)
			assert.Equal(t, fault.Canceled, fault.KindOf(err))
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		s.requireServed(search.Loaded, "2 at 1", s.ask(aboutMonday, monday))
		callers.Wait()
	})
}

func TestOneLoadThatPanicsHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.during = func(context.Context) error { time.Sleep(time.Second); panic("bug") }
		var callers sync.WaitGroup
		callers.Go(func() { assert.PanicsWithValue(t, "bug", func() { s.ask(aboutMonday, monday) }) })
		synctest.Wait()
		callers.Go(func() {
			_, err := s.Answer(t.Context(), aboutMonday, monday, s.store.load)
			assert.Equal(t, fault.Internal, fault.KindOf(err))
		})
		callers.Wait()
		s.store.during = nil
		s.ask(aboutMonday, monday)
	})
}

// far is a far cache that counts, and can be away or slow.
type far struct {
	ports.AnswerCache
	err        error
	during     func(context.Context)
	gets, puts atomic.Int64
	ttl        atomic.Int64
}

func newFar() *far { return &far{AnswerCache: memcache.New(memcache.Options{})} }

func (f *far) Get(ctx context.Context, key ports.AnswerKey) (ports.Answer, bool, error) {
	f.gets.Add(1)
	if f.err != nil {
		return ports.Answer{}, false, f.err
	}
	return f.AnswerCache.Get(ctx, key)
}

func (f *far) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) error {
	f.puts.Add(1)
	f.ttl.Store(int64(ttl))
	if f.during != nil {
		f.during(ctx)
	}
	if f.err != nil {
		return f.err
	}
	return f.AnswerCache.Put(ctx, key, a, ttl)
}

func TestProcessesShareAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		log.Append(monday)
		a, b := open(t, log, search.AnswersOptions{Far: shared}), open(t, log, search.AnswersOptions{Far: shared})
		a.requireServed(search.Loaded, "1 at 1", a.ask(aboutMonday, monday))
		synctest.Wait()
		assert.EqualValues(t, 1, shared.puts.Load())
		assert.Equal(t, time.Minute, time.Duration(shared.ttl.Load()))
		time.Sleep(time.Second)
		found := b.ask(aboutMonday, monday)
		b.requireServed(search.Far, "1 at 1", found)
		assert.Equal(t, 59*time.Second, found.Left, "it does not grow younger on the way")
		b.requireServed(search.Near, "1 at 1", b.ask(aboutMonday, monday))
		assert.Zero(t, b.store.loads.Load())
		assert.EqualValues(t, 2, shared.gets.Load())

		log.Append(monday)
		synctest.Wait()
		b.requireServed(search.Loaded, "1 at 2", b.ask(aboutMonday, monday))
		synctest.Wait()
		a.requireServed(search.Far, "1 at 2", a.ask(aboutMonday, monday))

		time.Sleep(time.Minute)
		a.requireServed(search.Loaded, "2 at 2", a.ask(aboutMonday, monday))
	})
}

// What other processes left is checked against the log: it may be of a history that is no more, or of a time that
// nobody remembers.
func TestWhatOthersLeftIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		log.Append(monday, monday)
		known := log.Append(monday)
		s := open(t, log, search.AnswersOptions{Far: shared})
		for name, tt := range map[string]struct {
			at      catalogue.Version
			age     time.Duration
			current bool
		}{
			"current":                         {known, 0, true},
			"of another history":              {catalogue.Version{Number: known.Number, Tag: known.Tag + 1}, 0, false},
			"of a number that is not read":    {catalogue.Version{Number: known.Number + 1, Tag: 1}, 0, false},
			"of a number that nobody has":     {catalogue.Version{Number: -known.Number, Tag: known.Tag}, 0, false},
			"of the greatest number":          {catalogue.Version{Number: 1<<63 - 1, Tag: known.Tag}, 0, false},
			"of a time before the process":    {catalogue.Version{Number: 1, Tag: 1}, 0, false},
			"too old":                         {known, time.Minute, false},
			"by a clock that is ahead":        {known, -time.Hour, true},
			"old by a clock that goes behind": {known, time.Hour, false},
		} {
			key := ports.AnswerKey{3}
			copy(key[1:], name)
			body := ports.Answer{At: tt.at, Stored: time.Now().Add(-tt.age), Body: []byte("far")}
			require.NoError(t, shared.AnswerCache.Put(t.Context(), key, body, time.Hour))
			served := s.ask(key, tuesday)
			assert.Equal(t, tt.current, string(served.Body) == "far", name)
			assert.Equal(t, !tt.current, served.Outdated, name)
		}
	})
}

// A clock that is ahead keeps an answer for no more than the TTL longer.
func TestClocksThatDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		known := log.Append(monday)
		s := open(t, log, search.AnswersOptions{Far: shared})
		require.NoError(t, shared.AnswerCache.Put(t.Context(), aboutMonday, ports.Answer{At: known, Stored: time.Now().Add(time.Hour), Body: []byte("far")}, time.Minute))
		s.requireServed(search.Far, "far", s.ask(aboutMonday, monday))
		time.Sleep(time.Minute - time.Millisecond)
		s.requireServed(search.Near, "far", s.ask(aboutMonday, monday))
		time.Sleep(time.Millisecond)
		s.requireServed(search.Loaded, "1 at 1", s.ask(aboutMonday, monday))
	})
}

func TestTheFarCacheIsNeverNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		log.Append(monday)
		var dropped atomic.Int64
		s := open(t, log, search.AnswersOptions{Far: shared, OnDropped: func() { dropped.Add(1) }})
		shared.err = errAway
		s.requireServed(search.Loaded, "1 at 1", s.ask(aboutMonday, monday))
		s.requireServed(search.Near, "1 at 1", s.ask(aboutMonday, monday))
		assert.EqualValues(t, 1, shared.gets.Load(), "who finds it near asks nobody")

		synctest.Wait()
		release := make(chan struct{})
		shared.during = func(context.Context) { <-release }
		s.ask(aboutTuesday, tuesday)
		synctest.Wait() // it is being written
		began := time.Now()
		for n := range 2000 {
			s.ask(ports.AnswerKey{4, byte(n), byte(n >> 8)}, monday)
		}
		assert.Zero(t, time.Since(began), "nobody waits for it to write")
		synctest.Wait()
		assert.EqualValues(t, 2000-1024, dropped.Load())
		close(release)
	})
}

// What a context carries, a trace for one thing, leads to the very end of what was done for a caller.
func TestTheFarCacheIsWrittenInTheNameOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type name struct{}
		log, shared := search.NewJournal(), newFar()
		var whose any
		var ended, stopped atomic.Bool
		t.Cleanup(func() { assert.True(t, stopped.Load(), "it would hold up the stop") }) // the last thing that is looked at
		s := open(t, log, search.AnswersOptions{Far: shared})
		answered := make(chan struct{})
		shared.during = func(ctx context.Context) {
			<-answered
			whose = ctx.Value(name{})
			ended.Store(ctx.Err() != nil)
			<-ctx.Done()
			stopped.Store(true)
		}
		ctx, leave := context.WithCancel(context.WithValue(t.Context(), name{}, "somebody"))
		_, err := s.Answer(ctx, aboutMonday, monday, s.store.load)
		require.NoError(t, err)
		leave()
		close(answered)
		synctest.Wait()
		assert.Equal(t, "somebody", whose)
		assert.False(t, ended.Load(), "who has an answer may leave")
		assert.False(t, stopped.Load())
	})
}

func TestWhatIsWaitingToBeWrittenIsBoundedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		log.Append(monday)
		var dropped atomic.Int64
		s := open(t, log, search.AnswersOptions{Far: shared, OnDropped: func() { dropped.Add(1) }})
		release := make(chan struct{})
		shared.during = func(context.Context) { <-release }
		large := func(context.Context) (search.Made, error) {
			return search.Made{At: log.Head(), Body: make([]byte, ports.MaxAnswer)}, nil
		}
		for n := range 30 {
			_, err := s.Answer(t.Context(), ports.AnswerKey{5, byte(n)}, monday, large)
			require.NoError(t, err)
			synctest.Wait()
		}
		assert.EqualValues(t, 30-16-1, dropped.Load())
		close(release)
		synctest.Wait()
		assert.EqualValues(t, 17, shared.puts.Load())
	})
}

// What the far cache alone remembers is better than nothing.
func TestAnOutdatedFarAnswerIsTheLastResort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, shared := search.NewJournal(), newFar()
		old := log.Append(monday)
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{Far: shared})
		require.NoError(t, shared.AnswerCache.Put(t.Context(), aboutMonday, ports.Answer{At: old, Stored: time.Now(), Body: []byte("far")}, time.Hour))
		s.store.during = func(context.Context) error { return errAway }
		last := s.ask(aboutMonday, monday)
		s.requireServed(search.Far, "far", last)
		assert.True(t, last.Stale)
		assert.LessOrEqual(t, last.Left, time.Duration(0))
	})
}

func BenchmarkNear(b *testing.B) {
	log := search.NewJournal()
	log.Append(monday)
	fresh := search.NewFreshness(log, search.FreshnessOptions{})
	answers := search.NewAnswers(memcache.New(memcache.Options{}), fresh, time.Now, search.AnswersOptions{})
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	running.Go(func() { fresh.Run(ctx) })
	s := &store{log: log}
	for served := (search.Served{}); served.Source != search.Near; {
		served, _ = answers.Answer(ctx, aboutMonday, monday, s.load)
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = answers.Answer(ctx, aboutMonday, monday, s.load)
		}
	})
}

func TestOnlyWhoHasAnAnswerAloneMayReleaseIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		log.Append(monday)
		s := open(t, log, search.AnswersOptions{})
		s.store.quick = true
		load := func(ctx context.Context) (search.Made, error) {
			made, err := s.store.load(ctx)
			made.Release = func() {}
			return made, err
		}
		served, err := s.Answer(t.Context(), aboutMonday, monday, load)
		require.NoError(t, err)
		assert.NotNil(t, served.Release)

		s.store.during = func(context.Context) error {
			time.Sleep(time.Second)
			return nil
		}
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				served, err := s.Answer(t.Context(), aboutTuesday, tuesday, load)
				assert.NoError(t, err)
				assert.Nil(t, served.Release)
			})
		}
		callers.Wait()
		assert.EqualValues(t, 2, s.store.loads.Load())
	})
}

// What nobody asked before and is quick to make, in the name of a request as an HTTP server makes it.
func BenchmarkUnseen(b *testing.B) {
	log := search.NewJournal()
	fresh := search.NewFreshness(log, search.FreshnessOptions{})
	answers := search.NewAnswers(memcache.New(memcache.Options{}), fresh, time.Now, search.AnswersOptions{})
	made := search.Made{Write: func(b []byte) []byte { return b }}
	load := func(context.Context) (search.Made, error) { return made, nil }
	connection, hangUp := context.WithCancel(b.Context())
	defer hangUp()
	b.ReportAllocs()
	for n := uint64(0); b.Loop(); n++ {
		request, cancel := context.WithCancel(connection)
		var key ports.AnswerKey
		binary.LittleEndian.PutUint64(key[:], n)
		_, _ = answers.Answer(ports.WithRequestID(request, "1"), key, monday, load)
		cancel()
	}
}
