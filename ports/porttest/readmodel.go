package porttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// ReadModels is how the suite gets at an implementation of ports.ReadModel.
type ReadModels struct {
	// Open makes one that holds nothing, has room for some ten thousand events, and remembers some hundred changes at least.
	Open func(*testing.T) ports.ReadModel
	// Tight makes one that has room for a hundred events, and none for ten thousand.
	Tight func(*testing.T) ports.ReadModel
	// Damage changes a value of an event, as it is held and searched, behind the model's back.
	Damage func(t *testing.T, m ports.ReadModel, id event.ID)
	// Store opens what is followed where a whole store is.
	Store OpenStore
}

// ReadModel is what every ports.ReadModel promises.
func ReadModel(t *testing.T, r ReadModels) {
	t.Run("nothing is held", func(t *testing.T) { nothingHeld(t, r.Open) })
	t.Run("Fill", func(t *testing.T) { modelFill(t, r.Open) })
	t.Run("Apply", func(t *testing.T) { modelApply(t, r.Open) })
	for name, anew := range map[string]bool{"filled anew": true, "following": false} {
		t.Run("Searcher, "+name, func(t *testing.T) { Searcher(t, Following(r.Store, r.Open, anew)) })
		t.Run("Criteria, "+name, func(t *testing.T) { Criteria(t, Following(r.Store, r.Open, anew)) })
	}
	t.Run("earlier versions", func(t *testing.T) { modelAsOf(t, r.Open) })
	t.Run("ChangeReader", func(t *testing.T) { modelChanges(t, r.Open) })
	t.Run("Await", func(t *testing.T) { modelAwait(t, r.Open) })
	t.Run("Snapshot", func(t *testing.T) { modelSnapshot(t, r.Open) })
	t.Run("Parts", func(t *testing.T) { modelParts(t, r.Open) })
	t.Run("Reconcile", func(t *testing.T) { modelReconcile(t, r) })
	t.Run("Damaged", func(t *testing.T) { modelDamaged(t, r) })
	t.Run("a budget", func(t *testing.T) { modelBudget(t, r.Tight) })
	t.Run("readers beside ten thousand changes", func(t *testing.T) { readersBesideChanges(t, r.Open) })
}

func nothingHeld(t *testing.T, open func(*testing.T) ports.ReadModel) {
	empty := func(t *testing.T, m ports.ReadModel) {
		at, held := m.At()
		assert.False(t, held)
		assert.Zero(t, at)
		assert.Zero(t, m.Size().Events)
		_, err := m.Search(t.Context(), catalogue.Query{Limit: 1})
		requireKind(t, fault.Unavailable, err)
		_, err = m.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { return nil })
		requireKind(t, fault.Unavailable, err)
		for _, v := range []catalogue.Version{{}, {Number: 1, Tag: 1}} {
			_, err = m.Changes(t.Context(), v, 1)
			requireKind(t, fault.Unavailable, err)
			_, err = m.Await(t.Context(), v)
			requireKind(t, fault.Unavailable, err)
		}
		require.Error(t, m.Apply(t.Context(), newAnnals().write(concert(1))))
		_, held = m.At()
		assert.False(t, held)
		requireAllOfTime(t, m.Parts(100))
		_, err = m.Search(t.Context(), catalogue.Query{})
		requireKind(t, fault.Invalid, err)
	}
	t.Run("at first", func(t *testing.T) { empty(t, open(t)) })
	t.Run("after Drop", func(t *testing.T) {
		m, a := open(t), newAnnals(concerts(10)...)
		require.NoError(t, m.Fill(t.Context(), a))
		m.Drop()
		empty(t, m)
		require.NoError(t, m.Fill(t.Context(), a))
		requireHeld(t, m, a)
		m.Drop()
		m.Drop()
		empty(t, m)
	})
}

