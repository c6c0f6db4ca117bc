package search_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/adapters/plainmodel"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// searching is a process that searches in memory.
type searching struct {
	*search.Model
	t       *testing.T
	index   index
	store   *stock
	fresh   *search.Freshness
	answers *search.Answers
	stop    func()
	watcher *witness
}

// index is a read model that can be damaged.
type index interface {
	ports.ReadModel
	Damage(id event.ID) bool
}

// run starts one that runs until it is stopped or the test ends.
func run(t *testing.T, store *stock, index index, o search.ModelOptions) *searching {
	t.Helper()
	s := &searching{t: t, index: index, store: store, watcher: &witness{}}
	o.Watcher = s.watcher
	s.Model = search.NewModel(index, store, time.Now, o)
	s.fresh = search.NewFreshness(s.Model, search.FreshnessOptions{})
	s.answers = search.NewAnswers(memcache.New(memcache.Options{}), s.fresh, time.Now, search.AnswersOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	running.Go(func() { s.fresh.Run(ctx) })
	s.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(s.stop)
	synctest.Wait()
	return s
}

func plain() *plainmodel.Model { return plainmodel.New(plainmodel.Options{}) }

// witness remembers what it is told.
type witness struct {
	mu   sync.Mutex
	told []string
}

func (w *witness) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprintf(format, args...))
}

func (w *witness) Phase(_ context.Context, p search.ModelPhase) { w.note("%s", p) }

func (w *witness) Filled(_ context.Context, f search.Filled) {
	w.note("filled from %s: %d %s", f.From, f.Events, fault.KindOf(f.Err))
}

func (w *witness) Followed(_ context.Context, f search.Follow) {
	w.note("followed: %d %s", f.Behind, fault.KindOf(f.Err))
}

func (w *witness) Audited(_ context.Context, a search.Audited) {
	if a.Wrong > 0 || a.Lookups == 0 {
		w.note("audited %s: %d wrong of %d, %s", a.How, a.Wrong, a.Events, fault.KindOf(a.Err))
	}
	if a.Lookups > 0 {
		w.note("audited %s: lookups wrong", a.How)
	}
}

func (w *witness) Failed(context.Context, error) { w.note("failed") }

func (w *witness) Kept(_ context.Context, k search.Kept) {
	w.note("kept at %d: %s", k.At.Number, fault.KindOf(k.Err))
}

// heard returns what was told since the last time and begins with one of the words; how the log was followed, and what was filled, once
// where it was told several times in a row.
func (w *witness) heard(words ...string) []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var some []string
	for _, what := range w.told {
		for _, word := range words {
			again := len(some) > 0 && some[len(some)-1] == what && !strings.HasPrefix(what, "audited")
			if strings.HasPrefix(what, word) && !again {
				some = append(some, what)
			}
		}
	}
	w.told = nil
	return some
}

func (s *searching) heard(words ...string) []string { return s.watcher.heard(words...) }

var phases = []string{string(search.ModelLoading), string(search.ModelFollowing), string(search.ModelTooLarge)}

// titles searches for everything.
func (s *searching) titles() string {
	s.t.Helper()
	page, err := s.Search(s.t.Context(), catalogue.Query{Limit: 1000})
	require.NoError(s.t, err)
	return titlesOf(page)
}

func titlesOf(page catalogue.Page) string {
	var list []string
	for _, e := range page.Events {
		list = append(list, e.Facts.Title)
	}
	return strings.Join(list, ", ")
}

// fromMemory requires that the store is not asked.
func (s *searching) fromMemory(want string) {
	s.t.Helper()
	before := s.store.searches.Load()
	require.Equal(s.t, want, s.titles())
	require.Equal(s.t, before, s.store.searches.Load(), "the store was asked")
}

func (s *searching) fromStore(want string) {
	s.t.Helper()
	before := s.store.searches.Load()
	require.Equal(s.t, want, s.titles())
	require.Equal(s.t, before+1, s.store.searches.Load())
}

// memoryFile is a file in memory.
type memoryFile struct {
	mu   sync.Mutex
	kept *plainmodel.Model
	at   time.Time
	err  error
}

func (f *memoryFile) KeptAt() time.Time { return f.at }

func (f *memoryFile) Keep(ctx context.Context, from ports.Snapshotter) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	f.kept = plain()
	return f.kept.Fill(ctx, from)
}

func (f *memoryFile) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.kept == nil {
		return catalogue.Version{}, fault.New(fault.NotFound, "no file")
	}
	return f.kept.Snapshot(ctx, starts, each)
}

// fileOf is a file of what a store has now.
func fileOf(t *testing.T, s ports.Snapshotter) *memoryFile {
	t.Helper()
	f := &memoryFile{}
	require.NoError(t, f.Keep(t.Context(), s))
	return f
}

