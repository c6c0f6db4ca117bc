package porttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// AnswerCache is what every ports.AnswerCache promises, as long as it is there and has room. open makes one that may be
// shared with others and has none of the suite's keys.
func AnswerCache(t *testing.T, open func(t *testing.T) ports.AnswerCache) {
	const long = time.Hour
	stored := time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)
	answer := func(body string) ports.Answer {
		return ports.Answer{At: catalogue.Version{Number: 7, Tag: 9}, Stored: stored, Body: []byte(body)}
	}
	put := func(t *testing.T, c ports.AnswerCache, key ports.AnswerKey, a ports.Answer, ttl time.Duration) {
		t.Helper()
		require.NoError(t, c.Put(t.Context(), key, a, ttl))
	}
	get := func(t *testing.T, c ports.AnswerCache, key ports.AnswerKey) (ports.Answer, bool) {
		t.Helper()
		a, found, err := c.Get(t.Context(), key)
		require.NoError(t, err)
		return a, found
	}
	requireKept := func(t *testing.T, c ports.AnswerCache, key ports.AnswerKey, want ports.Answer) {
		t.Helper()
		got, found := get(t, c, key)
		require.True(t, found)
		require.Equal(t, want.At, got.At)
		require.True(t, want.Stored.Equal(got.Stored), "stored at %s, want %s", got.Stored, want.Stored)
		require.True(t, bytes.Equal(want.Body, got.Body), "the body is another")
	}

	t.Run("what nobody put is absent", func(t *testing.T) {
		a, found := get(t, open(t), answerKey("nobody's"))
		assert.False(t, found)
		assert.Zero(t, a)
	})

	t.Run("what was put is found as it was", func(t *testing.T) {
		c := open(t)
		noise := make([]byte, ports.MaxAnswer)
		_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
		for name, a := range map[string]ports.Answer{
			"a text":                     answer(`{"data":null}`),
			"nothing":                    answer(""),
			"any bytes":                  answer("\x00\xff\r\n$-1\r\n\x1f\x8b"),
			"something to shrink":        answer(string(bytes.Repeat([]byte("all the same "), 5000))),
			"the largest":                {At: catalogue.Version{Number: 1, Tag: 1}, Stored: stored, Body: bytes.Repeat([]byte("x"), ports.MaxAnswer)},
			"the largest, of no pattern": {At: catalogue.Version{Number: 1, Tag: 1}, Stored: stored, Body: noise},
			"the greatest version":       {At: catalogue.Version{Number: 1<<63 - 1, Tag: 1<<64 - 1}, Stored: stored, Body: []byte("x")},
			"the first version":          {Stored: stored, Body: []byte("x")},
			"long ago":                   {Stored: time.UnixMilli(-1).UTC(), Body: []byte("x")},
		} {
			put(t, c, answerKey(name), a, long)
			requireKept(t, c, answerKey(name), a)
			requireKept(t, c, answerKey(name), a)
		}
	})

	t.Run("the last put counts, and does not change what was got before", func(t *testing.T) {
		c, key := open(t), answerKey("overwritten")
		put(t, c, key, answer("the first"), long)
		first, _ := get(t, c, key)
		put(t, c, key, answer("another, and longer than the first"), long)
		second, _ := get(t, c, key)
		put(t, c, key, answer("last"), long)
		requireKept(t, c, key, answer("last"))
		assert.Equal(t, "the first", string(first.Body))
		assert.Equal(t, "another, and longer than the first", string(second.Body))
	})

	t.Run("keys that differ anywhere are different", func(t *testing.T) {
		c, base := open(t), answerKey("near each other")
		put(t, c, base, answer("base"), long)
		for i := range base {
			for _, bit := range []byte{1, 0x80} {
				other := base
				other[i] ^= bit
				_, found := get(t, c, other)
				require.False(t, found, "byte %d", i)
			}
		}
		for _, b := range []byte{0, '\n', ' ', '*', 0xff} { // signs that somebody might take for something else
			key := ports.AnswerKey(bytes.Repeat([]byte{b}, len(base)))
			put(t, c, key, answer(strconv.Itoa(int(b))), long)
			requireKept(t, c, key, answer(strconv.Itoa(int(b))))
		}
		requireKept(t, c, base, answer("base"))
	})

	t.Run("it is gone when its time is over, and not before", func(t *testing.T) {
		c := open(t)
		put(t, c, answerKey("long"), answer("long"), long)
		put(t, c, answerKey("short"), answer("short"), 50*time.Millisecond)
		put(t, c, answerKey("no time"), answer("none"), 0)
		_, found := get(t, c, answerKey("no time"))
		assert.False(t, found)
		require.Eventually(t, func() bool {
			_, found, err := c.Get(t.Context(), answerKey("short"))
			return err == nil && !found
		}, 10*time.Second, 5*time.Millisecond)
		requireKept(t, c, answerKey("long"), answer("long"))
	})

	t.Run("a later put has a time of its own", func(t *testing.T) {
		c, key := open(t), answerKey("renewed")
		put(t, c, key, answer("short"), 50*time.Millisecond)
		put(t, c, key, answer("long"), long)
		put(t, c, answerKey("witness"), answer("short"), 60*time.Millisecond)
		require.Eventually(t, func() bool {
			_, found, err := c.Get(t.Context(), answerKey("witness"))
			return err == nil && !found
		}, 10*time.Second, 5*time.Millisecond)
		requireKept(t, c, key, answer("long"))
	})

	t.Run("what is too large is not kept, nor what it should replace", func(t *testing.T) {
		c, key := open(t), answerKey("too large")
		put(t, c, key, answer("small"), long)
		put(t, c, key, ports.Answer{Stored: stored, Body: make([]byte, ports.MaxAnswer+1)}, long)
		_, found := get(t, c, key)
		assert.False(t, found)
	})

	t.Run("many at once", func(t *testing.T) {
		c := open(t)
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := range 50 {
					key := answerKey("shared by all " + strconv.Itoa(i%5))
					body := bytes.Repeat([]byte{byte(i)}, 10_000+worker)
					if !assert.NoError(t, c.Put(t.Context(), key, ports.Answer{At: catalogue.Version{Number: int64(i)}, Stored: stored, Body: body}, long)) {
						return
					}
					got, found, err := c.Get(t.Context(), key)
					if !assert.NoError(t, err) || !found {
						return // forgetting is allowed
					}
					for _, b := range got.Body {
						if int64(b) != got.At.Number {
							t.Errorf("an answer of version %d has a body of another", got.At.Number)
							return
						}
					}
				}
			})
		}
		all.Wait()
	})

	t.Run("a cancelled caller is no failure of the cache", func(t *testing.T) {
		c := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := c.Get(ctx, answerKey("cancelled")); err != nil {
			assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		}
		if err := c.Put(ctx, answerKey("cancelled"), answer("x"), long); err != nil {
			assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		}
		put(t, c, answerKey("not cancelled"), answer("x"), long)
		requireKept(t, c, answerKey("not cancelled"), answer("x"))
	})
}

func answerKey(name string) ports.AnswerKey { return sha256.Sum256([]byte(name)) }
