package porttest

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// AnyOrder delivers the chunks and completions of several runs in any order, more than once, older runs after
// newer ones, with conclusions tried at any time, and compares what becomes of the catalogue with a
// plain oracle after every step.
func AnyOrder(t *testing.T, open OpenStore) {
	c := newClock()
	var store EventStore
	attempt := 0
	rapid.Check(t, func(rt *rapid.T) {
		// Each history is a provider of its own, so some may share a store, but reading the whole store grows.
		if attempt%10 == 0 {
			store = open(t, c.Now)
		}
		attempt++
		s := newShop(t, store, fmt.Sprintf("history-%d", attempt))
		runs := rapid.SliceOfN(genRun, 1, 3).Draw(rt, "runs")
		var messages []message
		for i := range runs {
			runs[i].ref = s.run(c.Now().Add(time.Duration(i) * time.Minute))
			messages = append(messages, runs[i].messages()...)
		}
		again := rapid.SliceOfN(rapid.SampledFrom(messages), 0, len(messages)).Draw(rt, "delivered again")
		o := oracle{runs: map[catalogue.RunNumber]*oracleRun{}, events: map[string]oracleEvent{}}
		for i, m := range rapid.Permutation(append(messages, again...)).Draw(rt, "order") {
			deliver(rt, s, &o, m)
			compare(rt, s, &o, fmt.Sprintf("after message %d, %s", i, m))
		}
		for _, r := range s.pending() { // what a sweeper does
			if r.Provider == s.provider {
				s.conclude(r)
				o.conclude(r)
			}
		}
		compare(rt, s, &o, "at the end")
		promises(rt, s, runs)
	})
}

// message is a part of a run: one of its chunks, its completion, or, with neither, an attempt to conclude it.
type message struct {
	run     catalogue.RunRef
	chunk   int
	records []sighting
	end     *catalogue.Completion
}

func (m message) String() string {
	if m.end != nil {
		return fmt.Sprintf("completion of %d", m.run.Number)
	}
	return fmt.Sprintf("chunk %d of %d: %v", m.chunk, m.run.Number, m.records)
}

// sighting is an event in a run.
type sighting struct {
	name  string
	value int // what its title says
	kind  string
}

func (s sighting) record() catalogue.Record {
	r := record(s.name, titled(fmt.Sprint("value ", s.value)))
	switch s.kind {
	case "offline":
		mode("offline")(&r)
	case "impossible":
		impossible(&r)
	case "nameless":
		nameless(&r)
	}
	return r
}

type history struct {
	ref       catalogue.RunRef
	chunks    [][]sighting
	readToEnd bool
}

var genRun = rapid.Custom(func(t *rapid.T) history {
	names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}), 0, 6, rapid.ID).Draw(t, "names")
	h := history{chunks: make([][]sighting, rapid.IntRange(1, 3).Draw(t, "chunks")), readToEnd: rapid.IntRange(0, 4).Draw(t, "read to end") > 0}
	for _, name := range names {
		i := rapid.IntRange(0, len(h.chunks)-1).Draw(t, "chunk")
		h.chunks[i] = append(h.chunks[i], sighting{
			name: name, value: rapid.IntRange(1, 2).Draw(t, "value"),
			kind: rapid.SampledFrom([]string{"online", "online", "online", "online", "online", "offline", "impossible", "nameless"}).Draw(t, "kind"),
		})
	}
	return h
})

func (h history) messages() []message {
	var list []message
	for i, records := range h.chunks {
		list = append(list, message{run: h.ref, chunk: i, records: records})
	}
	return append(list, message{run: h.ref, end: &catalogue.Completion{Run: h.ref, Chunks: len(h.chunks), ReadToEnd: h.readToEnd}})
}

// deliver brings a message to the store and to the oracle, the way a consumer does.
func deliver(rt *rapid.T, s shop, o *oracle, m message) {
	if m.end != nil {
		require.NoError(rt, s.applier.Complete(s.t.Context(), *m.end))
		o.complete(*m.end)
	} else {
		var records []catalogue.Record
		for _, r := range m.records {
			records = append(records, r.record())
		}
		_, err := s.applier.Apply(s.t.Context(), s.chunk(m.run, m.chunk, records...))
		require.NoError(rt, err)
		o.apply(m)
	}
	_, err := s.applier.Conclude(s.t.Context(), m.run)
	if !fault.Is(err, fault.NotFound) {
		require.NoError(rt, err)
	}
	o.conclude(m.run)
}

// oracle is the rules in a few lines, without a database.
type oracle struct {
	current catalogue.RunNumber
	runs    map[catalogue.RunNumber]*oracleRun
	events  map[string]oracleEvent
}

type oracleRun struct {
	state    catalogue.RunState
	end      *catalogue.Completion
	applied  map[int]bool
	seen     map[string]bool
	nameless bool
}

