package memindex

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWhatLastsLongerThanARangeIsCounted(t *testing.T) {
	known := 0
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{0, 3, mostLongest, mostLongest + 1, 5 * mostLongest}).Draw(t, "size")
		starts := rapid.SliceOfN(rapid.Int64Range(0, 300), size, size).Draw(t, "starts")
		ends := make([]int64, len(starts))
		for i, start := range starts {
			ends[i] = start + rapid.Int64Range(0, 200).Draw(t, "seconds")
		}
		l := newLongest(starts, ends)
		for range 100 {
			from := rapid.Int64Range(-1, 400).Draw(t, "from")
			to := from + rapid.OneOf(rapid.Int64Range(0, 200), rapid.Int64Range(max(0, l.shortest-4), l.shortest+2)).Draw(t, "lasts")
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
			assert.True(t, sure || len(starts) > mostLongest)
		}
		_, sure := l.around(always, never)
		assert.Equal(t, len(starts) <= mostLongest, sure)
	})
	assert.Positive(t, known)
}
