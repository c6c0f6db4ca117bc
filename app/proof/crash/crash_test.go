package crash

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	kills = flag.Int("kills", 8, "processes to kill at random moments, besides those at the points")
	size  = flag.Int("events", 120, "events in the feed")
	seed  = flag.Uint64("seed", 0, "draws the moments; 0 for another one each time")
)

// lastSnapshot is how far each history goes at least.
const lastSnapshot = 5

// A process that is killed at any point, and started again, ends with the catalogue, the change log and
// the rejections that an undisturbed one ends with.
func TestKilledProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("dies for half a minute")
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", *seed)
	u := newUndisturbed(t)
	t.Run("undisturbed", func(t *testing.T) {
		t.Parallel()
		u.until(t, lastSnapshot)
	})
	for _, planned := range histories {
		t.Run(planned.name, func(t *testing.T) {
			t.Parallel()
			h := newHistory(t)
			h.movesOn = planned.movesOn
			h.turn(blow{})
			for _, b := range planned.blows {
				h.turn(b)
			}
			for h.snapshot < lastSnapshot {
				h.turn(blow{})
			}
			h.verify(u)
		})
	}
	t.Run("at random", func(t *testing.T) {
		t.Parallel()
		h := newHistory(t)
		h.reaper.random = rand.New(rand.NewPCG(*seed, 0))
		h.turn(blow{})
		h.turn(blow{}) // the pace of a reading that changes something
		h.reaper.left = *kills
		for h.reaper.left > 0 || h.snapshot < lastSnapshot {
			h.turn(blow{})
		}
		h.verify(u)
	})
}

// verify ends the history and looks at what it left.
func (h *history) verify(u *undisturbed) {
	h.t.Helper()
	h.finish()
	f := read(h.t, h.dir)
	f.sound(h.t)
	f.remembers(h.t, h.kept, h.book, h.snapshot)
	account.add(h.tally, f)

	f = f.withoutFleeting()
	if h.movesOn { // how much was read of the snapshots that are past is anybody's guess
		f.shows(h.t, snapshotAt(h.snapshot))
		return
	}
	m := newModel()
	for k := range h.snapshot + 1 {
		m.read(snapshotAt(k))
	}
	f.agrees(h.t, m, h.book)
	f.equals(h.t, u.until(h.t, h.snapshot))
}
