package search

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

const (
	changesAtOnce = 4096
	// tagsKept is how many versions can be recognised, counted from the last that was read, and how far the follower may
	// be behind before it goes on at the head instead. A power of two.
	tagsKept = 1 << 17
	// ahead is how long a version of this process's own may be ahead of what was read. One that is not met by then may be of a
	// history whose end was lost, when a replica that lagged took over.
	ahead = time.Second
	// followAgain is how long the follower waits after an error.
	followAgain = 200 * time.Millisecond
)

// Follow is how a Freshness stands.
type Follow struct {
	Behind int64 // changes that are in the log and not yet read, as far as is known
	Err    error // why the log cannot be followed; nil while it is
}

// FreshnessOptions adjust a Freshness; the zero value works.
type FreshnessOptions struct {
	// OnFollow is told after each reading, or attempt at one, how the follower stands.
	OnFollow func(context.Context, Follow)
}

// Freshness follows the change log and tells whether what was made from a version still holds for a range: whether a
// change since then touched one of its days.
//
// It errs on one side only. What it calls current is, but for changes that it has not read yet: those of the last half
// second while it follows, and those since it lost the log while it cannot. Without having followed, from its
// start or after it met another history, it calls nothing current.
//
// It may be used from many goroutines. Memory is some 1.7 MB, whatever is changed.
type Freshness struct {
	log      ports.ChangeReader
	onFollow func(context.Context, Follow)

	mu        sync.RWMutex
	following bool   // at is a position in the history that the store has now, as far as is known
	epoch     uint64 // how often a position was taken anew
	at        catalogue.Version
	days      *days
	tags      []uint64      // of numbers, modulo its length
	oldest    int64         // number whose tag is known
	news      chan struct{} // closed when at moves
}

// NewFreshness makes a follower of the log. Until Run runs, nothing is current.
func NewFreshness(log ports.ChangeReader, o FreshnessOptions) *Freshness {
	f := &Freshness{log: log, onFollow: o.OnFollow, days: newDays(0, maxBlocks), tags: make([]uint64, tagsKept), news: make(chan struct{})}
	if f.onFollow == nil {
		f.onFollow = func(context.Context, Follow) {}
	}
	return f
}

// Run follows the log until ctx ends. While the store is away it waits and resumes.
func (f *Freshness) Run(ctx context.Context) {
	for {
		err := f.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if fault.Is(err, fault.Gone) {
			f.lose()
		}
		f.onFollow(ctx, Follow{Err: err})
		select {
		case <-ctx.Done():
			return
		case <-time.After(followAgain):
		}
	}
}

// follow reads until something fails.
func (f *Freshness) follow(ctx context.Context) error {
	if !f.following { // only this goroutine writes it
		begin, err := f.log.Changes(ctx, catalogue.Version{}, 1)
		if err != nil {
			return err
		}
		f.begin(begin.Head)
	}
	for {
		batch, err := f.log.Changes(ctx, f.at, changesAtOnce)
		if err != nil {
			return err
		}
		// To forget everything is quicker than to read too much, and all that can be done where the log does not tell what changed.
		if batch.Head.Number-f.at.Number > tagsKept || len(batch.Changes) == 0 && batch.Head != f.at {
			f.begin(batch.Head)
			continue
		}
		f.read(batch.Changes)
		f.onFollow(ctx, Follow{Behind: batch.Head.Number - f.at.Number})
		if len(batch.Changes) > 0 && f.at.Number < batch.Head.Number {
			continue
		}
		if _, err := f.log.Await(ctx, f.at); err != nil {
			return err
		}
	}
}

// Followed is the last version that was read, the zero value where the log is not followed.
func (f *Freshness) Followed() catalogue.Version {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.following {
		return catalogue.Version{}
	}
	return f.at
}

// begin takes a position. Nothing that was made before is current any more.
func (f *Freshness) begin(head catalogue.Version) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.following = true
	f.epoch++
	f.at = head
	f.days = newDays(head.Number, maxBlocks)
	f.oldest = head.Number
	f.tags[head.Number%tagsKept] = head.Tag
	f.tell()
}

// tell wakes who waits for news.
func (f *Freshness) tell() {
	close(f.news)
	f.news = make(chan struct{})
}

// Await returns when something was logged after the version, as far as is followed, when the follower had to take
// another position, after which anything may be so, or when ctx ends or over is closed. It costs the store nothing.
func (f *Freshness) Await(ctx context.Context, over <-chan struct{}, after catalogue.Version) {
	for began := f.now(); ; {
		f.mu.RLock()
		news, moved := f.news, f.epoch != began || f.following && f.at.Number > after.Number
		f.mu.RUnlock()
		if moved {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case <-news:
		}
	}
}

func (f *Freshness) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.following = false
}

// read takes note of changes, and gives way to those who ask in between.
func (f *Freshness) read(changes []catalogue.Change) {
	for some := range slices.Chunk(changes, 512) {
		f.readSome(some)
	}
}

func (f *Freshness) readSome(changes []catalogue.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		now := event.During(c.Event.Facts.Start, c.Event.Facts.End)
		f.days.mark(now, c.Version.Number)
		if c.Was != now {
			f.days.mark(c.Was, c.Version.Number)
		}
		f.tags[c.Version.Number%tagsKept] = c.Version.Tag
		f.at = c.Version
	}
	f.oldest = max(f.oldest, f.at.Number-tagsKept+1)
	f.tell()
}

// now is the epoch that an answer belongs to whose making begins now.
func (f *Freshness) now() uint64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.epoch
}

// current tells whether what this process made in that epoch from that version, so long ago, still holds for the range.
func (f *Freshness) current(epoch uint64, v catalogue.Version, age time.Duration, about event.TimeRange) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.following || epoch != f.epoch || f.days.touched(about, v.Number) {
		return false
	}
	if v.Number > f.at.Number {
		return age < ahead
	}
	return v.Number < f.oldest || f.tagOf(v.Number) == v.Tag
}

// recognised tells the same of what another process made, perhaps from a history that is no more: the version has to be one that
// was read. It returns the epoch in which that is so.
func (f *Freshness) recognised(v catalogue.Version, about event.TimeRange) (epoch uint64, current bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	known := f.following && v.Number >= f.oldest && v.Number <= f.at.Number && f.tagOf(v.Number) == v.Tag
	return f.epoch, known && !f.days.touched(about, v.Number)
}

// tagOf is the tag of a number from oldest to that of at.
func (f *Freshness) tagOf(number int64) uint64 { return f.tags[number%tagsKept] }