func modelFill(t *testing.T, open func(*testing.T) ports.ReadModel) {
	t.Run("holds what is handed over", func(t *testing.T) {
		m := open(t)
		require.NoError(t, m.Fill(t.Context(), newAnnals()))
		at, held := m.At()
		assert.True(t, held, "an empty catalogue is one")
		assert.Zero(t, at)
		a := newAnnals(concerts(300)...)
		require.NoError(t, m.Fill(t.Context(), a))
		requireHeld(t, m, a)
		assert.Positive(t, m.Size().Bytes)
		other := newAnnals(concerts(7)...)
		require.NoError(t, m.Fill(t.Context(), other))
		requireHeld(t, m, other)
	})
	t.Run("what was held is searched meanwhile, and stays when it fails", func(t *testing.T) {
		m, a, errBroken := open(t), newAnnals(concerts(50)...), errors.New("broken")
		require.NoError(t, m.Fill(t.Context(), a))
		seen := 0
		err := m.Fill(t.Context(), snapshotter(func(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
			return newAnnals(concerts(20)...).Snapshot(ctx, starts, func(e *event.Event) error {
				if err := each(e); err != nil {
					return err
				}
				if seen++; seen < 20 {
					requireHeld(t, m, a)
					return nil
				}
				return errBroken
			})
		}))
		require.ErrorIs(t, err, errBroken)
		requireHeld(t, m, a)
		require.NoError(t, m.Apply(t.Context(), a.write(concert(1))), "and goes on")
		requireHeld(t, m, a)
	})
	t.Run("what is handed over is only lent", func(t *testing.T) {
		m, a := open(t), newAnnals(concerts(20)...)
		require.NoError(t, m.Fill(t.Context(), snapshotter(func(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
			var lent event.Event
			defer func() { lent = event.Event{} }()
			return a.Snapshot(ctx, starts, func(e *event.Event) error {
				lent = *e
				return each(&lent)
			})
		})))
		requireHeld(t, m, a)
	})
}

func modelApply(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(100)...)
	require.NoError(t, m.Fill(t.Context(), a))
	for _, batch := range [][]event.Event{
		{concert(0)},
		{retitled(concert(1), "Another"), later(concert(2), 40), concert(200)},
		{later(concert(1), 3), retitled(concert(1), "And another"), later(concert(1), -2)},
		concerts(250),
	} {
		require.NoError(t, m.Apply(t.Context(), a.write(batch...)))
		requireHeld(t, m, a)
	}
	require.NoError(t, m.Apply(t.Context(), nil), "nothing changes nothing")
	requireHeld(t, m, a)

	t.Run("what does not follow directly is refused as a whole", func(t *testing.T) {
		last := a.changes[len(a.changes)-3:]
		next := []catalogue.Change{{Version: catalogue.Version{Number: a.head().Number + 2, Tag: 1}, Event: concert(301)}}
		head := catalogue.Version{Number: a.head().Number, Tag: a.head().Tag + 1}
		for name, changes := range map[string][]catalogue.Change{
			"a gap":                           next,
			"repeated":                        last,
			"partly repeated":                 last[1:],
			"its number is given out already": {{Version: head, Event: concert(400)}},
			"a gap between them": {
				{Version: catalogue.Version{Number: head.Number + 1, Tag: 1}, Event: concert(400)},
				{Version: catalogue.Version{Number: head.Number + 3, Tag: 1}, Event: concert(401)},
			},
		} {
			err := m.Apply(t.Context(), changes)
			assert.Equal(t, fault.Conflict, fault.KindOf(err), "%s: %v", name, err)
			assert.NotEqual(t, ports.CodeOverBudget, codeOf(err))
			requireHeld(t, m, a)
		}
	})
}

