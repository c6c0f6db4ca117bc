package crash

import (
	"math/rand/v2"
	"time"
)

// reaper decides when a process is killed that is not told where to die. Some are killed in their first steps, some at any
// time of a reading, and most after any of the points that they come by, so that short phases get their share. A
// fifth of the last two survive the reading.
type reaper struct {
	random *rand.Rand
	left   int // processes to kill

	comes  <-chan time.Time
	points int // to be passed before it comes, 0 for never

	// While none is left to kill, it learns how long things take.
	pace struct {
		toRequest, toConclusion time.Duration
		points                  int // in between
	}
	began   time.Time // the process
	request time.Time // the last one
	since   int       // points since that
}

// started says that a process was.
func (r *reaper) started() {
	r.began, r.request, r.comes, r.points = time.Now(), time.Time{}, nil, 0
	if r.left > 0 && r.random.IntN(4) == 0 {
		r.comes = r.in(r.pace.toRequest)
	}
}

// asked says that the process asks for the feed.
func (r *reaper) asked() {
	now := time.Now()
	switch {
	case r.left == 0:
		if r.request.IsZero() {
			r.pace.toRequest = now.Sub(r.began)
		}
		r.request, r.since = now, 0
	case r.comes != nil || r.points > 0:
	case r.random.IntN(3) == 0:
		r.comes = r.in(r.pace.toConclusion)
	default:
		r.points = 1 + r.random.IntN(r.pace.points*5/4)
	}
}

// passed says that the process came by a point, and reports whether it is to be killed now.
func (r *reaper) passed(p point) bool {
	if r.left == 0 {
		r.since++
		if p == concluded {
			r.pace.toConclusion, r.pace.points = time.Since(r.request), r.since
		}
		return false
	}
	r.points--
	return r.points == 0
}

// in is some time in a phase that takes so long, or shortly after it.
func (r *reaper) in(phase time.Duration) <-chan time.Time {
	return time.After(time.Duration(r.random.Int64N(int64(phase * 5 / 4))))
}
