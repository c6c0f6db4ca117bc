package search

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// Journal is a change log in memory, which can be away.
type Journal struct {
	mu      sync.Mutex
	news    chan struct{} // closed when there is some
	changes []catalogue.Change
	base    int64 // number before the first of changes
	err     error
	read    int // calls of Changes
	latency time.Duration
}

func NewJournal() *Journal { return &Journal{news: make(chan struct{})} }

// change makes what it does known to those who wait.
func (j *Journal) change(do func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	do()
	close(j.news)
	j.news = make(chan struct{})
}

// Append logs changes of events that take place then, and returns the head.
func (j *Journal) Append(when ...event.TimeRange) catalogue.Version {
	j.change(func() {
		for _, w := range when {
			j.append(w, w)
		}
	})
	return j.Head()
}

// Move logs that an event takes place at another time.
func (j *Journal) Move(was, now event.TimeRange) catalogue.Version {
	j.change(func() { j.append(was, now) })
	return j.Head()
}

func (j *Journal) append(was, now event.TimeRange) {
	start, _ := now.From.Unix()
	end, _ := now.To.Unix()
	j.changes = append(j.changes, catalogue.Change{
		Version: catalogue.Version{Number: j.base + int64(len(j.changes)) + 1, Tag: rand.Uint64()}, Was: was,
		Event: event.Event{Facts: event.Facts{Start: event.MomentAt(start, 0), End: event.MomentAt(end, 0)}},
	})
}

// Restore goes back to what the log was after so many changes; numbers are given out again.
func (j *Journal) Restore(changes int) {
	j.change(func() { j.changes = j.changes[:changes:changes] })
}

// Break makes the log fail with err; nil mends it.
func (j *Journal) Break(err error) { j.change(func() { j.err = err }) }

func (j *Journal) Head() catalogue.Version {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head()
}

func (j *Journal) head() catalogue.Version {
	if len(j.changes) == 0 {
		return catalogue.Version{}
	}
	return j.changes[len(j.changes)-1].Version
}

// Slow lets each look take that long.
func (j *Journal) Slow(latency time.Duration) { j.change(func() { j.latency = latency }) }

// Reads is how often the log was read.
func (j *Journal) Reads() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.read
}

func (j *Journal) Changes(_ context.Context, after catalogue.Version, limit int) (catalogue.ChangeBatch, error) {
	j.mu.Lock()
	latency := j.latency
	j.mu.Unlock()
	time.Sleep(latency)

	j.mu.Lock()
	defer j.mu.Unlock()
	j.read++
	if j.err != nil {
		return catalogue.ChangeBatch{}, j.err
	}
	from := 0
	if after != (catalogue.Version{}) {
		from = int(after.Number - j.base)
		if from < 1 || from > len(j.changes) || j.changes[from-1].Version != after {
			return catalogue.ChangeBatch{}, fault.New(fault.Gone, "version %s belongs to another history", after)
		}
	}
	return catalogue.ChangeBatch{Changes: j.changes[from:min(from+limit, len(j.changes))], Head: j.head()}, nil
}

func (j *Journal) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	for {
		j.mu.Lock()
		head, err, news := j.head(), j.err, j.news
		j.mu.Unlock()
		if err != nil || head != after {
			return head, err
		}
		select {
		case <-ctx.Done():
			return catalogue.Version{}, fault.Wrap(fault.Unavailable, "await changes", ctx.Err())
		case <-news:
		}
	}
}
