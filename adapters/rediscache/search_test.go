package rediscache_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/adapters/rediscache"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// steady is a change log in which nothing happens.
type steady struct{}

var head = catalogue.Version{Number: 7, Tag: 1<<64 - 1}

func (steady) Changes(context.Context, catalogue.Version, int) (catalogue.ChangeBatch, error) {
	return catalogue.ChangeBatch{Head: head}, nil
}

func (steady) Await(ctx context.Context, _ catalogue.Version) (catalogue.Version, error) {
	<-ctx.Done()
	return catalogue.Version{}, fault.Wrap(fault.Unavailable, "await changes", ctx.Err())
}

// installation is a store and the Redis that its processes share.
type installation struct {
	t      *testing.T
	client *redis.Client
	o      rediscache.Options
	ttl    time.Duration

	loads  atomic.Int64 // how often the store was asked
	opened atomic.Int64 // how often a process began to leave Redis alone
	closed atomic.Int64
}

func install(t *testing.T, url string, o rediscache.Options) *installation {
	t.Helper()
	client, err := rediscache.NewClient(url, o.Timeout)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	i := &installation{t: t, client: client, o: o, ttl: time.Minute}
	i.o.OnBreaker = func(_ context.Context, open bool, _ error) {
		if open {
			i.opened.Add(1)
		} else {
			i.closed.Add(1)
		}
	}
	return i
}

// process is one that answers. Its far cache is counted.
type process struct {
	*installation
	answers *search.Answers
	far     *counting
}

type counting struct {
	ports.AnswerCache
	gets, hits, puts, failed atomic.Int64
}

func (c *counting) Get(ctx context.Context, key ports.AnswerKey) (ports.Answer, bool, error) {
	c.gets.Add(1)
	a, found, err := c.AnswerCache.Get(ctx, key)
	if found {
		c.hits.Add(1)
	}
	return a, found, err
}

func (c *counting) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) error {
	err := c.AnswerCache.Put(ctx, key, a, ttl)
	if err != nil {
		c.failed.Add(1)
	}
	c.puts.Add(1)
	return err
}

// start starts a process, which runs until the test ends.
func (i *installation) start() *process {
	i.t.Helper()
	followed := make(chan struct{})
	fresh := search.NewFreshness(steady{}, search.FreshnessOptions{OnFollow: func(_ context.Context, f search.Follow) {
		if f.Err == nil {
			close(followed)
		}
	}})
	p := &process{installation: i, far: &counting{AnswerCache: rediscache.New(i.client, i.o)}}
	p.answers = search.NewAnswers(memcache.New(memcache.Options{}), fresh, time.Now, search.AnswersOptions{Far: p.far, TTL: i.ttl})
	ctx, cancel := context.WithCancel(i.t.Context())
	var running sync.WaitGroup
	running.Go(func() { fresh.Run(ctx) })
	running.Go(func() { p.answers.Run(ctx) })
	i.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	<-followed
	return p
}

// search asks question n, sees that the answer is right, and returns where it came from.
func (p *process) search(n int) search.Source {
	p.t.Helper()
	right := answerTo(n)
	served, err := p.answers.Answer(p.t.Context(), question(n), event.TimeRange{}, func(context.Context) (search.Made, error) {
		p.loads.Add(1)
		return search.Made{At: head, Body: right}, nil
	})
	require.NoError(p.t, err)
	require.Equal(p.t, string(right), string(served.Body))
	require.False(p.t, served.Stale)
	return served.Source
}

// written waits until so many answers were written to Redis, or tried to be.
func (p *process) written(puts int64) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.far.puts.Load() >= puts }, 30*time.Second, time.Millisecond)
}

func question(n int) (key ports.AnswerKey) {
	binary.BigEndian.PutUint64(key[:], uint64(n))
	return sha256.Sum256(key[:])
}

// answerTo is some 20 KB that cannot be compressed.
func answerTo(n int) []byte {
	var body []byte
	for seed := question(n); len(body) < 20_000; seed = sha256.Sum256(seed[:]) {
		body = append(body, seed[:]...)
	}
	return body
}

const patient = 10 * time.Second

func TestSearchIsSharedByProcessesForAMinute(t *testing.T) {
	i := install(t, server.StartRedis(t).URL(), rediscache.Options{Timeout: patient})
	a, b := i.start(), i.start()
	require.Equal(t, search.Loaded, a.search(1))
	a.written(1)
	keys, err := i.client.Keys(t.Context(), "marquee:answer:1:*").Result()
	require.NoError(t, err)
	require.Len(t, keys, 1)
	left, err := i.client.PTTL(t.Context(), keys[0]).Result()
	require.NoError(t, err)
	assert.Greater(t, left, 59*time.Second)
	assert.LessOrEqual(t, left, 60*time.Second)

	require.Equal(t, search.Far, b.search(1))
	require.Equal(t, search.Near, b.search(1))
	assert.EqualValues(t, 1, i.loads.Load())
}