func modelAsOf(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(40)...)
	before := a.head()
	a.write(concert(41), retitled(concert(3), "Before it was filled"))
	require.NoError(t, m.Fill(t.Context(), a))
	filled := a.head()
	for i := range 50 {
		require.NoError(t, m.Apply(t.Context(), a.write(later(concert(i), i%5), retitled(concert(i/2), fmt.Sprint("Title ", i)), concert(100+i))))
	}

	t.Run("pages of every version since it was filled", func(t *testing.T) {
		for number := filled.Number; number <= a.head().Number; number++ {
			as := a.versionOf(number)
			then := a.asOf(number)
			for _, order := range []catalogue.Order{{}, {By: catalogue.ByTitle, Desc: true}} {
				q := catalogue.Query{Order: order, Limit: 17, Criteria: catalogue.Criteria{SoldOut: new(false)}}
				want := then.search(q)
				position := order.PositionOf(&want[0])
				q.After, q.AsOf = &position, as
				got := want[:1:1]
				for {
					page, err := m.Search(t.Context(), q)
					require.NoError(t, err)
					require.Equal(t, as, page.At)
					if got = append(got, page.Events...); len(page.Events) < q.Limit {
						break
					}
					position = order.PositionOf(&got[len(got)-1])
				}
				require.Equal(t, titlesOf(want), titlesOf(got))
				require.Equal(t, want, got)
			}
		}
	})
	q := func(as catalogue.Version) catalogue.Query {
		return catalogue.Query{Limit: 1, After: &catalogue.Position{}, AsOf: as}
	}
	head := a.head()
	for name, as := range map[string]catalogue.Version{
		"before it was filled":                  before,
		"another tag at a number it remembers":  {Number: head.Number - 5, Tag: a.versionOf(head.Number-5).Tag + 1},
		"another tag at the number of the last": {Number: head.Number, Tag: head.Tag + 1},
		"a tag before the first":                {Tag: 7},
	} {
		_, err := m.Search(t.Context(), q(as))
		assert.Equal(t, fault.Gone, fault.KindOf(err), "%s: %v", name, err)
	}
	_, err := m.Search(t.Context(), q(catalogue.Version{Number: head.Number + 1, Tag: 7}))
	requireKind(t, fault.Conflict, err)
}

func modelChanges(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(5)...)
	before := a.head()
	a.write(concert(6))
	require.NoError(t, m.Fill(t.Context(), a))
	filled := a.head()
	batch, err := m.Changes(t.Context(), filled, 10)
	require.NoError(t, err)
	assert.Empty(t, batch.Changes)
	assert.Equal(t, filled, batch.Head)

	require.NoError(t, m.Apply(t.Context(), a.write(later(concert(1), 3), retitled(concert(2), "Another"))))
	require.NoError(t, m.Apply(t.Context(), a.write(concert(7), concert(8), concert(9))))
	t.Run("pages follow each other", func(t *testing.T) {
		for number := filled.Number; number <= a.head().Number; number++ {
			for limit := 1; limit <= 6; limit++ {
				batch, err := m.Changes(t.Context(), a.versionOf(number), limit)
				require.NoError(t, err)
				want := a.changes[number:]
				require.Equal(t, a.head(), batch.Head)
				require.Len(t, batch.Changes, min(limit, len(want)))
				for i, c := range batch.Changes {
					require.Equal(t, want[i], c)
				}
			}
		}
	})
	t.Run("the head alone", func(t *testing.T) {
		batch, err := m.Changes(t.Context(), catalogue.Version{}, 10)
		require.NoError(t, err)
		assert.Empty(t, batch.Changes)
		assert.Equal(t, a.head(), batch.Head)
	})
	head := a.head()
	for name, v := range map[string]catalogue.Version{
		"before it was filled":      before,
		"beyond the head":           {Number: head.Number + 1, Tag: 1},
		"another tag at the number": {Number: head.Number - 1, Tag: a.versionOf(head.Number-1).Tag + 1},
		"another tag at the head":   {Number: head.Number, Tag: head.Tag + 1},
		"a tag before the first":    {Tag: 7},
	} {
		_, err := m.Changes(t.Context(), v, 1)
		assert.Equal(t, fault.Gone, fault.KindOf(err), "%s: %v", name, err)
	}
}

