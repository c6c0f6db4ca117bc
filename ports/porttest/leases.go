package porttest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Leases is what every ports.Leases promises.
func Leases(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)
	const ttl = 10 * time.Second
	acquire := func(t *testing.T, name, holder string) (int64, bool) {
		t.Helper()
		fence, held, err := store.Acquire(t.Context(), name, holder, ttl)
		require.NoError(t, err)
		return fence, held
	}

	t.Run("one holder, renewed, expired, passed on", func(t *testing.T) {
		first, held := acquire(t, "a", "one")
		require.True(t, held)
		_, held = acquire(t, "a", "two")
		assert.False(t, held)
		c.Advance(ttl - time.Second)
		renewed, held := acquire(t, "a", "one")
		assert.True(t, held)
		assert.Equal(t, first, renewed)
		c.Advance(ttl - time.Second)
		_, held = acquire(t, "a", "two")
		assert.False(t, held, "it was renewed")
		c.Advance(time.Second)
		second, held := acquire(t, "a", "two")
		assert.True(t, held)
		assert.Greater(t, second, first)
		_, held = acquire(t, "a", "one")
		assert.False(t, held)
	})

	t.Run("a release passes it on at once", func(t *testing.T) {
		first, _ := acquire(t, "b", "one")
		require.NoError(t, store.Release(t.Context(), "b", "two"), "it is not two's")
		_, held := acquire(t, "b", "two")
		assert.False(t, held)
		require.NoError(t, store.Release(t.Context(), "b", "one"))
		second, held := acquire(t, "b", "two")
		assert.True(t, held)
		assert.Greater(t, second, first)
	})

	t.Run("of many at once, one gets it", func(t *testing.T) {
		var mu sync.Mutex
		holders := 0
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				_, held, err := store.Acquire(t.Context(), "c", fmt.Sprint(i), ttl)
				assert.NoError(t, err)
				if held {
					mu.Lock()
					holders++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		assert.Equal(t, 1, holders)
	})
}