type oracleEvent struct {
	title, sellMode string
	firstSeen       time.Time
	available       bool
	revision        int64
}

func (o *oracle) enter(r catalogue.RunRef) *oracleRun {
	if o.runs[r.Number] == nil {
		o.runs[r.Number] = &oracleRun{state: catalogue.Reading, applied: map[int]bool{}, seen: map[string]bool{}}
	}
	o.current = max(o.current, r.Number)
	for number, run := range o.runs {
		if number < o.current && run.state.Open() {
			run.state = catalogue.Superseded
		}
	}
	return o.runs[r.Number]
}

func (o *oracle) apply(m message) {
	run := o.enter(m.run)
	late := m.run.Number < o.current
	if !late && (!run.state.Open() || run.applied[m.chunk]) {
		return
	}
	for _, s := range m.records {
		if s.kind == "nameless" {
			run.nameless = true
			continue
		}
		run.seen[s.name] = true
		if s.kind == "impossible" {
			continue
		}
		known, ok := o.events[s.name]
		title, unchanged := fmt.Sprint("value ", s.value), false
		if ok {
			unchanged = known.title == title && known.sellMode == s.kind
		}
		switch {
		case !ok && s.kind == event.Online:
			o.events[s.name] = oracleEvent{title, s.kind, m.run.Number.Time(), !late || !o.laterConcluded(m.run), 1}
		case ok && !late && !unchanged:
			o.events[s.name] = oracleEvent{title, s.kind, known.firstSeen, known.available, known.revision + 1}
		}
	}
	run.applied[m.chunk] = true
}

func (o *oracle) laterConcluded(r catalogue.RunRef) bool {
	for number, run := range o.runs {
		if number > r.Number && run.state == catalogue.Concluded {
			return true
		}
	}
	return false
}

func (o *oracle) complete(c catalogue.Completion) {
	run := o.enter(c.Run)
	if run.state == catalogue.Reading {
		run.state, run.end = catalogue.Announced, &c
	}
}

func (o *oracle) conclude(r catalogue.RunRef) {
	run := o.runs[r.Number]
	if run == nil || run.state != catalogue.Announced || len(run.applied) < run.end.Chunks {
		return
	}
	if !run.end.ReadToEnd {
		run.state = catalogue.Incomplete
		return
	}
	run.state = catalogue.Concluded
	for name, e := range o.events {
		switch {
		case e.available && !run.seen[name] && !run.nameless && len(run.seen) > 0,
			!e.available && run.seen[name]:
			e.available = !e.available
			e.revision++
			o.events[name] = e
		}
	}
}

func compare(rt *rapid.T, s shop, o *oracle, when string) {
	got := map[string]oracleEvent{}
	for _, e := range s.events() {
		got[e.Identity.Event] = oracleEvent{e.Facts.Title, e.Facts.SellMode, e.FirstSeen, e.Available, e.Revision}
	}
	require.Equal(rt, o.events, got, when)
	available := 0
	for _, e := range o.events {
		if e.available {
			available++
		}
	}
	f := s.feed()
	require.Equal(rt, [2]int{len(o.events), available}, [2]int{f.Known, f.Available}, "known and available, %s", when)
	require.Equal(rt, o.runs[o.current].state, f.Current.State, when)
}

// promises are what must hold whatever the order was, said without the oracle.
func promises(rt *rapid.T, s shop, runs []history) {
	events := s.events()
	rebuilt := map[event.ID]event.Event{}
	for _, c := range s.changes() {
		require.Equal(rt, rebuilt[c.Event.ID].Revision+1, c.Event.Revision, "each change is logged once, in order")
		rebuilt[c.Event.ID] = c.Event
	}
	require.Equal(rt, events, rebuilt, "the log rebuilds the catalogue")

	online := map[string]bool{}
	for _, r := range runs {
		for _, chunk := range r.chunks {
			for _, sighting := range chunk {
				if sighting.kind == event.Online {
					online[sighting.name] = true
				}
			}
		}
	}
	known := map[string]bool{}
	for _, e := range events {
		known[e.Identity.Event] = true
	}
	require.Equal(rt, slices.Sorted(maps.Keys(online)), slices.Sorted(maps.Keys(known)), "what was seen online once is there, and nothing else")

	last := runs[len(runs)-1]
	for _, chunk := range last.chunks {
		for _, sighting := range chunk {
			if e, ok := events[s.id(sighting.name, sighting.name)]; ok && sighting.kind == event.Online {
				require.Equal(rt, fmt.Sprint("value ", sighting.value), e.Facts.Title, "the last run has the last word")
				require.True(rt, e.Available || !last.readToEnd, "a run that was read to its end has it back")
			}
		}
	}
}
