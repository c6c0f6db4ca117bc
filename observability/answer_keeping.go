package observability

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// AnswerKeeping watches what goes on beside the answers that are kept: the following of the change log, and the writing to
// Redis. Its methods have the shape of hooks.
type AnswerKeeping struct {
	log                        *slog.Logger
	dropped                    prometheus.Counter
	breaker, following, behind prometheus.Gauge
	lost                       bool // of Followed alone
}

// NewAnswerKeeping counts with rec and logs to log.
func NewAnswerKeeping(rec *Recorder, log *slog.Logger) *AnswerKeeping {
	return &AnswerKeeping{
		log: log, dropped: rec.answersDropped.WithLabelValues(), breaker: rec.answerBreaker.WithLabelValues(),
		following: rec.following.WithLabelValues(), behind: rec.behind.WithLabelValues(),
	}
}

// Dropped takes note of an answer that was not written to Redis.
func (k *AnswerKeeping) Dropped() { k.dropped.Inc() }

// Broke takes note that Redis is left alone from now on, because of err, or that it is used again.
func (k *AnswerKeeping) Broke(ctx context.Context, open bool, err error) {
	if open {
		k.breaker.Set(1)
		k.log.WarnContext(ctx, "Redis is left alone; answers are kept by each process for itself", "error", err)
		return
	}
	k.breaker.Set(0)
	k.log.InfoContext(ctx, "Redis is used again")
}

// Followed takes note of how the follower of the change log stands. It is for one goroutine at a time.
func (k *AnswerKeeping) Followed(ctx context.Context, f search.Follow) {
	if f.Err == nil {
		if k.lost {
			k.log.InfoContext(ctx, "the change log is followed again")
		}
		k.lost = false
		k.following.Set(1)
		k.behind.Set(float64(f.Behind))
		return
	}
	k.following.Set(0)
	switch {
	case fault.Is(f.Err, fault.Gone):
		k.log.WarnContext(ctx, "the catalogue has another history, as after a backup was restored; no answer of before is current", "error", f.Err)
	case !k.lost:
		k.log.WarnContext(ctx, "the change log cannot be followed; answers are kept for their time to live", "error", f.Err)
	}
	k.lost = true
}
