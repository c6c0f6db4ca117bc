package rediscache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// patient is a time-out for tests that are not about time, on a machine that is busy.
const patient = 10 * time.Second

func dial(t testing.TB, url string, timeout time.Duration) *redis.Client {
	t.Helper()
	client, err := NewClient(url, timeout)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestContract(t *testing.T) {
	url := server.SharedRedis(t)
	porttest.AnswerCache(t, func(t *testing.T) ports.AnswerCache {
		return New(dial(t, url, patient), Options{Timeout: patient, Prefix: t.Name()})
	})
}

func key(name string) ports.AnswerKey { return sha256.Sum256([]byte(name)) }

var some = ports.Answer{At: catalogue.Version{Number: 7, Tag: 9}, Stored: time.UnixMilli(1795434000123), Body: []byte(`{"data":null}`)}

func requireKept(t *testing.T, c *Cache, name string, want ports.Answer) {
	t.Helper()
	got, found, err := c.Get(t.Context(), key(name))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, got)
}

func requireAbsent(t *testing.T, c *Cache, name string) {
	t.Helper()
	got, found, err := c.Get(t.Context(), key(name))
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, got)
}

func TestWhatIsNoEntryIsAbsent(t *testing.T) {
	client := dial(t, server.SharedRedis(t), patient)
	c := New(client, Options{Timeout: patient, Prefix: t.Name()})
	large := some
	large.Body = bytes.Repeat([]byte("all the same "), 5000)
	good, packed := c.codec.encode(some), c.codec.encode(large)
	require.Less(t, len(packed), 1000, "it is compressed")

	with := func(entry []byte, change func([]byte)) []byte {
		entry = bytes.Clone(entry)
		change(entry)
		binary.BigEndian.PutUint32(entry[atSum:], sum(entry))
		return entry
	}
	cost := func(name string) uint64 { // bytes
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		requireAbsent(t, c, name)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	bomb := func(length uint32) []byte {
		w, err := zstd.NewWriter(nil)
		require.NoError(t, err)
		defer w.Close()
		head := with(packed[:headerSize], func(e []byte) { binary.BigEndian.PutUint32(e[atLength:], length) })
		return with(w.EncodeAll(make([]byte, 128<<20), head), func([]byte) {})
	}
	for name, value := range map[string][]byte{
		"nothing":                      {},
		"a text":                       []byte("hello"),
		"a long text":                  bytes.Repeat([]byte("x"), 32*maxEntry),
		"another format":               with(good, func(e []byte) { e[0]++ }),
		"an unknown flag":              with(good, func(e []byte) { e[1] |= 0x80 }),
		"a wrong length":               with(good, func(e []byte) { e[atLength+3]++ }),
		"an enormous length":           with(packed, func(e []byte) { e[atLength] = 0xff }),
		"no length where there is one": with(packed, func(e []byte) { binary.BigEndian.PutUint32(e[atLength:], 0) }),
		"a cut header":                 good[:headerSize-1],
		"a cut body":                   good[:len(good)-1],
		"a cut frame":                  with(packed[:len(packed)-1], func([]byte) {}),
		"a frame that is none":         with(good, func(e []byte) { e[1] |= compressed }),
		"a flipped bit":                func() []byte { e := bytes.Clone(good); e[atTag] ^= 1; return e }(),
		"a bomb that tells its length": bomb(128 << 20),
		"a bomb that does not":         bomb(100),
	} {
		require.NoError(t, client.Set(t.Context(), c.name(key(name)), value, 0).Err())
		require.Less(t, cost(name), uint64(8<<20), name)
	}
	require.NoError(t, client.LPush(t.Context(), c.name(key("a list")), "x").Err())
	requireAbsent(t, c, "a list")

	for name, a := range map[string]ports.Answer{"an answer": some, "a large answer": large} {
		require.NoError(t, c.Put(t.Context(), key(name), a, time.Minute))
		requireKept(t, c, name, a)
	}
}

func FuzzDecode(f *testing.F) {
	c := newCodec()
	f.Add(c.encode(some))
	f.Add(c.encode(ports.Answer{Body: bytes.Repeat([]byte("x"), 5000)}))
	f.Fuzz(func(t *testing.T, entry []byte) {
		if len(entry) >= headerSize {
			entry[0] = format
			binary.BigEndian.PutUint32(entry[atSum:], sum(entry))
		}
		if a, ok := c.decode(entry); ok && len(a.Body) > ports.MaxAnswer {
			t.Errorf("a body of %d bytes", len(a.Body))
		}
	})
}

func TestTheURLIsNotShown(t *testing.T) {
	for _, url := range []string{"redis://user:secret@host:port/0", "http://user:secret@host", "redis://:secret@host/0?nonsense=1", "\x00secret"} {
		_, err := NewClient(url, 0)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.NotContains(t, err.Error(), "secret")
	}
}

// told is what a breaker tells.
type told struct{ opened, closed atomic.Int64 }

func (b *told) hear(_ context.Context, open bool, _ error) {
	if open {
		b.opened.Add(1)
	} else {
		b.closed.Add(1)
	}
}

func requireAway(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
}

func TestAFrozenServerIsLeftAlone(t *testing.T) {
	instance := server.StartRedis(t)
	const timeout, pause = 100 * time.Millisecond, time.Second
	var breaker told
	c := New(dial(t, instance.URL(), timeout), Options{Timeout: timeout, Pause: pause, Failures: 3, OnBreaker: breaker.hear})
	for c.Put(t.Context(), key("x"), some, time.Minute) != nil { // a busy machine may be slower than that
	}
	instance.Freeze()
	get := func() error {
		_, _, err := c.Get(t.Context(), key("x"))
		return err
	}
	for breaker.opened.Load() == 0 {
		began := time.Now()
		requireAway(t, get())
		require.Less(t, time.Since(began), 5*time.Second)
	}
	began, asked := time.Now(), 0
	for time.Since(began) < pause/2 {
		requireAway(t, get())
		asked++
	}
	assert.Greater(t, asked, 1000, "it costs nothing any more")

	time.Sleep(time.Until(began.Add(pause + 100*time.Millisecond))) // the pause is what is tested
	began = time.Now()
	requireAway(t, get())
	requireAway(t, get())
	require.Less(t, time.Since(began), 5*time.Second, "one trial, and nobody waits beside it")
	assert.EqualValues(t, 1, breaker.opened.Load(), "a trial that fails does not open what is open")

	instance.Thaw()
	require.Eventually(t, func() bool { return get() == nil }, 20*time.Second, 10*time.Millisecond)
	assert.EqualValues(t, 1, breaker.closed.Load())
	requireKept(t, c, "x", some)
}

// Whoever waits longer for Redis than an answer takes is better off without.
func TestASlowServerIsLeftAlone(t *testing.T) {
	var breaker told
	c := New(dial(t, server.SharedRedis(t), patient), Options{Timeout: patient, Slow: time.Nanosecond, Pause: time.Hour, Failures: 3, Prefix: t.Name(), OnBreaker: breaker.hear})
	require.NoError(t, c.Put(t.Context(), key("x"), some, time.Minute))
	requireKept(t, c, "x", some) // what was found late is used all the same
	assert.Zero(t, breaker.opened.Load())
	requireKept(t, c, "x", some)
	assert.EqualValues(t, 1, breaker.opened.Load())
	_, _, err := c.Get(t.Context(), key("x"))
	requireAway(t, err)
	require.ErrorContains(t, err, "longer than 1ns")
}

// A call costs its time-out however often the server has to be dialled for it.
func TestAServerThatIsNotThere(t *testing.T) {
	instance := server.StartRedis(t)
	instance.Kill()
	c := New(dial(t, instance.URL(), 0), Options{Failures: 2, Pause: time.Minute})
	for range 2 {
		_, found, err := c.Get(t.Context(), key("x"))
		requireAway(t, err)
		require.False(t, found)
	}
	began := time.Now()
	for range 1000 {
		requireAway(t, c.Put(t.Context(), key("x"), some, time.Minute))
	}
	assert.Less(t, time.Since(began), time.Second)
}

func TestAServerWithoutRoomStillGivesWhatItHas(t *testing.T) {
	instance := server.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
	var breaker told
	c := New(dial(t, instance.URL(), patient), Options{Timeout: patient, Failures: 2, OnBreaker: breaker.hear})
	require.NoError(t, c.Put(t.Context(), key("x"), some, time.Hour))
	refused := 0
	for i := range 200 {
		if err := c.Put(t.Context(), key(strings.Repeat("y", i+1)), noise(t, i, 100_000), time.Hour); err != nil {
			requireAway(t, err)
			refused++
		}
	}
	assert.Greater(t, refused, 100)
	requireKept(t, c, "x", some)
	assert.Zero(t, breaker.opened.Load())
}

func TestAServerThatEvicts(t *testing.T) {
	instance := server.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru")
	c := New(dial(t, instance.URL(), patient), Options{Timeout: patient})
	kept := 0
	for i := range 200 {
		require.NoError(t, c.Put(t.Context(), key(strings.Repeat("y", i+1)), noise(t, i, 100_000), time.Hour))
	}
	for i := range 200 {
		got, found, err := c.Get(t.Context(), key(strings.Repeat("y", i+1)))
		require.NoError(t, err)
		if found {
			require.EqualValues(t, i, got.At.Number)
			kept++
		}
	}
	assert.Greater(t, kept, 5)
	assert.Less(t, kept, 60)
}

// noise is an answer that cannot be compressed.
func noise(t *testing.T, number, size int) ports.Answer {
	t.Helper()
	body := make([]byte, 0, size+32)
	for seed := sha256.Sum256([]byte{byte(number), byte(number >> 8)}); len(body) < size; seed = sha256.Sum256(seed[:]) {
		body = append(body, seed[:]...)
	}
	return ports.Answer{At: catalogue.Version{Number: int64(number)}, Stored: some.Stored, Body: body}
}

func TestARestartedServerIsEmptyAndUsedAgain(t *testing.T) {
	instance := server.StartRedis(t)
	c := New(dial(t, instance.URL(), patient), Options{Timeout: patient, Failures: 3, Pause: 100 * time.Millisecond})
	require.NoError(t, c.Put(t.Context(), key("x"), some, time.Hour))
	instance.Kill()
	_, _, err := c.Get(t.Context(), key("x"))
	requireAway(t, err)
	instance.Start()
	require.Eventually(t, func() bool {
		_, found, err := c.Get(t.Context(), key("x"))
		return err == nil && !found
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, c.Put(t.Context(), key("x"), some, time.Hour))
	requireKept(t, c, "x", some)
}

// Callers that go away say nothing about the server.
func TestWhoGoesAwayIsNoFailure(t *testing.T) {
	instance := server.StartRedis(t)
	var breaker told
	c := New(dial(t, instance.URL(), patient), Options{Timeout: patient, Failures: 2, OnBreaker: breaker.hear})
	instance.Freeze()
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err := c.Get(ctx, key("x"))
		cancel()
		requireAway(t, err)
	}
	instance.Thaw()
	assert.Zero(t, breaker.opened.Load())
	requireAbsent(t, c, "x")
}

// Eviction by time is Redis's own.
func TestEntriesHaveATimeToLive(t *testing.T) {
	client := dial(t, server.SharedRedis(t), patient)
	c := New(client, Options{Timeout: patient, Prefix: t.Name()})
	require.NoError(t, c.Put(t.Context(), key("x"), some, 90*time.Second+500*time.Millisecond))
	left, err := client.PTTL(t.Context(), c.name(key("x"))).Result()
	require.NoError(t, err)
	assert.InDelta(t, 90.5, left.Seconds(), 30, "and never more")
	assert.LessOrEqual(t, left, 90*time.Second+500*time.Millisecond)
	assert.True(t, strings.HasPrefix(c.name(key("x")), t.Name()+":answer:1:"))
}

func BenchmarkGet(b *testing.B) {
	c := New(dial(b, server.SharedRedis(b), patient), Options{Timeout: patient})
	_ = c.Put(b.Context(), key("x"), ports.Answer{Body: bytes.Repeat([]byte("0123456789abcdef"), 250)}, time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = c.Get(b.Context(), key("x"))
	}
}
