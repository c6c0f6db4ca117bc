package feedxml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// watch ends an attempt when something that it was told to expect takes too long. Between expectations,
// while a record is handled, it waits for nothing. It belongs to one goroutine.
type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	what   string
	within time.Duration
}

// tooSlow is the error of an expectation.
type tooSlow struct {
	what   string
	within time.Duration
}

func (e tooSlow) Error() string { return fmt.Sprintf("%s took longer than %v", e.what, e.within) }

func startWatch(ctx context.Context) (*watch, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &watch{ctx: ctx, cancel: cancel}, ctx
}

func (w *watch) expect(what string, within time.Duration) {
	if w.timer == nil || what != w.what || within != w.within {
		w.relax()
		w.what, w.within = what, within
		w.timer = time.AfterFunc(within, func() { w.cancel(tooSlow{what, within}) })
		return
	}
	w.timer.Reset(within)
}

func (w *watch) relax() {
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *watch) stop() {
	w.relax()
	w.cancel(nil)
}

// reason is why err happened: what closed the connection says more than that it was closed.
func (w *watch) reason(err error) error {
	if w.ctx.Err() == nil {
		return err
	}
	return endOf(w.ctx)
}

// endOf is our own time-out where one ended the context, else whether it was cancelled or had a deadline. The
// cause that a caller may have given is not asked for: it has no kind.
func endOf(ctx context.Context) error {
	if slow, ok := errors.AsType[tooSlow](context.Cause(ctx)); ok {
		return slow
	}
	return ctx.Err()
}

// watchedBody is a body that must not fall silent while it is read.
type watchedBody struct {
	body     io.Reader
	watch    *watch
	patience time.Duration
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.expect("the next byte of the feed", b.patience)
	n, err := b.body.Read(p)
	b.watch.relax()
	if err != nil && err != io.EOF { //nolint:errorlint // an end inside of another error is none in good order
		err = b.watch.reason(err)
	}
	return n, err
}

// countedReader counts what was read.
type countedReader struct {
	r io.Reader
	n int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
