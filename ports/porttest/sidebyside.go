package porttest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// SideBySide delivers the chunks and completions of several runs, most of them twice, to several consumers at once,
// beside others who conclude, and looks at what must hold whatever the order was.
func SideBySide(t *testing.T, open OpenStore) {
	const consumers = 4
	c := newClock()
	store := open(t, c.Now)
	attempt := 0
	rapid.Check(t, func(rt *rapid.T) {
		attempt++
		s := newShop(t, store, fmt.Sprintf("history-%d", attempt))
		runs := rapid.SliceOfN(genRun, 1, 3).Draw(rt, "runs")
		var messages []message
		for i := range runs {
			runs[i].ref = s.run(c.Now().Add(time.Duration(i) * time.Minute))
			messages = append(messages, runs[i].messages()...)
		}
		again := rapid.SliceOfN(rapid.SampledFrom(messages), 0, len(messages)).Draw(rt, "delivered again")
		messages = rapid.Permutation(append(messages, again...)).Draw(rt, "order")

		var busy sync.WaitGroup
		for n := range consumers {
			busy.Go(func() {
				for i := n; i < len(messages); i += consumers {
					s.take(messages[i])
				}
			})
		}
		busy.Wait()
		require.False(rt, t.Failed(), "a delivery failed")
		for _, r := range s.pending() {
			if r.Provider == s.provider {
				s.conclude(r)
			}
		}

		promises(rt, s, runs)
		f, last := s.feed(), runs[len(runs)-1]
		require.Equal(rt, last.ref, f.Current.Ref)
		require.Equal(rt, map[bool]catalogue.RunState{true: catalogue.Concluded, false: catalogue.Incomplete}[last.readToEnd], f.Current.State)
		require.Equal(rt, len(last.chunks), f.Current.Applied, "each chunk counts once")
		available, added := 0, 0
		for _, e := range s.events() {
			if e.Available {
				available++
			}
			if e.FirstSeen.Equal(last.ref.Number.Time()) {
				added++
			}
		}
		require.Equal(rt, [2]int{len(s.events()), available}, [2]int{f.Known, f.Available}, "known and available")
		require.Equal(rt, added, f.Current.Added)
	})
}

// take does what a consumer does with a message.
func (s shop) take(m message) {
	if m.end != nil {
		assert.NoError(s.t, s.applier.Complete(s.t.Context(), *m.end))
	} else {
		var records []catalogue.Record
		for _, r := range m.records {
			records = append(records, r.record())
		}
		_, err := s.applier.Apply(s.t.Context(), s.chunk(m.run, m.chunk, records...))
		assert.NoError(s.t, err)
	}
	if _, err := s.applier.Conclude(s.t.Context(), m.run); !fault.Is(err, fault.NotFound) {
		assert.NoError(s.t, err)
	}
}
