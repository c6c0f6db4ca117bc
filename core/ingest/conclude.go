package ingest

import (
	"context"
	"fmt"

	"github.com/marquee-events/marquee/core/catalogue"
)

// When as many events leave a feed at once, the feed is more likely to be wrong than the world.
const (
	holdShare     = 0.30 // of the available events
	holdLeast     = 50   // events
	holdRuns      = 3    // complete runs that have to agree before it is believed
	holdAgreement = 0.90 // share of the departures that they have to have in common
)

// Conclude makes a run final if it can be. It may be tried at any time, by anyone.
func (a *Applier) Conclude(ctx context.Context, r catalogue.RunRef) (catalogue.Conclusion, error) {
	c, err := a.store.Conclude(ctx, r, judge)
	if err != nil {
		return c, fmt.Errorf("conclude run %s: %w", r, err)
	}
	return c, nil
}

// judge decides whether the events that a run did not see have left the feed.
func judge(c catalogue.Census) catalogue.Verdict {
	switch {
	case c.NotModified:
		return catalogue.Verdict{}
	case c.Leaving == 0:
		return catalogue.Verdict{Withdraw: true}
	case c.Seen == 0:
		return catalogue.Verdict{Note: fmt.Sprintf("the feed was empty; %d events stay available", c.Available)}
	case c.Nameless > 0:
		return catalogue.Verdict{Note: fmt.Sprintf("%d records had no identity, so nobody knows whether the %d missing events left", c.Nameless, c.Leaving)}
	}
	many := c.Leaving >= holdLeast && float64(c.Leaving) > holdShare*float64(c.Available)
	if !many {
		return catalogue.Verdict{Withdraw: true}
	}
	runs := 1
	if c.HeldRuns > 0 && float64(c.Again) >= holdAgreement*float64(max(c.Leaving, c.HeldLeaving)) {
		runs = c.HeldRuns + 1
	}
	if runs >= holdRuns {
		return catalogue.Verdict{Withdraw: true, HeldRuns: runs, Note: fmt.Sprintf("%d complete runs agree that %d of %d events left", runs, c.Again, c.Available)}
	}
	return catalogue.Verdict{Held: true, HeldRuns: runs, Note: fmt.Sprintf("%d of %d events would leave at once; run %d of %d that have to agree", c.Leaving, c.Available, runs, holdRuns)}
}
