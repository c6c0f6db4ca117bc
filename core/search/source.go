package search

import (
	"sync/atomic"
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

// spared is how long the source of answers is spared by those who have something to fall back on, after it failed. One
// that hangs costs a time-out a second that way, and not one for each question.
const spared = time.Second

// source remembers whether what answers are made from answered the last time.
type source struct {
	clock func() time.Time
	again atomic.Int64 // when it may be tried by the next one, in nanoseconds since the epoch; 0 while it is well
}

// spare reports whether it is to be left alone. Once in a while it lets somebody try.
func (s *source) spare() bool {
	again := s.again.Load()
	if again == 0 {
		return false
	}
	now := s.clock()
	return now.UnixNano() < again || !s.again.CompareAndSwap(again, now.Add(spared).UnixNano())
}

// tried takes note of how an attempt ended.
func (s *source) tried(err error) {
	if fault.Is(err, fault.Unavailable) {
		s.again.Store(s.clock().Add(spared).UnixNano())
		return
	}
	s.again.Store(0)
}