func modelAwait(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(5)...)
	require.NoError(t, m.Fill(t.Context(), a))
	for name, v := range map[string]catalogue.Version{"an earlier one": {Number: 1, Tag: 7}, "none": {}, "one that is ahead": {Number: 100, Tag: 1}} {
		head, err := m.Await(t.Context(), v)
		require.NoError(t, err)
		assert.Equal(t, a.head(), head, name)
	}
	// heard returns what somebody heard who awaits news while do is done.
	heard := func(t *testing.T, do func()) (catalogue.Version, error) {
		t.Helper()
		type told struct {
			at  catalogue.Version
			err error
		}
		after := a.head()
		waits := make(chan told)
		for range 3 {
			go func() {
				at, err := m.Await(t.Context(), after)
				waits <- told{at, err}
			}()
		}
		select {
		case got := <-waits:
			require.Fail(t, "it does not wait", "%v", got)
		case <-time.After(10 * time.Millisecond):
		}
		do()
		first := <-waits
		for range 2 {
			require.Equal(t, first, <-waits)
		}
		return first.at, first.err
	}
	t.Run("a change", func(t *testing.T) {
		at, err := heard(t, func() { assert.NoError(t, m.Apply(t.Context(), a.write(concert(9)))) })
		require.NoError(t, err)
		assert.Equal(t, a.head(), at)
	})
	t.Run("something else", func(t *testing.T) {
		at, err := heard(t, func() {
			a = newAnnals(concerts(3)...)
			assert.NoError(t, m.Fill(t.Context(), a))
		})
		require.NoError(t, err)
		assert.Equal(t, a.head(), at)
	})
	t.Run("nothing any more", func(t *testing.T) {
		_, err := heard(t, m.Drop)
		if err != nil {
			requireKind(t, fault.Unavailable, err)
		}
		require.NoError(t, m.Fill(t.Context(), a))
	})
	t.Run("a caller that goes away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err := m.Await(ctx, a.head())
		requireKind(t, fault.Canceled, err)
	})
}

func modelSnapshot(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(200)...)
	require.NoError(t, m.Fill(t.Context(), a))
	require.NoError(t, m.Apply(t.Context(), a.write(later(concert(5), 1000), concert(201), retitled(concert(7), "Another"))))
	at := func(hours int) time.Time { return concert(0).Facts.Start.Time().Add(time.Duration(hours) * time.Hour) }
	for name, starts := range map[string]event.TimeRange{
		"all of time":            {},
		"from a start on":        {From: event.NotBefore(at(14))},
		"up to a start":          {To: event.NotAfter(at(14))},
		"one second":             {From: event.NotBefore(at(14)), To: event.NotAfter(at(14))},
		"between":                {From: event.NotBefore(at(10)), To: event.NotAfter(at(50))},
		"just beside two":        {From: event.NotBefore(at(14).Add(time.Second)), To: event.NotAfter(at(21).Add(-time.Second))},
		"nothing":                {From: event.NotBefore(at(100_000)), To: event.NotAfter(at(100_001))},
		"where one was moved to": {From: event.NotBefore(at(1000)), To: event.NotAfter(at(1100))},
	} {
		want, got := contents{}, contents{}
		require.NoError(t, a.now().each(starts, want.add))
		version, err := m.Snapshot(t.Context(), starts, func(e *event.Event) error {
			assert.NotContains(t, got, e.ID, "%s: each once", name)
			return got.add(e)
		})
		require.NoError(t, err, name)
		assert.Equal(t, a.head(), version, name)
		assert.Equal(t, want, got, name)
	}
	t.Run("an error ends it", func(t *testing.T) {
		calls, errEnough := 0, errors.New("enough")
		_, err := m.Snapshot(t.Context(), event.TimeRange{}, func(*event.Event) error { calls++; return errEnough })
		assert.Equal(t, errEnough, err, "as it is")
		assert.Equal(t, 1, calls)
	})
	t.Run("changes meanwhile are not of it", func(t *testing.T) {
		then, got, begun := a.head(), contents{}, false
		want := a.now()
		at, err := m.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error {
			if !begun {
				begun = true
				require.NoError(t, m.Apply(t.Context(), a.write(retitled(concert(1), "Meanwhile"), later(concert(150), 5), concert(300))))
			}
			return got.add(e)
		})
		require.NoError(t, err)
		assert.Equal(t, then, at)
		assert.Equal(t, want, got)
		requireHeld(t, m, a)
	})
	t.Run("a copy of a copy", func(t *testing.T) {
		other := open(t)
		require.NoError(t, other.Fill(t.Context(), m))
		requireHeld(t, other, a)
	})
}

func modelParts(t *testing.T, open func(*testing.T) ports.ReadModel) {
	m, a := open(t), newAnnals(concerts(2000)...)
	require.NoError(t, m.Fill(t.Context(), a))
	require.NoError(t, m.Apply(t.Context(), a.write(concerts(2200)[2000:]...)))
	now := a.now()
	for _, most := range []int{1, 50, 500, 5000} {
		parts := m.Parts(most)
		requireAllOfTime(t, parts)
		for _, part := range parts {
			starts, days := 0, map[int64]bool{}
			require.NoError(t, now.each(part, func(e *event.Event) error {
				starts++
				days[dayOf(e)] = true
				return nil
			}))
			assert.True(t, len(days) == 1 || starts <= 2*most, "%d starts, where about %d are wanted", starts, most)
		}
		assert.LessOrEqual(t, len(parts), 2*(2200/most)+2, "nor are they cut smaller than that")
	}
}

