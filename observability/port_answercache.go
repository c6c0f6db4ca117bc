package observability

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/marquee-events/marquee/ports"
)

// ObserveAnswerCache watches a layer in which answers are kept, LayerMemory or LayerRedis, and counts what is found there.
// Calls get a span inside a sampled trace only.
func ObserveAnswerCache(next ports.AnswerCache, layer string, rec *Recorder) ports.AnswerCache {
	ready := rec.call
	if layer == LayerRedis {
		ready = func(c Call) *call { return rec.callTo(semconv.DBSystemNameRedis, c) }
	}
	return &answerCache{
		next: next, layer: layer, get: ready(callAnswerGet), put: ready(callAnswerPut),
		hits:   rec.answerLookups.WithLabelValues(layer, cacheHit),
		misses: rec.answerLookups.WithLabelValues(layer, cacheMiss),
		errors: rec.answerLookups.WithLabelValues(layer, cacheError),
	}
}

type answerCache struct {
	next                 ports.AnswerCache
	layer                string
	get, put             *call
	hits, misses, errors prometheus.Counter
}

func (c *answerCache) Get(ctx context.Context, key ports.AnswerKey) (a ports.Answer, found bool, err error) {
	ctx, seen := c.get.start(ctx, &err)
	defer seen.done(&err)
	a, found, err = c.next.Get(ctx, key)
	switch {
	case err != nil:
		c.errors.Inc()
	case found:
		c.hits.Inc()
	default:
		c.misses.Inc()
	}
	if seen.recording() {
		seen.span.SetAttributes(attrLayer.String(c.layer), attrCacheHit.Bool(found))
	}
	return a, found, err
}

func (c *answerCache) Put(ctx context.Context, key ports.AnswerKey, a ports.Answer, ttl time.Duration) (err error) {
	ctx, seen := c.put.start(ctx, &err)
	defer seen.done(&err)
	if seen.recording() {
		seen.span.SetAttributes(attrLayer.String(c.layer), attrAnswerSize.Int(len(a.Body)))
	}
	return c.next.Put(ctx, key, a, ttl)
}
