package observability

import (
	"context"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// ObserveRejectionReader watches who looks at rejections.
func ObserveRejectionReader(next ports.RejectionReader, rec *Recorder) ports.RejectionReader {
	return &rejectionReader{next: next, rejected: rec.call(callRejected)}
}

type rejectionReader struct {
	next     ports.RejectionReader
	rejected *call
}

func (r *rejectionReader) Rejected(ctx context.Context, provider string, limit int) (rejections []catalogue.Rejection, err error) {
	ctx, seen := r.rejected.start(ctx, &err)
	defer seen.done(&err)
	return r.next.Rejected(ctx, provider, limit)
}