// requireAllOfTime requires ranges of whole days that follow each other from the beginning to the end of time.
func requireAllOfTime(t *testing.T, parts []event.TimeRange) {
	t.Helper()
	require.NotEmpty(t, parts)
	_, begins := parts[0].From.Unix()
	_, ends := parts[len(parts)-1].To.Unix()
	require.False(t, begins || ends, "open at both ends")
	for i := range parts[1:] {
		to, _ := parts[i].To.Unix()
		from, begins := parts[i+1].From.Unix()
		require.True(t, begins)
		require.Equal(t, to+1, from, "each begins where the one before ends")
		require.Zero(t, from%(24*3600), "with a day")
	}
}

func modelReconcile(t *testing.T, r ReadModels) {
	// What the store has, and what is held, where something went wrong between them.
	begin := func(t *testing.T, differ func(contents)) (ports.ReadModel, *annals) {
		t.Helper()
		a := newAnnals(concerts(100)...)
		wrong := a.now()
		differ(wrong)
		m := r.Open(t)
		require.NoError(t, m.Fill(t.Context(), snapshotter(func(_ context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
			return a.head(), wrong.each(starts, each)
		})))
		return m, a
	}
	reconcile := func(t *testing.T, m ports.ReadModel, a *annals) (all ports.Reconciled) {
		t.Helper()
		for _, part := range m.Parts(20) {
			found, err := m.Reconcile(t.Context(), part, a.head(), a.starting(part))
			require.NoError(t, err)
			all.Events, all.Days = all.Events+found.Events, all.Days+found.Days
			all.WrongDays, all.Wrong = all.WrongDays+found.WrongDays, all.Wrong+found.Wrong
		}
		return all
	}
	one := concert(33)
	for name, differ := range map[string]func(contents){
		"a flipped value":  func(held contents) { _ = held.add(new(retitled(one, "Event 32"))) },
		"a flipped flag":   func(held contents) { e := one; e.Available = !e.Available; _ = held.add(&e) },
		"a later revision": func(held contents) { e := one; e.Revision++; _ = held.add(&e) },
		"one is missing":   func(held contents) { delete(held, one.ID) },
		"one too many":     func(held contents) { _ = held.add(new(concert(1000))) },
	} {
		t.Run(name, func(t *testing.T) {
			m, a := begin(t, differ)
			found := reconcile(t, m, a)
			assert.Equal(t, 1, found.Wrong)
			assert.Equal(t, 1, found.WrongDays)
			assert.GreaterOrEqual(t, found.Days, 100*7/24)
			requireHeld(t, m, a)
			assert.Zero(t, reconcile(t, m, a).Wrong, "it has been put right")
			require.NoError(t, m.Apply(t.Context(), a.write(retitled(one, "Next"), concert(500))))
			requireHeld(t, m, a)
		})
	}
	t.Run("one on another day", func(t *testing.T) {
		m, a := begin(t, func(held contents) { _ = held.add(new(later(one, 24*30))) })
		assert.Positive(t, reconcile(t, m, a).Wrong)
		requireHeld(t, m, a)
		assert.Zero(t, reconcile(t, m, a).Wrong)
	})
	t.Run("everything", func(t *testing.T) {
		m, a := begin(t, func(held contents) { clear(held) })
		assert.Equal(t, 100, reconcile(t, m, a).Wrong)
		requireHeld(t, m, a)
	})
	t.Run("nothing", func(t *testing.T) {
		m, a := begin(t, func(contents) {})
		found := reconcile(t, m, a)
		assert.Equal(t, 100, found.Events)
		assert.Zero(t, found.Wrong)
		assert.Zero(t, found.WrongDays)
		requireHeld(t, m, a)
	})
	t.Run("what changed since is left alone", func(t *testing.T) {
		m, a := begin(t, func(held contents) { delete(held, concert(50).ID) })
		of, all := a.head(), a.starting(event.TimeRange{})
		require.NoError(t, m.Apply(t.Context(), a.write(retitled(one, "Since then"), concert(700), later(concert(12), 500), retitled(concert(50), "It came"))))
		found, err := m.Reconcile(t.Context(), event.TimeRange{}, of, all)
		require.NoError(t, err)
		assert.Zero(t, found.Wrong)
		requireHeld(t, m, a)
	})
	t.Run("what is wrong beside it is not", func(t *testing.T) {
		m, a := begin(t, func(held contents) { _ = held.add(new(retitled(one, "Event 32"))) })
		of, all := a.head(), a.starting(event.TimeRange{})
		beside := concert(34)
		require.Equal(t, dayOf(&one), dayOf(&beside))
		require.NoError(t, m.Apply(t.Context(), a.write(retitled(beside, "Since then"))))
		found, err := m.Reconcile(t.Context(), event.TimeRange{}, of, all)
		require.NoError(t, err)
		assert.Equal(t, 1, found.Wrong)
		requireHeld(t, m, a)
	})
	t.Run("a version that is ahead", func(t *testing.T) {
		m, a := begin(t, func(contents) {})
		was := a.now()
		a.write(retitled(one, "Next"))
		_, err := m.Reconcile(t.Context(), event.TimeRange{}, a.head(), a.starting(event.TimeRange{}))
		requireKind(t, fault.Conflict, err)
		assert.NotEqual(t, ports.CodeOverBudget, codeOf(err))
		require.Equal(t, was, heldOf(t, m))
	})
}

