package search

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type nameKey struct{}

func named() context.Context { return context.WithValue(context.Background(), nameKey{}, "pilot") }

// flying calls during with the life of a flight whose pilot has that context, and then tells how that life ended.
func flying(ctx context.Context, timeout time.Duration, during func(s *flights[int, int], l *life)) *life {
	s := newFlights[int, int](timeout)
	f, _ := s.join(1)
	s.fly(ctx, 1, f, func(context.Context) (int, error) {
		during(s, &f.life)
		return 0, nil
	})
	return &f.life
}

func TestAFlightAloneHasNothingThatWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(named())
	defer cancel()
	began := time.Now()
	over := flying(ctx, time.Minute, func(_ *flights[int, int], l *life) {
		require.NoError(t, l.Err())
		until, ok := l.Deadline()
		assert.True(t, ok)
		assert.WithinDuration(t, began.Add(time.Minute), until, 10*time.Second)
		assert.Equal(t, "pilot", l.Value(nameKey{}))
		assert.Nil(t, l.Value("another"))
		require.NoError(t, context.Cause(l))
		assert.Nil(t, l.waker.Load())
	})
	assert.Same(t, ended, over.waker.Load())
	assert.Equal(t, context.Canceled, over.Err())
	assert.Equal(t, context.Canceled, context.Cause(over))
	assert.Equal(t, "pilot", over.Value(nameKey{}))
	child, stop := context.WithTimeout(over, time.Minute)
	defer stop()
	assert.Equal(t, context.Canceled, child.Err())
	<-over.Done()
}

func TestWhatIsMadeFromALifeEndsWithIt(t *testing.T) {
	const children = 100
	var lives []context.Context
	var told sync.WaitGroup
	flying(named(), time.Minute, func(_ *flights[int, int], l *life) {
		before := runtime.NumGoroutine()
		told.Add(children)
		for range children {
			child, cancel := context.WithTimeout(context.WithValue(l, nameKey{}, "child"), time.Hour)
			t.Cleanup(cancel)
			context.AfterFunc(child, told.Done)
			lives = append(lives, child)
		}
		assert.Less(t, runtime.NumGoroutine(), before+children, "a goroutine waits for each")
		for _, child := range lives {
			assert.NoError(t, child.Err())
		}
	})
	told.Wait()
	for _, child := range lives {
		assert.Equal(t, context.Canceled, child.Err())
	}
}

// A life tells what a context with a timer, which is told when its pilot goes away, would tell, whatever is asked of it when.
func TestALifeIsAsIfEverythingWaited(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		const pause, goAway, join, leave, done, look = 0, 1, 2, 3, 4, 5
		steps := rapid.SliceOfN(rapid.IntRange(pause, look), 1, 12).Draw(r, "steps")
		synctest.Test(t, func(t *testing.T) {
			const timeout = 3 * time.Second
			pilot, cancelPilot := context.WithCancel(named())
			defer cancelPilot()
			want, cancel := context.WithTimeout(context.WithoutCancel(pilot), timeout)
			defer cancel()
			waiting, others := 1, 0
			left := func() {
				if waiting--; waiting == 0 {
					cancel()
				}
			}
			over := flying(pilot, timeout, func(s *flights[int, int], l *life) {
				known := true // how it ended; unless it ended in two ways before anybody asked
				for _, step := range steps {
					switch step {
					case pause:
						time.Sleep(time.Second)
						known = known && (waiting > 0 || l.waker.Load() != nil)
					case goAway:
						if pilot.Err() == nil {
							cancelPilot()
							left()
						}
					case join:
						f, first := s.join(1)
						require.Equal(t, waiting == 0, first, "who comes now starts another once nobody waits, %v", steps)
						if first {
							s.fly(context.Background(), 1, f, func(context.Context) (int, error) { return 0, nil })
						} else {
							waiting++
							others++
						}
					case leave:
						if others > 0 {
							others--
							l.leave()
							left()
						}
					case done:
						l.Done()
					case look:
						require.Equal(t, want.Err() == nil, l.Err() == nil, "%v", steps)
						if known {
							require.Equal(t, want.Err(), l.Err(), "%v", steps)
						}
					}
					synctest.Wait()
					if w := l.waker.Load(); w != nil {
						require.Equal(t, want.Err() == nil, w.Err() == nil, "who waits is told, %v", steps)
					}
				}
			})
			<-over.Done()
		})
	})
}

// However its callers come and go, a flight is not given up while one of them waits, and is once none does.
func TestManyComeAndGo(t *testing.T) {
	s := newFlights[int, int](time.Minute)
	var flown, joined atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				ctx, goAway := context.WithCancel(named())
				f, pilot := s.join(1)
				if pilot {
					flown.Add(1)
					leaver := time.AfterFunc(rand.N(50*time.Microsecond), goAway)
					s.fly(ctx, 1, f, func(life context.Context) (int, error) { return bringSlowly(life, t) })
					leaver.Stop()
				} else {
					joined.Add(1)
					wait(t, s, f)
				}
				goAway()
			}
		})
	}
	all.Wait()
	assert.Empty(t, s.byKey)
	t.Logf("%d flown, %d joined", flown.Load(), joined.Load())
}

// bringSlowly looks at its life in one of the ways in which a store may.
func bringSlowly(life context.Context, t *testing.T) (int, error) {
	for range rand.N(20) {
		switch rand.N(4) {
		case 0:
			select {
			case <-life.Done():
				assert.Error(t, life.Err())
				return 0, life.Err()
			case <-time.After(rand.N(20 * time.Microsecond)):
			}
		case 1:
			if err := life.Err(); err != nil {
				<-life.Done()
				assert.Equal(t, err, life.Err())
				return 0, err
			}
		case 2:
			child, cancel := context.WithTimeout(life, time.Hour)
			assert.Equal(t, "pilot", child.Value(nameKey{}))
			cancel()
		default:
			runtime.Gosched()
		}
	}
	return 1, nil
}

func wait(t *testing.T, s *flights[int, int], f *flight[int]) {
	patience := time.Hour
	if rand.N(2) == 0 {
		patience = rand.N(50 * time.Microsecond)
	}
	select {
	case <-f.over:
		assert.NoError(t, f.err, "it was given up while somebody waited")
	case <-time.After(patience):
		s.leave(f)
	}
}
