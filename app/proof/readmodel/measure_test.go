//go:build linux

package readmodel

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports/porttest"
)

const (
	askers   = 8 // that search at a time
	pageSize = 20
	// committers are those that change the catalogue at a time, where one would not be fast enough.
	committers = 3
	// fillPatience is how long it may take until an index is filled, of whatever size.
	fillPatience = 15 * time.Minute
)

// memory is what an index takes.
type memory struct {
	told          int64   // by the index
	without, with account // of processes that search in the store and in memory
}

// load is how a process came to search in memory.
type load struct {
	from    string
	started time.Duration // from its start
	filled  time.Duration // for the index alone
	account               // when it did so
}

// kept is the file that a process wrote when it stopped.
type kept struct {
	bytes int64
	took  time.Duration
}

// following waits until a process searches in memory.
func following(p *process) load {
	p.t.Helper()
	began := p.said("searches are answered from memory")
	filled := p.said("the index is filled")
	return load{from: filled.From, started: began.heard.Sub(p.began), filled: time.Duration(filled.Took), account: p.account(false)}
}

// first starts a process that searches in the store and then one that loads its index from there, and stops them.
func first(t *testing.T, s *stocked) (m memory, l load, k kept) {
	t.Helper()
	p := s.start(t, "MARQUEE_SEARCH_INDEX=store")
	searchSome(p)
	m.without = p.account(true)
	p.stop()

	p = s.start(t, "MARQUEE_LOG_LEVEL=DEBUG") // which tells of the file
	l = following(p)
	require.Equal(t, search.FromStore, l.from)
	searchSome(p)
	m.with = p.account(true)
	status, err := p.index()
	require.NoError(t, err)
	require.Equal(t, search.ModelFollowing, status.Phase)
	require.Equal(t, s.Events, status.Events)
	m.told = status.Bytes
	p.stop()

	k.took = time.Duration(p.said("the index is written to its file").Took)
	file, err := os.Stat(s.folder.Index())
	require.NoError(t, err)
	k.bytes = file.Size()
	return m, l, k
}

func searchSome(p *process) {
	p.t.Helper()
	for n := range 20 {
		from, to := question(n)
		_, err := p.search(from, to, pageSize)
		require.NoError(p.t, err)
	}
}

// question is a range that nobody asked for before, of a month to a year.
func question(n int) (from, to time.Time) {
	const day = 24 * time.Hour
	r := rand.New(rand.NewPCG(7, uint64(n)))
	wide := 30*day + time.Duration(r.Int64N(int64(335*day)))
	from = porttest.ProgrammeBegin.Add(time.Duration(r.Int64N(int64(porttest.ProgrammeYears*365*day - wide)))).Truncate(time.Second)
	return from, from.Add(wide)
}

// percentiles are of times.
type percentiles struct {
	count          int
	p50, p99, most time.Duration
}

func percentilesOf(times []time.Duration) (p percentiles) {
	if p.count = len(times); p.count > 0 {
		slices.Sort(times)
		p.p50, p.p99, p.most = times[(p.count-1)/2], times[(p.count-1)*99/100], times[p.count-1]
	}
	return p
}

// asked searches at a steady rate until ctx ends, and returns how long each answer took from when its question was due. Questions
// are told apart by seed.
func asked(ctx context.Context, p *process, rate, seed int) []time.Duration {
	due := make(chan int)
	began := time.Now()
	at := func(n int) time.Time { return began.Add(time.Duration(n) * time.Second / time.Duration(rate)) }
	took := make([][]time.Duration, askers)
	var asking sync.WaitGroup
	for i := range askers {
		asking.Go(func() {
			for n := range due {
				from, to := question(seed<<32 + n)
				found, err := p.search(from, to, pageSize)
				took[i] = append(took[i], time.Since(at(n)))
				if !assert.NoError(p.t, err) {
					return
				}
				assert.Positive(p.t, found.Total)
			}
		})
	}
	for n := 0; sleepUntil(ctx, at(n)); n++ {
		select {
		case due <- n:
		case <-ctx.Done():
		}
	}
	close(due)
	asking.Wait()
	return slices.Concat(took...)
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(at)):
		return ctx.Err() == nil
	}
}

