package search

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

var (
	monday, tuesday, friday = span("2026-11-23", "2026-11-23"), span("2026-11-24", "2026-11-24"), span("2026-11-27", "2026-11-27")
	week                    = span("2026-11-23", "2026-11-29")
	anyDay                  = event.TimeRange{}
)

// follow runs a follower of the journal until the test ends, in its bubble.
func follow(t *testing.T, j *Journal) *Freshness {
	t.Helper()
	f := NewFreshness(j, FreshnessOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	synctest.Wait()
	return f
}

func (f *Freshness) own(v catalogue.Version, about event.TimeRange) bool {
	return f.current(f.now(), v, 0, about)
}

func (f *Freshness) others(v catalogue.Version, about event.TimeRange) bool {
	_, current := f.recognised(v, about)
	return current
}

func TestAChangeTouchesItsDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		before := j.Append(monday)
		f := follow(t, j)
		for _, when := range []event.TimeRange{monday, tuesday, week, anyDay} {
			assert.True(t, f.own(before, when))
			assert.True(t, f.others(before, when))
		}
		moved := j.Move(monday, friday)
		synctest.Wait()
		for when, current := range map[event.TimeRange]bool{monday: false, tuesday: true, friday: false, week: false, anyDay: false} {
			assert.Equal(t, current, f.own(before, when))
			assert.Equal(t, current, f.others(before, when))
			assert.True(t, f.own(moved, when))
			assert.True(t, f.others(moved, when))
		}
	})
}

func TestNothingIsCurrentBeforeTheLogIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		head := j.Append(monday)
		idle := NewFreshness(j, FreshnessOptions{})
		assert.False(t, idle.own(head, tuesday))
		assert.False(t, idle.others(head, tuesday))

		j.Break(fault.New(fault.Unavailable, "away"))
		f := follow(t, j)
		epoch := f.now()
		assert.False(t, f.own(head, tuesday))
		j.Break(nil)
		time.Sleep(followAgain)
		synctest.Wait()
		assert.True(t, f.own(head, tuesday))
		assert.False(t, f.current(epoch, head, 0, tuesday), "what was made while nobody followed")
		assert.False(t, f.own(catalogue.Version{}, tuesday), "what changed before it began is not known")
	})
}

func TestWhileTheStoreIsAwayWhatIsKnownStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		head := j.Append(monday)
		f := follow(t, j)
		j.Break(fault.New(fault.Unavailable, "away"))
		time.Sleep(time.Hour)
		assert.True(t, f.own(head, monday))
		assert.True(t, f.others(head, monday))
		assert.InDelta(t, time.Hour/followAgain, j.Reads(), 5, "and it is asked for now and then")

		j.Break(nil)
		j.Append(monday)
		time.Sleep(followAgain)
		synctest.Wait()
		assert.False(t, f.own(head, monday))
		assert.True(t, f.own(head, tuesday), "it goes on where it was")
	})
}

func TestAVersionThatIsNotReadYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		j.Append(monday)
		f := follow(t, j)
		next := catalogue.Version{Number: 2, Tag: 1}
		assert.True(t, f.own(next, monday), "this process was quicker than its follower")
		assert.False(t, f.others(next, monday), "another's may be of any history")
		assert.False(t, f.current(f.now(), next, time.Second, monday), "nor is it believed for long")

		j.Append(friday)
		synctest.Wait()
		assert.False(t, f.own(next, tuesday), "its number was given to another change")
		assert.False(t, f.others(next, tuesday))
	})
}

// A backup was restored, and numbers are given out again.
func TestAnotherHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		common := j.Append(monday, monday)
		lost := j.Append(monday, monday, monday)
		f := follow(t, j)
		epoch := f.now()
		j.Append(tuesday)
		synctest.Wait()
		require.True(t, f.own(lost, friday))

		j.Restore(2)
		synctest.Wait()
		assert.False(t, f.own(lost, friday), "nothing is current")
		assert.False(t, f.others(lost, friday))
		time.Sleep(followAgain)
		synctest.Wait()
		assert.False(t, f.current(epoch, common, 0, friday), "nor what is of both, for all that is known")
		assert.True(t, f.own(common, friday))
		assert.True(t, f.others(common, friday), "the tag tells that it is of this one")
		assert.False(t, f.others(lost, friday), "its number is not given out again yet")

		again := j.Append(tuesday, tuesday, tuesday)
		synctest.Wait()
		require.Equal(t, lost.Number, again.Number)
		assert.True(t, f.others(again, monday))
		assert.False(t, f.others(lost, monday))
	})
}

func TestAVersionThatIsTooOldToBeRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		old := j.Append(monday)
		f := follow(t, j)
		for range tagsKept / 1024 {
			assert.True(t, f.others(old, tuesday))
			many := make([]event.TimeRange, 1024)
			for i := range many {
				many[i] = friday
			}
			j.Append(many...)
			synctest.Wait()
		}
		assert.False(t, f.others(old, tuesday))
		assert.True(t, f.own(old, tuesday), "the process knows its own")
	})
}

// Who is behind by more than it remembers goes on at the head, where nothing from before is current.
func TestFarBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		old := j.Append(monday)
		f := follow(t, j)
		j.Break(fault.New(fault.Unavailable, "away"))
		time.Sleep(followAgain)
		reads := j.Reads()
		many := make([]event.TimeRange, tagsKept+1)
		for i := range many {
			many[i] = friday
		}
		head := j.Append(many...)
		j.Break(nil)
		time.Sleep(followAgain)
		synctest.Wait()
		assert.False(t, f.own(old, tuesday))
		assert.True(t, f.own(head, tuesday))
		assert.Less(t, j.Reads()-reads, 6)
	})
}

func TestTheFollowerTellsHowItStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal()
		j.Append(monday)
		var told []string
		f := NewFreshness(j, FreshnessOptions{OnFollow: func(_ context.Context, s Follow) {
			told = append(told, strconv.FormatInt(s.Behind, 10)+" "+fault.KindOf(s.Err).String())
		}})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { f.Run(ctx) })
		synctest.Wait()
		j.Append(make([]event.TimeRange, changesAtOnce+5)...)
		synctest.Wait()
		j.Break(fault.New(fault.Unavailable, "away"))
		synctest.Wait()
		cancel()
		running.Wait()
		assert.Equal(t, []string{"0 ok", "5 ok", "0 ok", "0 unavailable"}, told)
	})
}

// Those who ask and the follower do not get into each other's way.
func TestManyAskWhileTheLogIsFollowed(t *testing.T) {
	j := NewJournal()
	first := j.Append(monday)
	f := NewFreshness(j, FreshnessOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { f.Run(ctx) })
	require.Eventually(t, func() bool { return f.others(first, friday) }, 10*time.Second, time.Millisecond)
	for range 4 {
		all.Go(func() {
			for range 2000 {
				epoch := f.now()
				f.current(epoch, first, 0, week)
				f.recognised(first, monday)
			}
		})
	}
	for range 200 {
		j.Append(monday, tuesday)
	}
	head := j.Head()
	require.Eventually(t, func() bool { return f.others(head, anyDay) }, 10*time.Second, time.Millisecond)
	cancel()
	all.Wait()
	assert.False(t, f.own(first, monday))
	assert.True(t, f.own(first, friday))
}

// What it costs to follow, with half of the changes moving an event.
func BenchmarkFollow(b *testing.B) {
	when := programme(changesAtOnce + 1)
	changes := make([]catalogue.Change, changesAtOnce)
	for i := range changes {
		start, _ := when[i].From.Unix()
		end, _ := when[i].To.Unix()
		changes[i] = catalogue.Change{Was: when[i+i%2], Event: event.Event{Facts: event.Facts{Start: event.MomentAt(start, 0), End: event.MomentAt(end, 0)}}}
	}
	f := NewFreshness(nil, FreshnessOptions{})
	f.begin(catalogue.Version{})
	number := int64(0)
	for b.Loop() {
		for i := range changes {
			number++
			changes[i].Version.Number = number
		}
		f.read(changes)
	}
	b.ReportMetric(float64(b.N)*changesAtOnce/b.Elapsed().Seconds(), "changes/s")
}

func BenchmarkCurrent(b *testing.B) {
	f := NewFreshness(nil, FreshnessOptions{})
	f.begin(catalogue.Version{})
	for i, when := range programme(1 << 16) {
		f.days.mark(when, int64(i+1))
	}
	f.at.Number = 1 << 16
	for _, bb := range []struct {
		name string
		r    event.TimeRange
	}{
		{"day", monday}, {"month", span("2026-11-01", "2026-11-30")}, {"year", span("2026-01-01", "2026-12-31")}, {"from now on", span("2026-11-23", "")}, {"open", anyDay},
	} {
		b.Run(bb.name, func(b *testing.B) {
			v := catalogue.Version{Number: 1<<16 - 1}
			for b.Loop() {
				f.current(1, v, 0, bb.r)
			}
		})
	}
}
