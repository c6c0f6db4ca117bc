package hitratio

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
)

var (
	events  = flag.Int("events", 500, "events in the catalogue")
	seconds = flag.Int("seconds", 2, "for which each mix of changes and questions goes on, of a clock that the test sets")
	seed    = flag.Uint64("seed", 1, "draws questions and changes")
	figures = flag.Bool("figures", false, "print the ratios")
)

// soon is a day in the near future more often than one in the far: every second one is within two weeks.
func soon(r *rand.Rand) int {
	for {
		if day := int(r.ExpFloat64() * 20); day < futureDays {
			return day
		}
	}
}

// eitherOfTwo is tomorrow or a day a month ahead.
func eitherOfTwo(r *rand.Rand) int { return [...]int{1, 30}[r.IntN(2)] }

var mixes = []changes{
	{"0.5%, most of them soon", 0.005, soon},
	{"0.02%, most of them soon", 0.0002, soon},
	{"0.5%, on two days", 0.005, eitherOfTwo},
}

// rates are how many questions are asked in a second. What is asked twice within the same one needs no luck, so the ratio
// depends on them.
func rates() []int {
	if *figures {
		return []int{20, 200}
	}
	return []int{40}
}

func TestHitRatio(t *testing.T) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "changed each second\tquestions/s\tchanges\tkept by days\tall dropped\tratio of hits\tof answers to be made\t\n")
	for _, c := range mixes {
		for _, rate := range rates() {
			t.Run(fmt.Sprintf("%s, %d questions a second", c.name, rate), func(t *testing.T) {
				m := measure(t, c, rate)
				assert.GreaterOrEqual(t, m.byDays, m.dropping, "who drops less hits no less")
				share := func(hits int) float64 { return 100 * float64(hits) / float64(m.asked) }
				fmt.Fprintf(table, "%s\t%d\t%d\t%.1f%%\t%.1f%%\t%.2f\t%.2f\t\n", c.name, rate, m.changed, share(m.byDays), share(m.dropping),
					float64(m.byDays)/float64(m.dropping), float64(m.asked-m.byDays)/float64(m.asked-m.dropping))
			})
		}
	}
	if *figures {
		table.Flush()
	}
}

// measured is how many questions were asked, how many of them each cache had the answer to, and how many events changed.
type measured struct{ asked, byDays, dropping, changed int }

func measure(t *testing.T, c changes, rate int) (m measured) {
	t.Helper()
	today := time.Date(2027, time.March, 1, 0, 0, 0, 0, time.UTC)
	var now atomic.Int64 // seconds since the epoch
	now.Store(today.Add(17 * time.Hour).Unix())
	clock := func() time.Time { return time.Unix(now.Load(), 0).UTC() }

	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "marquee.db"), Clock: clock, Sole: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	p, in := newProgramme(*events, today), newIngester(t, store)
	all := make([]catalogue.Record, *events)
	for n := range all {
		all[n] = p.record(n)
	}
	require.Equal(t, *events, in.apply(clock(), true, all))

	byDays, dropping := newKeeper(t, store, store, clock), newKeeper(t, store, everyDay{store}, clock)
	plain := newAPI(store, clock, nil)
	asks := questions(today)
	random := rand.New(rand.NewPCG(*seed, 0))
	zipf := rand.NewZipf(random, 1.1, 1, uint64(len(asks)-1))
	for range *seconds {
		now.Add(1)
		var records []catalogue.Record
		for _, n := range p.choose(c, random) {
			p.prices[n]++
			records = append(records, p.record(n))
		}
		require.Equal(t, len(records), in.apply(clock(), false, records))
		m.changed += len(records)
		heard(t, store, byDays, dropping)

		made := map[string][]byte{} // at this version
		for range rate {
			q := asks[zipf.Uint64()]
			m.asked++
			for _, k := range []*keeper{byDays, dropping} {
				body, kept := k.ask(t, q.path)
				if !kept {
					continue
				}
				want, known := made[q.path]
				if !known {
					want, _ = get(t, plain, q.path)
					made[q.path] = want
				}
				require.Equal(t, string(want), string(body), "%s was kept and is not what it would be now", q.name)
			}
		}
	}
	m.byDays, m.dropping = byDays.hits, dropping.hits
	return m
}

// heard waits until the keepers know of all that was changed.
func heard(t *testing.T, store *sqlite.Store, keepers ...*keeper) {
	t.Helper()
	batch, err := store.Changes(t.Context(), catalogue.Version{}, 1)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		for _, k := range keepers {
			if k.fresh.Followed() != batch.Head {
				return false
			}
		}
		return true
	}, time.Minute, time.Millisecond)
}