func TestTheStoreAnswersUntilTheModelIsFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, filling := newStock(gigs(2)...), make(chan struct{})
		store.whenRead(func() { <-filling })
		s := run(t, store, plain(), search.ModelOptions{})
		assert.Equal(t, search.ModelLoading, s.State().Phase)
		s.fromStore("Gig 0, Gig 1")
		close(filling)
		assert.Equal(t, []string{"loading", "filled from store: 2 ok", "followed: 0 ok", "following"}, s.heard("filled", "followed", "loading", "following"))
		s.fromMemory("Gig 0, Gig 1")

		time.Sleep(300 * time.Millisecond) // in the midst of waiting for news
		store.put(called(gig(1), "Another"), gig(2))
		synctest.Wait()
		s.fromMemory("Gig 0, Another, Gig 2")
		state := s.State()
		assert.Equal(t, search.ModelFollowing, state.Phase)
		assert.EqualValues(t, 4, state.At.Number)
		assert.Equal(t, 3, state.Size.Events)
		assert.Zero(t, state.Lag)
		assert.Zero(t, state.Behind)
		assert.Empty(t, state.Problem)
	})
}

// A catalogue that is empty at first is the case in which a copy knows its head and not what led there.
func TestACatalogueThatBeginsEmpty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock()
		s := run(t, store, plain(), search.ModelOptions{})
		s.fromMemory("")
		store.put(gigs(3)...)
		synctest.Wait()
		s.fromMemory("Gig 0, Gig 1, Gig 2")
		assert.Equal(t, s.State().At, s.fresh.Followed())
		store.put(gig(3))
		synctest.Wait()
		assert.Equal(t, s.State().At, s.fresh.Followed())
	})
}

func TestAStoreThatIsAwayAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gig(0))
		store.leave(errAway)
		s := run(t, store, plain(), search.ModelOptions{File: &memoryFile{}})
		_, err := s.Search(t.Context(), catalogue.Query{Limit: 1})
		assert.Equal(t, error(errAway), err)
		assert.Equal(t, errAway.Message, s.State().Problem)
		assert.Equal(t, []string{"loading", "filled from store: 0 unavailable"}, s.heard(append(phases, "filled")...))
		time.Sleep(5 * time.Minute)
		assert.InDelta(t, 5+9, store.snapshots.Load(), 2, "after 1, 2, 4, 8, 16, and then every 30 seconds")
		store.leave(nil)
		time.Sleep(30 * time.Second)
		assert.Equal(t, []string{"filled from store: 0 unavailable", "filled from store: 1 ok", "following"}, s.heard(append(phases, "filled")...))
		s.fromMemory("Gig 0")
		assert.Empty(t, s.State().Problem)
	})
}

func TestAStartFromTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(2)...)
		file := fileOf(t, store)
		many := make([]event.Event, 4999)
		for i := range many {
			many[i] = gig(2)
		}
		store.put(many...)
		store.put(called(gig(0), "Another"))
		before := store.snapshots.Load()
		s := run(t, store, plain(), search.ModelOptions{File: file})
		assert.Equal(t, []string{"loading", "filled from file: 2 ok", "followed: 904 ok", "followed: 0 ok", "following"}, s.heard(append(phases, "filled", "followed")...),
			"what is missing is made before it is searched")
		s.fromMemory("Another, Gig 1, Gig 2")
		assert.Equal(t, before, store.snapshots.Load(), "the store is not read")
	})
}

func TestAStartFromTheFileWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(2)...)
		file := fileOf(t, store)
		store.put(gig(2))
		store.leave(errAway)
		file.at = time.Now().Add(-12 * time.Hour)
		s := run(t, store, plain(), search.ModelOptions{File: file})
		s.fromMemory("Gig 0, Gig 1")
		time.Sleep(time.Hour)
		s.fromMemory("Gig 0, Gig 1")
		assert.Equal(t, 13*time.Hour, s.State().Lag.Round(time.Minute), "since the file was written")
		assert.Equal(t, errAway.Message, s.State().Problem)

		store.leave(nil)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		s.fromMemory("Gig 0, Gig 1, Gig 2")
		assert.Zero(t, s.State().Lag)
	})
}

func TestAFileThatIsOfAnotherHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := fileOf(t, newStock(gigs(5)...))
		store := newStock(gig(7))
		s := run(t, store, plain(), search.ModelOptions{File: file})
		assert.Equal(t, []string{"loading", "filled from file: 5 ok", "followed: 0 gone", "filled from store: 1 ok", "followed: 0 ok", "following"},
			s.heard(append(phases, "filled", "followed")...), "it is never searched")
		s.fromMemory("Gig 7")
	})
}

func TestAFileThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &brokenFile{}
		s := run(t, newStock(gig(0)), plain(), search.ModelOptions{File: broken})
		assert.Equal(t, []string{"filled from file: 0 internal", "filled from store: 1 ok"}, s.heard("filled"))
		s.fromMemory("Gig 0")
	})
}

type brokenFile struct{ memoryFile }

func (*brokenFile) Snapshot(context.Context, event.TimeRange, func(*event.Event) error) (catalogue.Version, error) {
	return catalogue.Version{}, fault.New(fault.Internal, "the disk is broken")
}

func TestAStoreThatIsAwayForLongAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(3)...)
		s := run(t, store, plain(), search.ModelOptions{})
		s.heard()
		store.leave(errAway)
		for range 100 {
			time.Sleep(time.Minute)
			s.fromMemory("Gig 0, Gig 1, Gig 2")
		}
		state := s.State()
		assert.Equal(t, search.ModelFollowing, state.Phase)
		assert.Equal(t, 100*time.Minute, state.Lag.Round(time.Minute))
		assert.Equal(t, []string{"followed: 0 unavailable"}, s.heard("followed"))

		many := make([]event.Event, 10_000)
		for i := range many {
			many[i] = called(gig(2), fmt.Sprint("Take ", i))
		}
		store.put(many...)
		store.leave(nil)
		time.Sleep(200 * time.Millisecond)
		assert.Equal(t, []string{"followed: 5904 ok", "followed: 1808 ok", "followed: 0 ok"}, s.heard("followed", "filled"), "by the log")
		s.fromMemory("Gig 0, Gig 1, Take 9999")
		assert.Zero(t, s.State().Lag)
		assert.Zero(t, s.State().Behind)
	})
}

// A store that neither answers nor fails.
func TestAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gig(0))
		s := run(t, store, plain(), search.ModelOptions{})
		assert.Zero(t, s.State().Lag)
		store.hang(true)
		time.Sleep(5 * time.Second)
		assert.Greater(t, s.State().Lag, 3*time.Second, "no error is known yet")
		s.fromMemory("Gig 0")

		file := fileOf(t, store)
		again := run(t, store, plain(), search.ModelOptions{File: file})
		assert.Equal(t, search.ModelLoading, again.Phase())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		again.fromMemory("Gig 0")
		store.hang(false)
	})
}

func TestWhoAwaitsChangesHearsThatAnotherIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, filling := newStock(gigs(2)...), make(chan struct{})
		store.whenRead(func() { <-filling })
		s := run(t, store, plain(), search.ModelOptions{})
		head := store.put(gig(2))
		heard := make(chan error)
		await := func() {
			_, err := s.Await(t.Context(), head)
			heard <- err
		}
		go await()
		synctest.Wait()
		select {
		case <-heard:
			require.Fail(t, "there is no news")
		default:
		}
		close(filling)
		require.NoError(t, <-heard, "the model is asked from now on")

		go await()
		synctest.Wait()
		store.whenRead(func() { <-t.Context().Done() })
		store.restore(gig(7))
		require.NoError(t, <-heard, "and now it is not")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Await(ctx, store.put())
		require.Error(t, err)
	})
}

func TestThereIsAnotherHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(5)...)
		s := run(t, store, plain(), search.ModelOptions{SweepIn: never})
		time.Sleep(time.Hour)
		filling := make(chan struct{})
		store.whenRead(func() {
			_, held := s.index.At()
			assert.False(t, held, "two of them would not fit")
			<-filling
		})
		s.heard()
		store.restore(gig(8), gig(9))
		time.Sleep(time.Second)
		assert.Equal(t, search.ModelLoading, s.Phase())
		s.fromStore("Gig 8, Gig 9")
		store.whenRead(nil)
		close(filling)
		assert.Equal(t, []string{"followed: 0 gone", "loading", "filled from store: 2 ok", "followed: 0 ok", "following"}, s.heard(append(phases, "filled", "followed")...))
		s.fromMemory("Gig 8, Gig 9")
	})
}

// A store that shows another history to each look is not read without end.
func TestHistoriesThatDoNotLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(5)...)
		s := run(t, store, plain(), search.ModelOptions{})
		store.snapshots.Store(0)
		for range 60 {
			store.restore(gig(1), gig(2))
			time.Sleep(time.Second)
		}
		assert.Less(t, store.snapshots.Load(), int64(10))
		time.Sleep(time.Minute)
		s.fromMemory("Gig 1, Gig 2")
	})
}

