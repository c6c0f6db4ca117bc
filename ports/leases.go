package ports

import (
	"context"
	"time"
)

// Leases give one holder at a time the right to do something.
type Leases interface {
	// Acquire takes the lease for ttl when it is free, expired or already the holder's, which renews it.
	// The fence grows whenever the lease passes to another holder, and stays when it is renewed.
	// held is false, without an error, while someone else has it.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, held bool, err error)
	// Release gives the lease back at once; it does nothing unless holder has it.
	Release(ctx context.Context, name, holder string) error
}
