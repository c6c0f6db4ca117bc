package search_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/plainmodel"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

const never = 1000 * time.Hour

func TestAFlippedValueIsFoundByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run(t, newStock(gigs(5)...), plain(), search.ModelOptions{SweepIn: never})
		require.True(t, s.index.Damage(gig(3).ID))
		s.fromMemory("Gig 0, Gig 1, Gig 2, Gig 3?, Gig 4")
		s.heard()
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"audited itself: 1 wrong of 1, ok"}, s.heard("audited"))
		s.fromMemory("Gig 0, Gig 1, Gig 2, Gig 3, Gig 4")
		assert.EqualValues(t, 1, s.State().Wrong)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"audited itself: 0 wrong of 0, ok"}, s.heard("audited"))
	})
}

func TestAFlippedValueIsPutRightWhenTheStoreIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run(t, newStock(gigs(5)...), plain(), search.ModelOptions{SweepIn: never})
		s.index.Damage(gig(3).ID)
		s.store.leave(errAway)
		s.heard()
		time.Sleep(5 * time.Minute)
		assert.Equal(t, []string{"audited itself: 0 wrong of 0, unavailable"}, s.heard("audited"), "told once")
		s.store.leave(nil)
		time.Sleep(20 * time.Second)
		assert.Equal(t, []string{"audited itself: 1 wrong of 1, ok"}, s.heard("audited"))
		s.fromMemory("Gig 0, Gig 1, Gig 2, Gig 3, Gig 4")
	})
}

// failing is a read model whose searches may fail for what is wrong in it, until it is looked at.
type failing struct {
	*plainmodel.Model
	wrong   atomic.Bool
	refuses atomic.Bool // changes
	inVain  atomic.Bool // a look finds nothing
	looks   atomic.Int64
}

func (f *failing) Apply(ctx context.Context, changes []catalogue.Change) error {
	if f.refuses.Load() && len(changes) > 0 {
		return fault.New(fault.Internal, "a place that there is not")
	}
	return f.Model.Apply(ctx, changes)
}

func (f *failing) Drop() {
	f.refuses.Store(false)
	f.Model.Drop()
}

func (f *failing) Search(ctx context.Context, q catalogue.Query) (catalogue.Page, error) {
	if f.wrong.Load() {
		return catalogue.Page{}, fault.New(fault.Internal, "a place that there is not")
	}
	return f.Model.Search(ctx, q)
}

func (f *failing) Damaged(ctx context.Context) (ports.Damage, error) {
	f.looks.Add(1)
	damage, err := f.Model.Damaged(ctx)
	if !f.inVain.Load() {
		damage.Lookups = f.wrong.Swap(false)
	}
	return damage, err
}

func TestTheStoreAnswersForAModelThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, index := newStock(gigs(3)...), &failing{Model: plain()}
		s := run(t, store, index, search.ModelOptions{SweepIn: never})
		time.Sleep(5 * time.Second)
		index.wrong.Store(true)
		s.heard()
		before := store.searches.Load()
		require.Equal(t, "Gig 0, Gig 1, Gig 2", s.titles())
		require.Equal(t, before+1, store.searches.Load())
		assert.Equal(t, []string{"failed", "audited itself: lookups wrong"}, s.heard("audited", "failed"), "it is looked at there and then")
		s.fromMemory("Gig 0, Gig 1, Gig 2")

		store.leave(errAway)
		index.wrong.Store(true)
		_, err := s.Search(t.Context(), catalogue.Query{Limit: 1})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "what was found before may be served")
	})
}

// Where searches go on failing, that is no reason to look at everything all the time. A look that found nothing is no reason for another: it is
// something else, which more looks would not find.
func TestHowOftenWhatIsSuspectedIsLookedAt(t *testing.T) {
	for name, tt := range map[string]struct {
		inVain bool
		looks  int // in a minute
	}{"something is found": {false, 60}, "in vain": {true, 4}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				index := &failing{Model: plain()}
				index.inVain.Store(tt.inVain)
				s := run(t, newStock(gigs(3)...), index, search.ModelOptions{SweepIn: never})
				before := index.looks.Load()
				for range 6000 {
					index.wrong.Store(true)
					s.titles()
					time.Sleep(10 * time.Millisecond)
				}
				assert.InDelta(t, tt.looks, index.looks.Load()-before, 1)
			})
		})
	}
}

