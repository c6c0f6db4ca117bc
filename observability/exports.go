package observability

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// failuresEvery is how often a line may be logged about failures to export one signal.
const failuresEvery = time.Minute

// exports are all exports of one signal. They can be told to give up: queues export what is left on a context of their
// own, which would else outlive a shutdown's deadline.
type exports struct {
	failures *failures
	life     context.Context //nolint:containedctx // it ends all exports at once, whichever call they came by
	abort    context.CancelFunc
}

func newExports(f *failures) *exports {
	life, abort := context.WithCancel(context.Background())
	return &exports{failures: f, life: life, abort: abort}
}

// do exports until ctx ends or all exports are told to give up, and takes note of a failure.
func (e *exports) do(ctx context.Context, export func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)()
	err := export(ctx)
	if err != nil {
		e.failures.note(ctx, err)
	}
	return err
}

// end lets flush send what is queued, and gives up on what is left when ctx ends.
func (e *exports) end(ctx context.Context, flush func(context.Context) error) error {
	defer e.abort()
	flushed := make(chan error, 1)
	go func() { flushed <- flush(ctx) }()
	select {
	case err := <-flushed:
		return err
	case <-ctx.Done():
		e.abort() // ends the export that flush waits for
		return errors.Join(ctx.Err(), <-flushed)
	}
}

// failures counts what goes wrong with the export of a signal, and logs some of it.
type failures struct {
	count     *atomic.Int64 // of all signals
	signal    string
	log       *slog.Logger
	sometimes rate.Sometimes
}

func (f *failures) note(ctx context.Context, err error) {
	count := f.count.Add(1)
	f.sometimes.Do(func() {
		f.log.WarnContext(ctx, "telemetry is lost", "signal", f.signal, "error", err, "failures", count)
	})
}
