package wiring

import (
	"context"
	"log/slog"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/adapters/rediscache"
	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

func newAnswerKeeping(rec *observability.Recorder, log *slog.Logger) *observability.AnswerKeeping {
	return observability.NewAnswerKeeping(rec, log)
}

// redis is the cache that processes share; its port is nil where none is configured.
type redis struct {
	ports.AnswerCache
	pools ports.Pools
}

// openRedis does not wait for Redis: whether it is there shows when it is asked.
func openRedis(lc fx.Lifecycle, c config.Config, keeping *observability.AnswerKeeping, rec *observability.Recorder) (redis, error) {
	if c.RedisURL == "" {
		return redis{}, nil
	}
	client, err := rediscache.NewClient(c.RedisURL, 0)
	if err != nil {
		return redis{}, err
	}
	lc.Append(fx.StopHook(client.Close))
	cache := rediscache.New(client, rediscache.Options{OnBreaker: keeping.Broke})
	return redis{observability.ObserveAnswerCache(cache, observability.LayerRedis, rec), cache}, nil
}

func newFreshness(changes ports.ChangeReader, m model, keeping *observability.AnswerKeeping) *search.Freshness {
	return search.NewFreshness(m.log(changes), search.FreshnessOptions{OnFollow: keeping.Followed})
}

func newAnswers(c config.Config, fresh *search.Freshness, m model, shared redis, keeping *observability.AnswerKeeping, clock func() time.Time, rec *observability.Recorder) *search.Answers {
	near := observability.ObserveAnswerCache(memcache.New(memcache.Options{}), observability.LayerMemory, rec)
	return search.NewAnswers(near, fresh, clock, search.AnswersOptions{Far: m.far(shared.AnswerCache), TTL: c.CacheTTL, OnDropped: keeping.Dropped})
}

// follow keeps answers current, and brings them to Redis.
func follow(lc fx.Lifecycle, stop fx.Shutdowner, fresh *search.Freshness, answers *search.Answers, log *slog.Logger) {
	background(lc, stop, log, "follower of changes", func(ctx context.Context) error {
		fresh.Run(ctx)
		return nil
	})
	background(lc, stop, log, "writer of answers", func(ctx context.Context) error {
		answers.Run(ctx)
		return nil
	})
}
