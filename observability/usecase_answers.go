package observability

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// Answers is the use case that keeps rendered answers.
type Answers interface {
	// Answer returns the answer that key names and that is about the range: one that is kept, or what load makes.
	Answer(ctx context.Context, key ports.AnswerKey, about event.TimeRange, load search.Load) (search.Served, error)
}

// ObserveAnswers counts how answers came about.
func ObserveAnswers(next Answers, rec *Recorder) Answers {
	return &answers{
		next: next, stale: rec.answers.WithLabelValues(answerStale),
		from: [...]prometheus.Counter{
			search.Near: rec.answers.WithLabelValues(answerMemory), search.Far: rec.answers.WithLabelValues(answerRedis),
			search.Loaded: rec.answers.WithLabelValues(answerLoaded), search.Joined: rec.answers.WithLabelValues(answerJoined),
		},
	}
}

type answers struct {
	next  Answers
	stale prometheus.Counter
	from  [search.Far + 1]prometheus.Counter
}

func (a *answers) Answer(ctx context.Context, key ports.AnswerKey, about event.TimeRange, load search.Load) (search.Served, error) {
	served, err := a.next.Answer(ctx, key, about, load)
	switch {
	case err != nil:
	case served.Stale:
		a.stale.Inc()
	default:
		a.from[served.Source].Inc()
	}
	return served, err
}