func TestSearchLoadsAnewWhatRedisForgotInTime(t *testing.T) {
	i := install(t, server.StartRedis(t).URL(), rediscache.Options{Timeout: patient})
	i.ttl = 2 * time.Second
	a, b := i.start(), i.start()
	a.search(1)
	a.written(1)
	require.Equal(t, search.Far, b.search(1))
	require.Eventually(t, func() bool {
		n, err := i.client.DBSize(t.Context()).Result()
		return err == nil && n == 0
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, search.Loaded, b.search(1))
	assert.EqualValues(t, 2, i.loads.Load())
	b.written(1)
	require.Equal(t, search.Far, a.search(1), "and what it loaded is shared again")
}

func TestSearchIsRightWhileRedisEvicts(t *testing.T) {
	i := install(t, server.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru").URL(), rediscache.Options{Timeout: patient})
	a := i.start()
	const questions = 500 // 10 MB
	for n := range questions {
		a.search(n)
		a.written(int64(n + 1)) // or some would be dropped
	}
	evicted, err := i.client.Info(t.Context(), "stats").Result()
	require.NoError(t, err)
	require.NotContains(t, evicted, "evicted_keys:0\r")
	require.Zero(t, a.far.failed.Load())

	b := i.start()
	found := 0
	for n := questions - 1; n >= 0; n-- {
		if b.search(n) == search.Far {
			found++
		}
	}
	assert.Greater(t, found, 20, "what was asked for last is there")
	assert.Less(t, found, 250)
	assert.EqualValues(t, 2*questions-found, i.loads.Load())
	assert.Zero(t, i.opened.Load())
}

func TestSearchDoesNotNoticeThatRedisIsFull(t *testing.T) {
	i := install(t, server.StartRedis(t, "--maxmemory", "4mb", "--maxmemory-policy", "noeviction").URL(), rediscache.Options{Timeout: patient, Failures: 2})
	a := i.start()
	const questions = 300
	for n := range questions {
		require.Equal(t, search.Loaded, a.search(n))
		a.written(int64(n + 1))
	}
	kept := questions - a.far.failed.Load()
	assert.Greater(t, a.far.failed.Load(), int64(50), "there is no room")
	assert.Greater(t, kept, int64(20))

	b := i.start()
	for n := range questions {
		b.search(n)
	}
	assert.Equal(t, kept, b.far.hits.Load(), "what it has it gives")
	assert.Zero(t, i.opened.Load(), "a full Redis is not left alone")
}

func TestSearchWhileRedisIsFrozen(t *testing.T) {
	instance := server.StartRedis(t)
	// Half a second is more than in production, because the machine that tests run on is busy.
	const timeout, failures = 500 * time.Millisecond, 3
	i := install(t, instance.URL(), rediscache.Options{Timeout: timeout, Failures: failures, Pause: 3 * time.Second})
	a := i.start()
	a.search(0)
	a.written(1)
	require.Equal(t, search.Far, i.start().search(0))

	instance.Freeze()
	var slowest time.Duration
	asked := 0
	timed := func(n int) {
		began := time.Now()
		require.Equal(t, search.Loaded, a.search(n))
		slowest = max(slowest, time.Since(began))
		asked++
	}
	for n := 1; i.opened.Load() == 0; n++ {
		timed(n)
		require.LessOrEqual(t, n, 2*failures, "a breaker that counts its failures is open by now")
	}
	assert.Less(t, slowest, 4*timeout, "that is what a frozen Redis may cost")
	slowest = 0
	began := time.Now()
	for n := 1000; n < 1200; n++ {
		timed(n)
	}
	if time.Since(began) < 2*time.Second { // no trial was due yet
		assert.Less(t, slowest, timeout, "nothing waits for Redis any more")
	}
	assert.EqualValues(t, asked+1, i.loads.Load(), "each was answered by the store")

	instance.Thaw()
	next := 2000
	require.Eventually(t, func() bool {
		next++
		a.search(next)
		return i.closed.Load() > 0
	}, 30*time.Second, 20*time.Millisecond)
	require.Eventually(t, func() bool { return a.isSharedAgain(&next) }, 30*time.Second, 50*time.Millisecond)
}

// isSharedAgain asks the next question, and tells whether another process finds the answer in Redis.
func (p *process) isSharedAgain(next *int) bool {
	*next++
	puts := p.far.puts.Load()
	p.search(*next)
	p.written(puts + 1)
	return p.start().search(*next) == search.Far
}

func TestSearchWhenRedisWasKilledAndStartedEmpty(t *testing.T) {
	instance := server.StartRedis(t)
	i := install(t, instance.URL(), rediscache.Options{Timeout: patient, Failures: 3, Pause: 200 * time.Millisecond})
	a := i.start()
	a.search(1)
	a.written(1)
	instance.Kill()
	for n := range 50 {
		a.search(n)
	}
	require.Positive(t, i.opened.Load())
	instance.Start()
	b := i.start()
	require.Equal(t, search.Loaded, b.search(1), "it was lost")
	next := 1000
	require.Eventually(t, func() bool { return a.isSharedAgain(&next) }, 30*time.Second, 50*time.Millisecond)
}

// Whoever asks while Redis is away waits for it no longer than for a few time-outs, however many ask.
func TestManySearchWhileRedisIsFrozen(t *testing.T) {
	instance := server.StartRedis(t)
	i := install(t, instance.URL(), rediscache.Options{Failures: 3, Pause: time.Minute})
	a := i.start()
	const workers, questions = 8, 300
	instance.Freeze()
	var all sync.WaitGroup
	began := time.Now()
	for worker := range workers {
		all.Go(func() {
			for n := range questions {
				a.search(worker*1000 + n)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	assert.EqualValues(t, workers*questions, i.loads.Load())
	assert.EqualValues(t, 1, i.opened.Load())
	assert.Less(t, took, 10*time.Second, "at a time-out for each question it would be 15 s at least")
	instance.Thaw()
}
