package memindex

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWhatLastsLongerThanARangeIsCounted(t *testing.T) {
	known, longer := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 1, 3, oneIn - 1, oneIn, 90 * oneIn}).Draw(t, "size")
		starts, ends := make([]int64, size), make([]int64, size)
		seed := rapid.Int64Range(1, 1<<40).Draw(t, "seed")
		next := func(below int64) int64 {
			seed = (seed*6364136223846793005 + 1442695040888963407) & (1<<62 - 1)
			return seed >> 20 % below
		}
		mostly := rapid.Int64Range(1, 200).Draw(t, "most last less than")
		for i := range starts {
			starts[i] = next(3000)
		}
		slices.Sort(starts)
		byEnd := make([]uint32, size)
		for i, start := range starts {
			ends[i], byEnd[i] = start+next(mostly), narrow(i)
			if i%40 == 0 {
				ends[i] = start + next(400)
			}
		}
		slices.SortStableFunc(byEnd, func(a, b uint32) int { return cmp.Compare(ends[a], ends[b]) })
		l := newLongest(starts, ends, byEnd)
		longer += len(l.starts.all)
		assert.LessOrEqual(t, len(l.starts.all), size/oneIn)
		for range 60 {
			from := rapid.Int64Range(-1, 3400).Draw(t, "from")
			to := from + rapid.OneOf(rapid.Int64Range(0, 400), rapid.Int64Range(max(0, l.others-4), l.others+2)).Draw(t, "lasts")
			want := 0
			for i := range starts {
				if starts[i] < from && ends[i] > to {
					want++
				}
			}
			got, sure := l.around(from, to)
			if sure {
				assert.Equal(t, want, got)
				known++
			}
			assert.Equal(t, to-from >= l.others, sure)
		}
		_, sure := l.around(always, never)
		assert.False(t, sure)
	})
	assert.Positive(t, known)
	assert.Positive(t, longer)
}
