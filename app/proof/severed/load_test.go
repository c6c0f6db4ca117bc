package severed

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	askers = 4
	// between two questions of an asker.
	breath = 2 * time.Millisecond
)

// load asks all the time, each question for the first time, and holds every answer against what is known.
type load struct {
	w    *town
	over chan struct{}
	done sync.WaitGroup
	next atomic.Int64 // question

	mu    sync.Mutex
	wrong int // answers
	took  []time.Duration
}

// under is the town under load until it is told to rest.
func (w *town) under(questions []*known) *load {
	l := &load{w: w, over: make(chan struct{})}
	for range askers {
		l.done.Go(func() { l.ask(questions) })
	}
	return l
}

func (l *load) ask(questions []*known) {
	for {
		select {
		case <-l.over:
			return
		case <-time.After(breath):
		}
		n := int(l.next.Add(1))
		k := questions[n%len(questions)]
		next := l.one(k, 0, k.variant(n/len(questions)))
		if k.beginning != "" && n%2 == 0 {
			next = k.beginning // of a version that may have long been superseded
		}
		for page := 1; page < len(k.pages) && next != ""; page++ {
			next = l.one(k, page, next)
		}
	}
}

// one asks one question, and returns where it goes on.
func (l *load) one(k *known, page int, address string) (next string) {
	began := time.Now()
	a, err := l.w.ask(l.w.plain, l.w.answers.api+address)
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, took)
	if wrong := k.holds(page, address, a, err); wrong != "" {
		const shown = 5
		if l.wrong++; l.wrong <= shown {
			l.w.t.Error(wrong)
		}
		return ""
	}
	return follows(a.header)
}

// answered is how many questions were.
func (l *load) answered() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.took) - l.wrong
}

// sofar tells how long answers took since it was asked the last time.
func (l *load) sofar(when string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.took) == 0 {
		return
	}
	slices.Sort(l.took)
	at := func(share float64) time.Duration {
		return l.took[int(share*float64(len(l.took)-1))].Round(10 * time.Microsecond)
	}
	l.w.t.Logf("%s: %d answers, %d wrong; half of them within %s, 99 of 100 within %s, all within %s", when, len(l.took), l.wrong, at(0.5), at(0.99), at(1))
	l.took = l.took[:0]
}

// rest ends the load.
func (l *load) rest() {
	close(l.over)
	l.done.Wait()
	assert.Zero(l.w.t, l.wrong, "so many answers were wrong")
}