// diary is the commits that were made, of which the next has the number that is their count.
type diary struct {
	committer func(context.Context, int) (time.Time, error)

	mu                      sync.Mutex
	commits, changes, added int
}

// next waits until it is time for the next commit, at so many changes a second since the diary had so many, and returns its number;
// false when ctx ends before.
func (d *diary) next(ctx context.Context, began time.Time, before, perSecond int) (commit int, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !sleepUntil(ctx, began.Add(time.Duration(d.changes-before)*time.Second/time.Duration(perSecond))) {
		return 0, false
	}
	commit = d.commits
	d.commits, d.changes, d.added = commit+1, d.changes+sizeOf(commit), d.added+newIn(commit)
	return commit, true
}

// visible makes commits while searches go on, and returns how long it takes until each is shown.
func visible(p *process, programme programme, d *diary) percentiles {
	p.t.Helper()
	life, end := context.WithCancel(p.t.Context())
	var searching sync.WaitGroup
	searching.Go(func() { asked(life, p, *searches, 1) })
	defer searching.Wait()
	defer end()
	var times []time.Duration
	began, before := time.Now(), d.changes
	for range *commits {
		commit, ok := d.next(life, began, before, *changes)
		require.True(p.t, ok)
		marked := programme.marked(commit)
		shows := func() (time.Time, bool) {
			found, err := p.search(marked.Facts.Start.Time(), marked.Facts.End.Time(), 100) // behind those that start with it
			require.NoError(p.t, err)
			for _, e := range found.Events {
				if e.Title == marked.Facts.Title {
					return time.Now(), true
				}
			}
			return time.Time{}, false
		}
		_, already := shows()
		require.False(p.t, already)
		committed, err := d.committer(life, commit)
		require.NoError(p.t, err)
		var shown time.Time
		for ok := false; !ok; shown, ok = shows() {
			require.Less(p.t, time.Since(committed), prooftest.Patience, "a commit is not shown")
		}
		times = append(times, max(0, shown.Sub(committed)))
	}
	return percentilesOf(times)
}

// cost is what a process took in a while.
type cost struct {
	name            string
	while           time.Duration
	changes, merges int
	searches        percentiles
	before, after   account
}

// costOf measures a process for a while, in which it is searched, and the catalogue changed, so many times a second.
func costOf(p *process, d *diary, name string, searches, changes int) cost {
	p.t.Helper()
	taken := profile(p, name)
	defer taken()
	c := cost{name: name, changes: -d.changes, before: p.account(true)}
	began := time.Now()
	life, end := context.WithTimeout(p.t.Context(), *window)
	defer end()
	var going sync.WaitGroup
	if searches > 0 {
		seed := 2 + d.commits // another one each time
		going.Go(func() { c.searches = percentilesOf(asked(life, p, searches, seed)) })
	}
	if changes > 0 {
		before := d.changes
		for range committers {
			going.Go(func() {
				for commit, ok := d.next(life, began, before, changes); ok; commit, ok = d.next(life, began, before, changes) {
					if _, err := d.committer(p.t.Context(), commit); !assert.NoError(p.t, err) {
						return
					}
				}
			})
		}
	}
	recent := 0
	for look := began; sleepUntil(life, look); look = look.Add(200 * time.Millisecond) {
		status, err := p.index()
		if assert.NoError(p.t, err) && status.Recent < recent {
			c.merges++
		}
		recent = status.Recent
	}
	going.Wait()
	c.while, c.after = time.Since(began), p.account(false)
	c.changes += d.changes
	return c
}

// profile takes a CPU profile of a process from now on, if one is wanted.
func profile(p *process, name string) (taken func()) {
	if *profiles == "" {
		return func() {}
	}
	var taking sync.WaitGroup
	taking.Go(func() {
		answer, err := p.client.Get(fmt.Sprintf("%s/debug/pprof/profile?seconds=%.0f", p.Admin, max(1, window.Seconds()-1)))
		if !assert.NoError(p.t, err) {
			return
		}
		defer func() { _ = answer.Body.Close() }()
		assert.Equal(p.t, http.StatusOK, answer.StatusCode)
		raw, err := io.ReadAll(answer.Body)
		assert.NoError(p.t, err)
		assert.NoError(p.t, os.WriteFile(filepath.Join(*profiles, name+".pprof"), raw, 0o600))
	})
	return taking.Wait
}
