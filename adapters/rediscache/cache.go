package rediscache

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options adjust a cache; what is zero has its default.
type Options struct {
	// Prefix begins the name of every key, so that several installations can share a server; "marquee" unless set.
	Prefix string
	// Timeout is how long a call may take; 50 milliseconds unless set.
	Timeout time.Duration
	// Slow is how long a call may take and still be better than none, a fifth of Timeout unless set. One that took longer
	// counts as one that failed, though what it found is used.
	Slow time.Duration
	// Failures is how many calls in a row have to fail for the server to be left alone; 5 unless set.
	Failures int
	// Pause is how long it is left alone before one call tries it; 5 seconds unless set.
	Pause time.Duration
	// OnBreaker is told when the server is left alone from now on, because of err, and when it is used again.
	OnBreaker func(ctx context.Context, open bool, err error)
}

// Cache is a ports.AnswerCache in Redis. A call that fails, or is not made because the server is left alone, is
// fault.Unavailable.
type Cache struct {
	client    *redis.Client
	codec     codec
	prefix    string
	timeout   time.Duration
	slow      time.Duration
	breaker   *breaker
	onBreaker func(context.Context, bool, error)
}

var _ ports.AnswerCache = (*Cache)(nil)

// New keeps answers by client, which NewClient makes and the caller closes.
func New(client *redis.Client, o Options) *Cache {
	c := &Cache{
		client:    client,
		codec:     newCodec(),
		prefix:    cmp.Or(o.Prefix, "marquee") + ":answer:1:",
		timeout:   cmp.Or(o.Timeout, defaultTimeout),
		breaker:   newBreaker(cmp.Or(max(o.Failures, 0), 5), cmp.Or(o.Pause, 5*time.Second)),
		onBreaker: o.OnBreaker,
	}
	c.slow = cmp.Or(o.Slow, c.timeout/5)
	if c.onBreaker == nil {
		c.onBreaker = func(context.Context, bool, error) {}
	}
	return c
}

// Get implements ports.AnswerCache.
func (c *Cache) Get(ctx context.Context, key ports.AnswerKey) (a ports.Answer, found bool, err error) {
	var entry []byte
	err = c.call(ctx, "get an answer from Redis", func(ctx context.Context) (err error) {
		// GET would read a value of any length.
		entry, err = c.client.GetRange(ctx, c.name(key), 0, maxEntry).Bytes()
		return err
	})
	if err != nil {
		return ports.Answer{}, false, err
	}
	a, found = c.codec.decode(entry)
	return a, found, nil
}

// Put implements ports.AnswerCache. A server without room is fault.Unavailable, and is asked for answers as before.
func (c *Cache) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) error {
	ttl = ttl.Truncate(time.Millisecond) // Redis knows no less, and rounds up
	if len(a.Body) > ports.MaxAnswer || ttl <= 0 {
		return c.call(ctx, "remove an answer from Redis", func(ctx context.Context) error {
			return c.client.Del(ctx, c.name(key)).Err()
		})
	}
	entry := c.codec.encode(a)
	return c.call(ctx, "put an answer into Redis", func(ctx context.Context) error {
		return c.client.Set(ctx, c.name(key), entry, ttl).Err()
	})
}

// call makes a call if the server is not left alone, and translates how it ends.
func (c *Cache) call(ctx context.Context, attempted string, do func(context.Context) error) error {
	trial, err := c.breaker.enter()
	if err != nil {
		return err
	}
	verdict, err := c.judge(ctx, attempted, do)
	cause := err
	if verdict == failing && cause == nil {
		cause = fault.New(fault.Unavailable, "%s: it takes longer than %s", attempted, c.slow)
	}
	if open, changed := c.breaker.leave(verdict, trial, cause); changed {
		c.onBreaker(ctx, open, cause)
	}
	return err
}

func (c *Cache) judge(ctx context.Context, attempted string, do func(context.Context) error) (verdict, error) {
	deadline, ok := ctx.Deadline()
	hurried := ok && time.Until(deadline) < c.timeout
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	began := time.Now()
	err := do(limited)
	switch reply, ok := errors.AsType[redis.Error](err); {
	case err == nil && time.Since(began) > c.slow:
		return failing, nil
	case err == nil:
		return well, nil
	case ctx.Err() != nil: // the caller went away, or has no time left
		return unsaid, fault.Wrap(fault.Unavailable, attempted, ctx.Err())
	case hurried && errors.Is(err, os.ErrDeadlineExceeded): // a connection notices it before the context does
		return unsaid, fault.Wrap(fault.Unavailable, attempted, err)
	case ok && strings.HasPrefix(reply.Error(), "WRONGTYPE "): // somebody else's
		return well, nil
	case ok && strings.HasPrefix(reply.Error(), "OOM "): // it has no room for more, and gives what it has
		return well, fault.Wrap(fault.Unavailable, attempted, err)
	}
	return failing, fault.Wrap(fault.Unavailable, attempted, withoutCancel(err))
}

// withoutCancel hides that the library says that it was cancelled where nobody cancelled it.
func withoutCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New(err.Error())
	}
	return err
}

func (c *Cache) name(key ports.AnswerKey) string {
	return c.prefix + base64.RawURLEncoding.EncodeToString(key[:])
}
