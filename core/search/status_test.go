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

// desk tells how feeds stand, or that it cannot.
type desk struct {
	mu     sync.Mutex
	feeds  []catalogue.Feed
	err    error
	asked  int
	during func(context.Context) error
}

func (d *desk) Feeds(ctx context.Context) ([]catalogue.Feed, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.during != nil {
		if err := d.during(ctx); err != nil {
			return nil, err
		}
	}
	return d.feeds, d.err
}

// Who asks beside the service, without its configuration, goes by how often the feed was read.
func TestHowAFeedStandsForWhoeverExpectsNothing(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		feed   catalogue.Feed
		health search.Health
	}{
		"in time":               {catalogue.Feed{Interval: time.Minute, LastConcluded: now.Add(-3 * time.Minute), LastBelieved: now.Add(-3 * time.Minute)}, search.OK},
		"late":                  {catalogue.Feed{Interval: time.Minute, LastConcluded: now.Add(-4 * time.Minute), LastBelieved: now.Add(-4 * time.Minute)}, search.Degraded},
		"never read":            {catalogue.Feed{Interval: time.Minute}, search.Degraded},
		"brought by no fetcher": {catalogue.Feed{LastConcluded: now.Add(-24 * time.Hour), LastBelieved: now.Add(-24 * time.Hour)}, search.OK},
	} {
		t.Run(name, func(t *testing.T) {
			status := search.NewStatus(&desk{feeds: []catalogue.Feed{tt.feed}}, nil, func() time.Time { return now })
			assert.Equal(t, tt.health, status.Report(t.Context()).Health)
		})
	}
}

func TestHowAFeedStands(t *testing.T) {
	const minutely = time.Minute
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	read := func(ago time.Duration, failure string) []catalogue.Feed {
		f := catalogue.Feed{Provider: "default", LastConcluded: now.Add(-ago), LastBelieved: now.Add(-ago)}
		f.Current.Failure = failure
		return []catalogue.Feed{f}
	}
	never := func(failure string) []catalogue.Feed {
		f := catalogue.Feed{Provider: "default"}
		f.Current.Failure = failure
		return []catalogue.Feed{f}
	}
	doubted := []catalogue.Feed{{Provider: "default", LastConcluded: now.Add(-time.Second), LastBelieved: now.Add(-time.Minute)}}
	tests := map[string]struct {
		feeds   []catalogue.Feed
		health  search.Health
		problem string
		age     time.Duration
	}{
		"just read":                        {read(0, ""), search.OK, "", 0},
		"read a while ago":                 {read(59*time.Second, ""), search.OK, "", 59 * time.Second},
		"three intervals ago":              {read(3*minutely, ""), search.OK, "", 3 * minutely},
		"longer ago":                       {read(3*minutely+time.Second, ""), search.Degraded, "its feed was last read to the end 3m1s ago", 3*minutely + time.Second},
		"a failure that is not old yet":    {read(2*minutely, "the provider answered 500"), search.OK, "", 2 * minutely},
		"a failure three intervals long":   {read(3*minutely, "the provider answered 500"), search.OK, "", 3 * minutely},
		"a failure that lasts":             {read(time.Hour, "the provider answered 500"), search.Degraded, "its feed was last read to the end 1h0m0s ago", time.Hour},
		"its first reading goes on":        {never(""), search.Degraded, "its feed has not been read yet", -1},
		"its first readings failed":        {never("the provider answered 500"), search.Degraded, "its feed was never read to the end", -1},
		"nobody has seen it":               {nil, search.Degraded, "its feed has not been read yet", -1},
		"its fetcher's clock runs forward": {read(-time.Minute, ""), search.OK, "", 0},
		"read, and not believed":           {doubted, search.Degraded, "its feed was read to the end, but what left it is not believed", time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status := search.NewStatus(&desk{feeds: tt.feeds}, []search.Expected{{Provider: "default", Interval: minutely}}, func() time.Time { return now })
			report := status.Report(t.Context())
			require.Len(t, report.Feeds, 1)
			assert.Equal(t, "default", report.Feeds[0].Provider)
			assert.Equal(t, tt.health, report.Feeds[0].Health)
			assert.Equal(t, tt.problem, report.Feeds[0].Problem)
			assert.Equal(t, tt.age, report.Feeds[0].Age)
			assert.Equal(t, tt.health, report.Health, "the service is as well as its feeds")
			assert.Empty(t, report.Problem)
			assert.Equal(t, now, report.At)
		})
	}
}

