package memcache_test

import (
	"encoding/binary"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	porttest.AnswerCache(t, func(t *testing.T) ports.AnswerCache {
		c := memcache.New(memcache.Options{})
		t.Cleanup(c.Close)
		return c
	})
}

func key(n int) (k ports.AnswerKey) {
	binary.LittleEndian.PutUint64(k[:], uint64(n))
	return k
}

func TestEachAnswerHasATimeOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memcache.New(memcache.Options{})
		found := func(n int) bool {
			_, found, err := c.Get(t.Context(), key(n))
			require.NoError(t, err)
			return found
		}
		for n, ttl := range []time.Duration{time.Second, time.Minute, time.Hour} {
			require.NoError(t, c.Put(t.Context(), key(n), ports.Answer{}, ttl))
		}
		time.Sleep(time.Second - time.Millisecond)
		assert.Equal(t, []bool{true, true, true}, []bool{found(0), found(1), found(2)})
		time.Sleep(time.Millisecond)
		assert.Equal(t, []bool{false, true, true}, []bool{found(0), found(1), found(2)})
		time.Sleep(time.Minute)
		assert.Equal(t, []bool{false, false, true}, []bool{found(0), found(1), found(2)})
		c.Close()
		assert.False(t, found(2))
	})
}

func TestMemoryIsBounded(t *testing.T) {
	const most = 4 << 20
	c := memcache.New(memcache.Options{Bytes: most})
	before := heap()
	popular := key(1 << 40)
	lost := 0
	for n := range 2000 {
		require.NoError(t, c.Put(t.Context(), key(n), ports.Answer{Body: make([]byte, 10_000, 11_000)}, time.Hour))
		if _, found, _ := c.Get(t.Context(), popular); !found {
			lost++
			require.NoError(t, c.Put(t.Context(), popular, ports.Answer{Body: make([]byte, 10_000)}, time.Hour))
		}
	}
	assert.Less(t, heap()-before, int64(most*3/2), "20 MB were put")
	assert.Less(t, lost, 10, "what everybody asks for stays")
	runtime.KeepAlive(c)
}

// A body that is a small part of what it was cut from does not keep the whole.
func TestABodyIsWhatItTakes(t *testing.T) {
	c := memcache.New(memcache.Options{})
	before := heap()
	for n := range 50 {
		require.NoError(t, c.Put(t.Context(), key(n), ports.Answer{Body: make([]byte, 10, ports.MaxAnswer)}, time.Hour))
	}
	assert.Less(t, heap()-before, int64(1<<20))
	runtime.KeepAlive(c)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkGet(b *testing.B) {
	c := memcache.New(memcache.Options{})
	for n := range 1000 {
		_ = c.Put(b.Context(), key(n), ports.Answer{Body: make([]byte, 4000)}, time.Hour)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for n := 0; pb.Next(); n++ {
			_, _, _ = c.Get(b.Context(), key(n%1000))
		}
	})
}