func modelDamaged(t *testing.T, r ReadModels) {
	m, a := r.Open(t), newAnnals(concerts(200)...)
	require.NoError(t, m.Fill(t.Context(), a))
	damaged := func(t *testing.T) []event.TimeRange {
		t.Helper()
		damage, err := m.Damaged(t.Context())
		require.NoError(t, err)
		return damage.Days
	}
	assert.Empty(t, damaged(t))
	require.NoError(t, m.Apply(t.Context(), a.write(retitled(concert(20), "Another"), later(concert(30), 500), concert(300))))
	assert.Empty(t, damaged(t), "what is changed is not damaged")

	late, early, changed := a.now()[concert(150).ID], a.now()[concert(9).ID], a.now()[concert(20).ID]
	for _, e := range []event.Event{late, early, changed} {
		r.Damage(t, m, e.ID)
	}
	days := damaged(t)
	require.Len(t, days, 3)
	for i, e := range []event.Event{early, changed, late} {
		assert.True(t, startsIn(days[i], &e), "in order")
		from, _ := days[i].From.Unix()
		to, _ := days[i].To.Unix()
		assert.EqualValues(t, 24*3600-1, (to-from)%(24*3600), "whole days")
		assert.Less(t, to-from, int64(3*24*3600), "and few of them")
		assert.Zero(t, from%(24*3600))
		found, err := m.Reconcile(t.Context(), days[i], a.head(), a.starting(days[i]))
		require.NoError(t, err)
		assert.Equal(t, 1, found.Wrong)
		assert.Equal(t, 1, found.WrongDays)
	}
	assert.Empty(t, damaged(t))
	requireHeld(t, m, a)
}

func modelBudget(t *testing.T, tight func(*testing.T) ports.ReadModel) {
	small, large := newAnnals(concerts(100)...), newAnnals(concerts(10_000)...)
	over := func(t *testing.T, err error) {
		t.Helper()
		requireKind(t, fault.Conflict, err)
		assert.Equal(t, ports.CodeOverBudget, codeOf(err))
	}
	t.Run("nothing is filled beyond it", func(t *testing.T) {
		m := tight(t)
		over(t, m.Fill(t.Context(), large))
		_, held := m.At()
		assert.False(t, held)
		require.NoError(t, m.Fill(t.Context(), small))
		over(t, m.Fill(t.Context(), large))
		requireHeld(t, m, small)
	})
	t.Run("changes are made all the same", func(t *testing.T) {
		m := tight(t)
		require.NoError(t, m.Fill(t.Context(), small))
		var err error
		for some := range slices.Chunk(concerts(10_000), 1000) {
			if err = m.Apply(t.Context(), small.write(some...)); err != nil {
				break
			}
		}
		over(t, err)
		requireHeld(t, m, small)
	})
}
