package search_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/adapters/plainmodel"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// dayOf is the question for the day of a gig.
func dayOf(day int) catalogue.Query {
	when := gig(day).Facts.Start
	return catalogue.Query{Criteria: catalogue.Criteria{Range: event.During(when, event.MomentAt(when.Unix()+24*3600-1, 0))}, Limit: 10}
}

// ask asks for the answer that tells the titles of a day.
func (s *searching) ask(day int) (search.Served, error) {
	q, key := dayOf(day), ports.AnswerKey{31: byte(day + 1)}
	return s.answers.Answer(context.Background(), key, q.Range, func(ctx context.Context) (search.Made, error) {
		page, err := s.Search(ctx, q)
		return search.Made{At: page.At, Body: []byte(titlesOf(page))}, err
	})
}

func (s *searching) served(day int, body string, from search.Source) {
	s.t.Helper()
	got, err := s.ask(day)
	require.NoError(s.t, err)
	assert.Equal(s.t, body, string(got.Body))
	assert.Equal(s.t, from, got.Source)
	assert.False(s.t, got.Stale)
}

func TestNothingIsStaleWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStock(gigs(5)...)
		s := run(t, store, plain(), search.ModelOptions{})
		s.served(1, "Gig 1", search.Loaded)
		s.served(1, "Gig 1", search.Near)
		store.put(called(gig(1), "Changed"), called(gig(2), "Changed, too"))
		synctest.Wait()
		s.served(1, "Changed", search.Loaded)
		s.served(1, "Changed", search.Near)
		store.leave(errAway)
		for range 10 {
			time.Sleep(2 * time.Minute)
			s.served(1, "Changed", search.Loaded)
			s.served(1, "Changed", search.Near)
			s.served(4, "Gig 4", search.Loaded)
		}
		store.put(called(gig(1), "Changed meanwhile"))
		store.leave(nil)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		s.served(1, "Changed meanwhile", search.Loaded)
		s.served(4, "Gig 4", search.Near)
	})
}

// What the store answered is kept when the model takes over, and what it answered before is not current after it lost its history.
func TestAnswersThroughSwitches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, filling := newStock(gigs(5)...), make(chan struct{})
		store.whenRead(func() { <-filling })
		s := run(t, store, plain(), search.ModelOptions{SweepIn: never})
		s.served(1, "Gig 1", search.Loaded)
		store.put(called(gig(2), "Changed"))
		synctest.Wait()
		store.whenRead(nil)
		close(filling)
		synctest.Wait()
		require.Equal(t, search.ModelFollowing, s.Phase())
		got, err := s.ask(1)
		require.NoError(t, err)
		assert.Equal(t, "Gig 1", string(got.Body))
		store.put(called(gig(1), "Changed"))
		synctest.Wait()
		s.served(1, "Changed", search.Loaded)
		s.served(1, "Changed", search.Near)

		time.Sleep(time.Minute)
		s.served(1, "Changed", search.Loaded)
		store.restore(called(gig(1), "Another history"), gig(2), gig(3))
		time.Sleep(time.Second)
		require.Equal(t, search.ModelFollowing, s.Phase())
		s.served(1, "Another history", search.Loaded)
		s.served(1, "Another history", search.Near)
		assert.Equal(t, s.State().At, s.fresh.Followed())
	})
}

// Whatever becomes of the store and of the model: what is served as current is what a search would find now, once there was time
// to hear of it. Somebody asks all the time, so that answers are made in the midst of every switch.
func TestWhatIsCalledCurrentIs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(genStep, 4, 12).Draw(rt, "steps")
		fromFile := rapid.Bool().Draw(rt, "from a file")
		var wrong error
		synctest.Test(t, func(t *testing.T) {
			store := newStock(gigs(6)...)
			o := search.ModelOptions{TooLargeFor: 5 * time.Second, KeepEvery: 3 * time.Second, File: &memoryFile{}}
			if fromFile {
				o.File = fileOf(t, store)
			}
			s := run(t, store, plainmodel.New(plainmodel.Options{MaxEvents: 12, Remembered: 30}), o)
			wrong = s.through(steps)
			s.stop()
		})
		require.NoError(rt, wrong)
	})
}

// through goes through the steps and returns what was wrong on the way.
func (s *searching) through(steps []genned) error {
	ctx, end := context.WithCancel(s.t.Context())
	var asking sync.WaitGroup
	defer asking.Wait()
	defer end()
	for day := range 3 {
		asking.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.ask(day)
				time.Sleep(time.Duration(97+day) * time.Millisecond)
			}
		})
	}
	for n, st := range steps {
		st.do(s.store, n)
		time.Sleep(st.then)
		for day := range 6 {
			got, err := s.ask(day)
			page, errNow := s.Search(ctx, dayOf(day))
			switch {
			case err == nil && errNow == nil && !got.Stale:
				if string(got.Body) != titlesOf(page) {
					return fmt.Errorf("after step %d (%+v) %s is served for day %d, and there is %s", n, st, got.Body, day, titlesOf(page))
				}
			case !s.store.isAway():
				return fmt.Errorf("after step %d (%+v) the store is there, and day %d is stale: %w", n, st, day, cmp.Or(err, errNow))
			}
		}
	}
	s.store.leave(nil)
	time.Sleep(time.Minute)
	at, _ := s.store.now.Load().At()
	page, err := s.Search(ctx, catalogue.Query{Limit: 1})
	if err != nil || page.At != at {
		return fmt.Errorf("in the end the store is at %s, and pages at %s: %w", at, page.At, err)
	}
	return nil
}

type genned struct {
	What string
	Gig  int
	then time.Duration
}

var genStep = rapid.Custom(func(t *rapid.T) genned {
	return genned{
		What: rapid.SampledFrom([]string{"put", "put", "put", "many", "grow", "leave", "leave", "return", "return", "restore", "shrink"}).Draw(t, "what"),
		Gig:  rapid.IntRange(0, 5).Draw(t, "gig"),
		then: rapid.SampledFrom([]time.Duration{1100 * time.Millisecond, 1100 * time.Millisecond, 1100 * time.Millisecond, 3 * time.Second, 70 * time.Second}).Draw(t, "then"),
	}
})

func (g genned) do(s *stock, n int) {
	e := called(gig(g.Gig), fmt.Sprintf("Gig %d of step %d", g.Gig, n))
	switch g.What {
	case "put":
		s.put(e)
	case "many":
		for range 50 {
			s.put(e)
		}
	case "grow": // beyond what there is memory for
		s.put(gigs(14)[6:]...)
	case "leave":
		s.leave(errAway)
	case "return":
		s.leave(nil)
	case "restore":
		s.restore(append(gigs(6), e)...)
	case "shrink":
		s.restore(e)
	}
}
