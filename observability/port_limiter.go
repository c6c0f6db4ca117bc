package observability

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/ports"
)

// ObserveLimiter watches the rate limit and counts what it allows and refuses, by class of requests.
func ObserveLimiter(next ports.Limiter, rec *Recorder) ports.Limiter {
	return &limiter{
		next: next, allow: rec.call(callAllow), classes: rec.classes,
		decisions: newMemo(maxClasses+1, func(class string) decisions {
			return decisions{
				allowed: rec.limitDecisions.WithLabelValues(class, limitAllowed),
				refused: rec.limitDecisions.WithLabelValues(class, limitRefused),
			}
		}),
	}
}

type limiter struct {
	next      ports.Limiter
	allow     *call
	classes   firstValues
	decisions *memo[string, decisions]
}

type decisions struct{ allowed, refused prometheus.Counter }

func (l *limiter) Allow(ctx context.Context, client, class string) (budget ports.Budget, err error) {
	ctx, seen := l.allow.start(ctx, &err)
	defer seen.done(&err)
	budget, err = l.next.Allow(ctx, client, class)
	if err != nil {
		return budget, err
	}
	if d, ok := l.decisions.get(l.classes.label(class)); ok {
		if budget.Allowed {
			d.allowed.Inc()
		} else {
			d.refused.Inc()
		}
	}
	return budget, nil
}
