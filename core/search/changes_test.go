package search_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// openChanges starts a process that tells changes, until the test ends.
func openChanges(t *testing.T, log *search.Journal) *search.Changes {
	t.Helper()
	fresh := search.NewFreshness(log, search.FreshnessOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { fresh.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	synctest.Wait()
	return search.NewChanges(log, fresh, time.Now)
}

// told is what a reader was told, and when.
type told struct {
	batch search.ToldChanges
	err   error
	after time.Duration
}

// readers ask all at once and wait.
func readers(t *testing.T, c *search.Changes, n int, after catalogue.Version, wait time.Duration) func() []told {
	t.Helper()
	began, all := time.Now(), make([]told, n)
	var reading sync.WaitGroup
	for i := range all {
		reading.Go(func() {
			all[i].batch, all[i].err = c.After(t.Context(), after, 10, wait)
			all[i].after = time.Since(began)
		})
	}
	synctest.Wait()
	return func() []told {
		reading.Wait()
		return all
	}
}

func TestWhoWaitsForChangesIsToldOfThemAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		head := log.Append(monday)
		c := openChanges(t, log)
		log.Slow(time.Millisecond)
		before := log.Reads()
		answers := readers(t, c, 1000, head, 30*time.Second)
		time.Sleep(7 * time.Second)
		next := log.Append(tuesday)
		for _, a := range answers() {
			require.NoError(t, a.err)
			require.Len(t, a.batch.Changes, 1)
			require.Equal(t, next, a.batch.Head)
			require.Equal(t, 7*time.Second+2*time.Millisecond, a.after, "the follower's look, and that of them all")
			require.Equal(t, 7*time.Second+time.Millisecond, a.batch.Waited)
		}
		assert.Equal(t, 2, log.Reads()-before, "who waits costs nothing, and who asks for the same shares one look")
	})
}

func TestWaitingForChangesEnds(t *testing.T) {
	tests := map[string]struct {
		meanwhile func(*search.Journal, *search.Changes)
		wait      time.Duration
		after     time.Duration
		kind      fault.Kind
	}{
		"after the wait":                {func(*search.Journal, *search.Changes) {}, 30 * time.Second, 30 * time.Second, fault.None},
		"at once, without one":          {func(*search.Journal, *search.Changes) {}, 0, 0, fault.None},
		"when the process stops":        {func(_ *search.Journal, c *search.Changes) { c.End() }, 30 * time.Second, time.Second, fault.None},
		"in another history":            {func(j *search.Journal, _ *search.Changes) { j.Restore(1) }, 30 * time.Second, time.Second + 200*time.Millisecond, fault.Gone},
		"in the end, without the store": {func(j *search.Journal, _ *search.Changes) { j.Break(errAway) }, 30 * time.Second, 30 * time.Second, fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := search.NewJournal()
				head := log.Append(monday, tuesday)
				c := openChanges(t, log)
				answers := readers(t, c, 3, head, tt.wait)
				time.Sleep(time.Second)
				tt.meanwhile(log, c)
				for _, a := range answers() {
					assert.Equal(t, tt.kind, fault.KindOf(a.err), "%v", a.err)
					assert.Equal(t, tt.after, a.after)
					assert.Empty(t, a.batch.Changes)
				}
			})
		})
	}
}

func TestNobodyWaitsOnceTheProcessStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		c := openChanges(t, log)
		c.End()
		for _, a := range readers(t, c, 2, log.Append(monday), time.Minute)() {
			assert.NoError(t, a.err)
			assert.Zero(t, a.after)
		}
	})
}

// A reader who goes away takes nothing from the others who share its look.
func TestAReaderThatGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := search.NewJournal()
		head := log.Append(monday)
		c := openChanges(t, log)
		ctx, goAway := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := c.After(ctx, head, 10, time.Minute)
			gone <- err
		}()
		answers := readers(t, c, 1, head, time.Minute)
		goAway()
		assert.Equal(t, fault.Canceled, fault.KindOf(<-gone))
		log.Append(tuesday)
		for _, a := range answers() {
			require.NoError(t, a.err)
			assert.Len(t, a.batch.Changes, 1)
		}
	})
}
