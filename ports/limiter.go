package ports

import (
	"context"
	"time"
)

// Budget is what a client may still ask for.
type Budget struct {
	Allowed    bool
	Limit      int           // requests that may come at once
	Remaining  int           // of these, left now
	Reset      time.Duration // until Remaining is Limit again
	RetryAfter time.Duration // until the next request is allowed; zero when one is
}

// Limiter bounds how often a client asks.
type Limiter interface {
	// Allow spends one request of the client's budget in a class of requests, if it has one left.
	Allow(ctx context.Context, client, class string) (Budget, error)
}