func TestFeedsBesideEachOther(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	feeds := []catalogue.Feed{
		{Provider: "past", LastConcluded: now.Add(-1000 * time.Hour), LastBelieved: now.Add(-1000 * time.Hour)},
		{Provider: "slow", LastConcluded: now.Add(-2 * time.Hour), LastBelieved: now.Add(-2 * time.Hour)},
		{Provider: "fast", LastConcluded: now.Add(-2 * time.Hour), LastBelieved: now.Add(-2 * time.Hour)},
	}
	expected := []search.Expected{{Provider: "slow", Interval: time.Hour}, {Provider: "fast", Interval: time.Minute}, {Provider: "fresh", Interval: time.Minute}}
	report := search.NewStatus(&desk{feeds: feeds}, expected, func() time.Time { return now }).Report(t.Context())

	health := map[string]search.Health{}
	var order []string
	for _, f := range report.Feeds {
		health[f.Provider] = f.Health
		order = append(order, f.Provider)
	}
	assert.Equal(t, map[string]search.Health{"past": search.OK, "slow": search.OK, "fast": search.Degraded, "fresh": search.Degraded}, health,
		"each by its own interval; nobody expects news of the past")
	assert.IsIncreasing(t, order)
	assert.Equal(t, search.Degraded, report.Health)

	none := search.NewStatus(&desk{}, nil, time.Now).Report(t.Context())
	assert.Equal(t, search.OK, none.Health, "a service without providers")
}

func TestWhenTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &desk{feeds: []catalogue.Feed{{Provider: "default", LastConcluded: time.Now(), LastBelieved: time.Now(), Known: 7}}}
		status := search.NewStatus(store, []search.Expected{{Provider: "default", Interval: time.Minute}}, time.Now)
		before := status.Report(t.Context())
		require.Equal(t, search.OK, before.Health)

		store.err = fault.New(fault.Unavailable, "connection refused")
		time.Sleep(time.Second)
		away := status.Report(t.Context())
		assert.Equal(t, search.Degraded, away.Health)
		assert.NotEmpty(t, away.Problem)
		assert.NotContains(t, away.Problem, "refused", "what went wrong inside is for the log")
		assert.Equal(t, before.Feeds, away.Feeds, "the last known")
		assert.Equal(t, before.At, away.At, "and when it was true")

		store.err = nil
		time.Sleep(time.Second)
		back := status.Report(t.Context())
		assert.Equal(t, search.OK, back.Health)
		assert.Empty(t, back.Problem)
		assert.Equal(t, time.Now(), back.At)
	})
}

func TestTheStoreWasNeverThere(t *testing.T) {
	report := search.NewStatus(&desk{err: errAway}, []search.Expected{{Provider: "default", Interval: time.Minute}}, time.Now).Report(t.Context())
	assert.Equal(t, search.Degraded, report.Health)
	assert.NotEmpty(t, report.Problem)
	assert.True(t, report.At.IsZero())
}

func TestAReportIsReusedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &desk{}
		status := search.NewStatus(store, nil, time.Now)
		ask := func() int {
			status.Report(t.Context())
			return store.asked
		}
		assert.Equal(t, 1, ask())
		assert.Equal(t, 1, ask())
		time.Sleep(time.Second - time.Nanosecond)
		assert.Equal(t, 1, ask())
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 2, ask())
		store.err = errAway
		time.Sleep(time.Second)
		assert.Equal(t, 3, ask())
		assert.Equal(t, 3, ask(), "nor is a store that is away asked by everyone")
	})
}

func TestAClockThatIsSetBackDoesNotFreezeTheReport(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	store := &desk{}
	status := search.NewStatus(store, nil, func() time.Time { return now })
	status.Report(t.Context())
	now = now.Add(-time.Hour)
	status.Report(t.Context())
	assert.Equal(t, 2, store.asked)
}

// When the store hangs, the one question that is under way serves everyone who waits for it: otherwise the
// last in line would wait a second for each of those before it.
func TestManyAskWhileTheStoreHangs(t *testing.T) {
	clock := &clock{now: midnight}
	store := &desk{during: func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		assert.True(t, ok, "the question has an end")
		clock.advance(time.Until(deadline).Round(time.Second))
		return fault.Wrap(fault.Unavailable, "list feeds", context.DeadlineExceeded)
	}}
	status := search.NewStatus(store, nil, clock.Now)
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { assert.Equal(t, search.Degraded, status.Report(t.Context()).Health) })
	}
	callers.Wait()
	assert.Equal(t, 1, store.asked)
}

// clock stands still until it is told otherwise.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// One caller that goes away must not spoil what the others are told.
func TestACallerThatWentAway(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	store := &desk{during: func(ctx context.Context) error { return ctx.Err() }}
	assert.Equal(t, search.OK, search.NewStatus(store, nil, time.Now).Report(ctx).Health)
}

func TestManyAskAtOnce(t *testing.T) {
	store := &desk{feeds: []catalogue.Feed{{Provider: "default"}}}
	status := search.NewStatus(store, []search.Expected{{Provider: "default"}, {Provider: "other"}}, time.Now)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() { assert.Len(t, status.Report(t.Context()).Feeds, 2) })
	}
	callers.Wait()
}
