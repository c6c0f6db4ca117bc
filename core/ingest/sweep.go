package ingest

import (
	"context"
	"log/slog"
	"time"

	"github.com/marquee-events/marquee/core/fault"
)

// Sweeper concludes the runs that nobody concluded: their consumer died between its last chunk and the
// conclusion, or the conclusion was refused.
type Sweeper struct {
	applier *Applier
	every   time.Duration
	log     *slog.Logger
}

// NewSweeper looks for such runs at an interval.
func NewSweeper(applier *Applier, every time.Duration, log *slog.Logger) *Sweeper {
	return &Sweeper{applier: applier, every: every, log: log}
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Sweep(ctx); err != nil && !fault.Is(err, fault.Canceled) {
				s.log.WarnContext(ctx, "sweep", "error", err)
			}
		}
	}
}

// Sweep concludes what can be concluded now.
func (s *Sweeper) Sweep(ctx context.Context) error {
	runs, err := s.applier.store.Pending(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		c, err := s.applier.Conclude(ctx, r)
		logConclusion(ctx, s.log, r, c, err)
	}
	return nil
}
