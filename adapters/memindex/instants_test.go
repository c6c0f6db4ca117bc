package memindex

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestInstantsAreCountedAsInAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Int64Range(-40, 40), 0, 700).Draw(t, "all")
		slices.Sort(all)
		i := newInstants(all)
		for unix := int64(-42); unix <= 42; unix++ {
			before, _ := slices.BinarySearch(all, unix)
			upTo, _ := slices.BinarySearch(all, unix+1)
			assert.Equal(t, before, i.before(unix))
			assert.Equal(t, upTo, i.upTo(unix))
		}
		assert.Equal(t, 0, i.before(always))
		assert.Equal(t, len(all), i.upTo(never))
	})
}
