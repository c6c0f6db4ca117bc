package search

import (
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

const (
	// spared is how long the source of answers is spared by those who have something to fall back on, once it is taken to be
	// away. One that hangs costs a time-out a second that way, and not one for each question.
	spared = time.Second
	// away is how many attempts in a row have to fail for that. A single question may be too much for a source that is well.
	away = 3
)

// source remembers how the last attempts to make an answer ended.
type source struct {
	clock  func() time.Time
	failed atomic.Int64 // in a row
	again  atomic.Int64 // when it may be tried by the next one, in nanoseconds since the epoch
}

// spare reports whether it is to be left alone. Once in a while it lets somebody try.
func (s *source) spare() bool {
	if s.failed.Load() < away {
		return false
	}
	again, now := s.again.Load(), s.clock()
	return now.UnixNano() < again || !s.again.CompareAndSwap(again, now.Add(spared).UnixNano())
}

// tried takes note of how an attempt ended. One that was given up says nothing.
func (s *source) tried(err error) {
	switch {
	case fault.Is(err, fault.Unavailable):
		s.again.Store(s.clock().Add(spared).UnixNano())
		s.failed.Add(1)
	case !fault.Is(err, fault.Canceled):
		s.failed.Store(0)
	}
}