// What is found is told each time, whether or not everything could be put right.
func TestWrongLookupsAreToldWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		index := &failing{Model: plain()}
		s := run(t, newStock(gigs(5)...), index, search.ModelOptions{SweepIn: never})
		s.store.leave(errAway)
		index.Damage(gig(3).ID)
		time.Sleep(time.Minute)
		s.heard()
		index.wrong.Store(true)
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"audited itself: lookups wrong"}, s.heard("audited"))
	})
}

func TestAModelThatRefusesChangesIsFilledAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, index := newStock(gigs(3)...), &failing{Model: plain()}
		s := run(t, store, index, search.ModelOptions{SweepIn: never})
		index.refuses.Store(true)
		before := index.looks.Load()
		store.put(called(gig(1), "Next"))
		time.Sleep(30 * time.Second)
		assert.EqualValues(t, 2, index.looks.Load()-before, "one at once, because something is suspected, and one as ever")
		s.fromMemory("Gig 0, Gig 1, Gig 2")
		assert.Contains(t, s.State().Problem, "a place that there is not")
		assert.Equal(t, 30*time.Second, s.State().Lag.Truncate(time.Second))
		s.heard()
		time.Sleep(40 * time.Second)
		s.fromMemory("Gig 0, Next, Gig 2")
		assert.Contains(t, s.heard("filled"), "filled from store: 3 ok")
		assert.Empty(t, s.State().Problem)

		store.leave(fault.New(fault.Internal, "the log is broken"))
		time.Sleep(time.Hour)
		s.fromMemory("Gig 0, Next, Gig 2") // it is the store's fault, and no reason to drop what there is
	})
}

// astray is a file that has something else of a version than the store.
func astray(t *testing.T, store *stock, differ ...event.Event) *memoryFile {
	t.Helper()
	at, _ := store.now.Load().At()
	all := map[event.ID]event.Event{}
	_, err := store.now.Load().Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
		all[e.ID] = *e
		return nil
	})
	require.NoError(t, err)
	for _, e := range differ {
		all[e.ID] = e
	}
	f := &memoryFile{kept: plain()}
	require.NoError(t, f.kept.Fill(t.Context(), snapshotOf{at, all}))
	return f
}

type snapshotOf struct {
	at  catalogue.Version
	all map[event.ID]event.Event
}

func (s snapshotOf) Snapshot(_ context.Context, _ event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	for _, e := range s.all {
		if err := each(&e); err != nil {
			return s.at, err
		}
	}
	return s.at, nil
}

func TestASweepFindsWhatDiffersFromTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(20)...)
		s := run(t, store, plain(), search.ModelOptions{
			File: astray(t, store, called(gig(3), "Wrong"), called(gig(12), "Wrong, too"), gig(30)), PartSize: 5, ItselfEvery: never,
		})
		require.Contains(t, s.titles(), "Wrong")
		assert.Zero(t, s.State().Audited)
		s.heard()
		time.Sleep(46 * time.Second)
		synctest.Wait()
		assert.NotContains(t, s.titles(), "Wrong")
		assert.NotContains(t, s.titles(), "Gig 30")
		assert.EqualValues(t, 3, s.State().Wrong)
		assert.WithinDuration(t, time.Now(), s.State().Audited, 2*time.Second)
		store.snapshots.Store(0)
		time.Sleep(45 * time.Second)
		assert.InDelta(t, 4, store.snapshots.Load(), 1, "a part at a time")
	})
}

func TestASweepIsGentle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := run(t, newStock(gigs(1000)...), plain(), search.ModelOptions{PartSize: 10, EventsPerSecond: 5})
		time.Sleep(190 * time.Second)
		assert.Zero(t, s.State().Audited)
		time.Sleep(30 * time.Second)
		assert.NotZero(t, s.State().Audited)
	})
}

func TestASweepWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(20)...)
		s := run(t, store, plain(), search.ModelOptions{File: astray(t, store, called(gig(19), "Wrong")), PartSize: 5, ItselfEvery: never})
		time.Sleep(25 * time.Second)
		s.heard()
		store.leave(errAway)
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"audited store: 0 wrong of 0, unavailable"}, s.heard("audited"), "told once")
		require.Contains(t, s.titles(), "Wrong")
		store.leave(nil)
		time.Sleep(25 * time.Second)
		synctest.Wait()
		assert.NotContains(t, s.titles(), "Wrong", "it goes on where it was")
		assert.NotZero(t, s.State().Audited)
	})
}

// The store has far more in a part than the model, which decided what the parts are.
func TestAPartWithMoreThanIsExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(200)...)
		at, _ := store.now.Load().At()
		file := &memoryFile{kept: plain()}
		require.NoError(t, file.kept.Fill(t.Context(), snapshotOf{at: at}))
		s := run(t, store, plain(), search.ModelOptions{File: file, MostAtOnce: 7, ItselfEvery: never, SweepIn: never})
		require.Empty(t, s.titles())
		v, err := s.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 200, v.Wrong)
		assert.Equal(t, 200, s.State().Size.Events)
	})
}

func TestVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, index := newStock(gigs(20)...), &failing{Model: plain()}
		s := run(t, store, index, search.ModelOptions{
			File: astray(t, store, called(gig(3), "Wrong")), PartSize: 5, ItselfEvery: never, SweepIn: never,
		})
		require.True(t, s.index.Damage(gig(12).ID))
		index.wrong.Store(true)
		store.whenRead(func() { time.Sleep(time.Second) })
		v, err := s.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 20, v.Events)
		assert.Equal(t, 2, v.Wrong)
		assert.Equal(t, 2, v.WrongDays)
		assert.Equal(t, 1, v.Lookups)
		assert.GreaterOrEqual(t, v.Days, 20)
		assert.Equal(t, 5*time.Second, v.Took, "one damaged day and four parts")
		assert.Equal(t, []string{"audited itself: 1 wrong of 1, ok", "audited itself: lookups wrong", "audited store: 1 wrong of 5, ok",
			"audited store: 0 wrong of 5, ok", "audited store: 0 wrong of 5, ok", "audited store: 0 wrong of 5, ok"}, s.heard("audited"))
		assert.NotZero(t, s.State().Audited)
		v, err = s.Verify(t.Context())
		require.NoError(t, err)
		assert.Zero(t, v.Wrong)

		{ // who asks meanwhile shares it
			store.snapshots.Store(0)
			got := make(chan search.Verification, 5)
			for range 5 {
				go func() {
					v, err := s.Verify(t.Context())
					assert.NoError(t, err)
					got <- v
				}()
			}
			for range 5 {
				assert.Equal(t, 20, (<-got).Events)
			}
			assert.EqualValues(t, 4, store.snapshots.Load())
		}
		{ // the store is away
			store.leave(errAway)
			_, err := s.Verify(t.Context())
			assert.Equal(t, fault.Unavailable, fault.KindOf(err))
			store.leave(nil)
		}
		{ // a caller that goes away
			ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
			defer cancel()
			_, err := s.Verify(ctx)
			assert.Error(t, err)
		}
	})
}

func TestVerifyNeedsAModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gig(0))
		store.leave(errAway)
		s := run(t, store, plain(), search.ModelOptions{})
		_, err := s.Verify(t.Context())
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	})
}

// What the store has of a history of which the follower has not heard is not put into what is held, and is no mistake.
func TestAnotherHistoryIsNoMistake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, events := range [][]event.Event{gigs(3), nil} {
			store := newStock(gigs(20)...)
			s := run(t, store, trusting{plain()}, search.ModelOptions{ItselfEvery: never, SweepIn: never})
			store.hang(true)
			time.Sleep(2 * time.Second) // the follower looks
			store.restore(events...)
			verified := make(chan error)
			go func() {
				_, err := s.Verify(t.Context())
				verified <- err
			}()
			time.Sleep(time.Second)
			assert.Equal(t, 20, s.State().Size.Events)
			store.hang(false)
			assert.Error(t, <-verified)
			time.Sleep(2 * time.Second)
			assert.Zero(t, s.State().Wrong)
			assert.Equal(t, len(events), s.State().Size.Events)
		}
	})
}

// trusting is a read model that takes any version that is not ahead for one of its history.
type trusting struct{ *plainmodel.Model }

func (m trusting) Reconcile(ctx context.Context, starts event.TimeRange, of catalogue.Version, all []event.Event) (ports.Reconciled, error) {
	if at, _ := m.At(); of.Number <= at.Number {
		of = at
	}
	return m.Model.Reconcile(ctx, starts, of, all)
}

// The store is a moment ahead of what is held.
func TestTheStoreIsAheadOfTheModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(20)...)
		s := run(t, store, plain(), search.ModelOptions{ItselfEvery: never, SweepIn: never})
		store.hang(true)
		time.Sleep(2 * time.Second)
		store.put(called(gig(3), "Next"))
		time.AfterFunc(500*time.Millisecond, func() { store.hang(false) })
		store.snapshots.Store(0)
		v, err := s.Verify(t.Context())
		require.NoError(t, err)
		assert.Zero(t, v.Wrong)
		assert.EqualValues(t, 1, store.snapshots.Load(), "it waits, and does not read again")
		assert.Contains(t, s.titles(), "Next")
	})
}
