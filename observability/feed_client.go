package observability

import (
	"context"
	"log/slog"
	"time"
)

// FeedClient watches what the client of a feed does beside reading: it tries again, and it leaves a provider
// alone. Its methods have the shape of a client's hooks.
type FeedClient struct {
	rec *Recorder
	log *slog.Logger
}

// NewFeedClient counts with rec and logs to log.
func NewFeedClient(rec *Recorder, log *slog.Logger) *FeedClient {
	rec.startFromZero(rec.feedRetries)
	for _, id := range rec.providerIDs {
		rec.feedBreaker.WithLabelValues(id)
	}
	return &FeedClient{rec: rec, log: log}
}

// Retried takes note of an attempt that failed and of the wait before the next one.
func (c *FeedClient) Retried(ctx context.Context, provider string, attempt int, wait time.Duration, err error) {
	c.rec.feedRetries.WithLabelValues(c.rec.providers.label(provider)).Inc()
	c.log.InfoContext(ctx, "the feed is tried again", "provider", provider, "attempt", attempt, "wait", wait.Round(time.Millisecond).String(), "error", err)
}

// Broke takes note that a provider is left alone from now on, because of err, or that it is read again.
func (c *FeedClient) Broke(ctx context.Context, provider string, open bool, err error) {
	gauge := c.rec.feedBreaker.WithLabelValues(c.rec.providers.label(provider))
	if open {
		gauge.Set(1)
		c.log.WarnContext(ctx, "the provider is left alone", "provider", provider, "error", err)
		return
	}
	gauge.Set(0)
	c.log.InfoContext(ctx, "the provider is read again", "provider", provider)
}
