//go:build linux

package readmodel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

// programme is a catalogue and what becomes of it. Whoever knows it knows each commit by its number.
type programme struct {
	Events int // to begin with
	Run    catalogue.RunNumber
}

const (
	smallest, largest = 10, 100 // commits
	newOne            = 20      // of how many events of a commit one is new
	movedOne          = 8       // of how many of the others one moves
	markedOne         = 16      // of how many events one is never changed but to mark a commit
)

// fill puts all events into a store, from a number of goroutines. They come in the order of their IDs: stores keep them in that order, and
// take them several times as fast.
func (p programme) fill(ctx context.Context, store ports.Ingester, writers int) error {
	const batch = 2000
	type place struct {
		id event.ID
		i  int
	}
	order := make([]place, p.Events)
	for i := range order {
		order[i] = place{porttest.ProgrammeEvent(i).ID, i}
	}
	slices.SortFunc(order, func(a, b place) int { return bytes.Compare(a.id[:], b.id[:]) })
	chunks := slices.Collect(slices.Chunk(order, batch))
	errs := make([]error, writers)
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for chunk := w; chunk < len(chunks) && errs[w] == nil; chunk += writers {
				var some []event.Event
				for _, at := range chunks[chunk] {
					some = append(some, porttest.ProgrammeEvent(at.i))
				}
				errs[w] = p.write(ctx, store, chunk, some)
			}
		})
	}
	writing.Wait()
	return errors.Join(errs...)
}

// sizeOf is how many events a commit changes.
func sizeOf(commit int) int { return smallest + commit*37%(largest-smallest+1) }

// newIn is how many of them are new.
func newIn(commit int) int { return sizeOf(commit) / newOne }

// marked is an event of a commit that no other one near it changes. Its title tells the commit.
func (p programme) marked(commit int) event.Event {
	e := changed(commit%(p.Events/markedOne)*markedOne+1, commit) // of an odd number, so it takes no longer than hours
	e.Facts.Title += fmt.Sprintf(" (%d)", commit)
	return e
}

func changed(i, commit int) event.Event {
	e := porttest.ProgrammeEvent(i)
	e.Facts.Capacity += int64(commit) // never what it was before
	e.Facts.Prices.Max += event.Price(commit%100) * 10_000
	return e
}

// commit makes the changes of that number.
func (p programme) commit(ctx context.Context, store ports.Ingester, commit int) error {
	r := rand.New(rand.NewPCG(5, uint64(commit)))
	some := []event.Event{p.marked(commit)}
	for n := range newIn(commit) {
		some = append(some, porttest.ProgrammeEvent(p.Events+commit*(largest/newOne)+n))
	}
	taken := map[int]bool{}
	for len(some) < sizeOf(commit) {
		i := r.IntN(p.Events)
		if i%markedOne == 1 || taken[i] {
			continue
		}
		taken[i] = true
		e := changed(i, commit)
		if len(some)%movedOne == 0 {
			e.Facts.Start, e.Facts.End = later(e.Facts.Start), later(e.Facts.End)
		}
		some = append(some, e)
	}
	const behindAll = 1 << 20 // chunks of the programme
	return p.write(ctx, store, behindAll+commit, some)
}

func later(m event.Moment) event.Moment { return event.MomentAt(m.Unix()+7*86400, m.Offset()) }

// write stores events as they are, in place of what was known of them, in one transaction.
func (p programme) write(ctx context.Context, store ports.Ingester, chunk int, some []event.Event) error {
	slices.SortFunc(some, func(a, b event.Event) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	batch := catalogue.Batch{Run: catalogue.RunRef{Provider: "default", Number: p.Run}, Chunk: chunk, Understood: make([]event.ID, len(some))}
	for i := range some {
		batch.Understood[i] = some[i].ID
	}
	_, err := store.Apply(ctx, batch, func(s catalogue.Standing) []catalogue.Write {
		writes := make([]catalogue.Write, len(some))
		for i, e := range some {
			w := catalogue.Write{Kind: catalogue.Added, Event: e, Was: event.During(e.Facts.Start, e.Facts.End)}
			w.Fingerprint = event.Listing{Identity: e.Identity, Facts: e.Facts}.Fingerprint()
			w.Event.Revision = 1
			if known, ok := s.Heads[e.ID]; ok {
				w.Kind, w.Was, w.Event.Revision = catalogue.Updated, known.When, known.Revision+1
			}
			writes[i] = w
		}
		return writes
	})
	return err
}