func TestACatalogueThatTakesTooMuchMemory(t *testing.T) {
	for name, events := range map[string]int{"as it is": 11, "as it grows": 8} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newStock(gigs(events)...)
				s := run(t, store, plainmodel.New(plainmodel.Options{MaxEvents: 10}), search.ModelOptions{})
				store.put(gigs(11)...)
				synctest.Wait()
				require.Equal(t, search.ModelTooLarge, s.Phase())
				_, held := s.index.At()
				assert.False(t, held)
				assert.Contains(t, s.State().Problem, "more events than there is memory for")
				before := store.searches.Load()
				assert.Contains(t, s.titles(), "Gig 10")
				assert.Equal(t, before+1, store.searches.Load())

				snapshots := store.snapshots.Load()
				time.Sleep(time.Hour - time.Second)
				assert.Equal(t, snapshots, store.snapshots.Load())
				store.restore(gigs(3)...)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				s.fromMemory("Gig 0, Gig 1, Gig 2")
			})
		})
	}
}

// A page behind another is of the version of that one.
func TestPagesOfOtherVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(3)...)
		before := store.put(called(gig(2), "Before"))
		store.put(called(gig(2), "After"))
		s := run(t, store, plain(), search.ModelOptions{})
		behind := func(v catalogue.Version) catalogue.Query {
			position := catalogue.Order{}.PositionOf(new(gig(1)))
			return catalogue.Query{Limit: 10, After: &position, AsOf: v}
		}
		ask := func(v catalogue.Version) (string, error) {
			page, err := s.Search(t.Context(), behind(v))
			return titlesOf(page), err
		}
		got, err := ask(before)
		require.NoError(t, err, "the store reaches further back")
		assert.Equal(t, "Before", got)

		{ // another process knows it already
			store.leave(errAway)
			synctest.Wait()
			next := store.put(called(gig(2), "Next"))
			time.AfterFunc(300*time.Millisecond, func() { store.leave(nil) })
			asked := store.searches.Load()
			got, err := ask(next)
			require.NoError(t, err)
			assert.Equal(t, "Next", got)
			assert.Equal(t, asked, store.searches.Load())
		}
		{ // it is not heard of
			store.leave(errAway)
			synctest.Wait()
			next := store.put(called(gig(2), "Never"))
			began := time.Now()
			_, err := ask(next)
			assert.Equal(t, error(errAway), err, "the store has the last word")
			assert.Equal(t, time.Second, time.Since(began))
			began = time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err = s.Search(ctx, behind(next))
			require.Error(t, err)
			assert.Equal(t, 100*time.Millisecond, time.Since(began))
		}
		{ // nonsense is not asked of the store
			asked := store.searches.Load()
			_, err := s.Search(t.Context(), catalogue.Query{})
			assert.Equal(t, fault.Invalid, fault.KindOf(err))
			assert.Equal(t, asked, store.searches.Load())
		}
	})
}

func TestTheFileIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, file := newStock(gigs(2)...), &memoryFile{}
		s := run(t, store, plain(), search.ModelOptions{File: file})
		time.Sleep(5 * time.Minute)
		assert.Equal(t, []string{"kept at 2: ok"}, s.heard("kept"))
		time.Sleep(time.Hour)
		assert.Empty(t, s.heard("kept"), "nothing changed")

		file.err = fault.New(fault.Internal, "the disk is full")
		store.put(gig(2))
		time.Sleep(5 * time.Minute)
		assert.Equal(t, []string{"kept at 3: internal"}, s.heard("kept"))
		file.err = nil
		time.Sleep(5 * time.Minute)
		assert.Equal(t, []string{"kept at 3: ok"}, s.heard("kept"), "it is tried again")

		store.put(gig(3))
		synctest.Wait()
		s.stop()
		assert.Equal(t, []string{"kept at 4: ok"}, s.heard("kept"), "once more at the end")
		s.fromMemory("Gig 0, Gig 1, Gig 2, Gig 3")

		again := run(t, store, plain(), search.ModelOptions{File: file})
		assert.Equal(t, []string{"filled from file: 4 ok"}, again.heard("filled"))
		again.stop()
		assert.Empty(t, again.heard("kept"), "it is there already")
	})
}

func TestAFarCacheIsAskedOnlyWhileTheStoreIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, filling := newStock(gigs(2)...), make(chan struct{})
		store.whenRead(func() { <-filling })
		s := run(t, store, plain(), search.ModelOptions{})
		under := memcache.New(memcache.Options{})
		far := s.Far(under)
		one, other := ports.AnswerKey{1}, ports.AnswerKey{2}
		found := func(c ports.AnswerCache, key ports.AnswerKey) bool {
			_, there, err := c.Get(t.Context(), key)
			require.NoError(t, err)
			return there
		}
		answer := ports.Answer{Stored: time.Now(), Body: []byte("1")}
		require.NoError(t, far.Put(t.Context(), one, answer, time.Minute))
		assert.True(t, found(far, one))
		close(filling)
		synctest.Wait()
		assert.False(t, found(far, one))
		require.NoError(t, far.Put(t.Context(), other, answer, time.Minute))
		assert.False(t, found(under, other))
		assert.True(t, found(under, one))
	})
}
