package search

import (
	"context"
	"errors"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

const (
	// fillTimeout is how long all events may take to be read.
	fillTimeout = 15 * time.Minute
	// retrySoonest and retryLatest are between two attempts to fill.
	retrySoonest, retryLatest = time.Second, 30 * time.Second
	// firstLook is how long the log may take to be read before what was just filled is searched as it is.
	firstLook = 2 * time.Second
	// refusedFor is how long what is held may refuse changes because something in it is wrong, which an audit puts right sooner, until all
	// is filled anew.
	refusedFor = time.Minute
	// lookEvery is how often it is known anew that nothing is missing, though nothing happens.
	lookEvery = time.Second
)

// live fills the model and follows, again and again.
func (m *Model) live(ctx context.Context) {
	wait := time.Duration(0)
	for file := m.o.File; ; file = nil {
		began := m.clock()
		err := m.fill(ctx, file)
		filled := err == nil
		if filled {
			err = m.follow(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		m.fail(err)
		if overBudget(err) {
			m.rest(ctx)
			continue
		}
		m.turn(ctx, ModelLoading) // first, so that nobody searches what is dropped
		m.index.Drop()            // it is of no use, and two of them would not fit
		if filled && (file != nil || m.clock().Sub(began) > retryLatest) {
			wait = 0
			continue
		}
		wait = min(max(2*wait, retrySoonest), retryLatest)
		pause(ctx, wait)
	}
}

// rest leaves a catalogue that takes too much memory to the store. Catalogues do not shrink, so that is for long.
func (m *Model) rest(ctx context.Context) {
	m.turn(ctx, ModelTooLarge)
	m.index.Drop()
	if pause(ctx, m.o.TooLargeFor) {
		m.turn(ctx, ModelLoading)
	}
}

func overBudget(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && f.Kind == fault.Conflict && f.Code == ports.CodeOverBudget
}

// fill fills the model from the file, where there is one that can be read, or else from the store.
func (m *Model) fill(ctx context.Context, file ports.ModelFile) error {
	if file != nil {
		err := m.fillFrom(ctx, FromFile, file)
		if err == nil || overBudget(err) || ctx.Err() != nil {
			return err
		}
	}
	return m.fillFrom(ctx, FromStore, m.store)
}

func (m *Model) fillFrom(ctx context.Context, name string, from ports.Snapshotter) error {
	began := m.clock()
	life, cancel := context.WithTimeout(ctx, fillTimeout)
	defer cancel()
	err := m.index.Fill(life, from)
	filled := Filled{From: name, Took: m.clock().Sub(began), Err: err}
	if err == nil {
		filled.At, _ = m.index.At()
		filled.Events = m.index.Size().Events
		m.mu.Lock()
		if name == FromFile {
			m.kept = filled.At
			if at := m.o.File.KeptAt(); !at.IsZero() && at.Before(began) {
				m.level = at
			}
		} else {
			m.level = began
		}
		m.mu.Unlock()
	}
	if ctx.Err() == nil && (name != FromFile || !fault.Is(err, fault.NotFound)) { // no file is no news
		m.o.Watcher.Filled(ctx, filled)
	}
	return err
}

// follow makes the changes of the log, as long as it is the log of what is held. Once they are all made, what is held is searched;
// also when the log cannot be read, for then it is the best that there is.
func (m *Model) follow(ctx context.Context) error {
	var refused time.Time // since when changes are
	for {
		behind, err := m.catchUp(ctx)
		if !errors.As(err, new(refusal)) {
			refused = time.Time{}
		} else if refused.IsZero() {
			refused = m.clock()
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fault.Is(err, fault.Gone), fault.Is(err, fault.Conflict), !refused.IsZero() && m.clock().Sub(refused) > refusedFor:
			return err
		case err == nil && behind > 0:
			continue
		}
		m.turn(ctx, ModelFollowing)
		if err == nil {
			err = m.news(ctx)
		}
		if err != nil {
			pause(ctx, followAgain)
		}
	}
}

// catchUp reads a part of the log, and returns how many changes are still to come.
func (m *Model) catchUp(ctx context.Context) (behind int64, err error) {
	began := m.clock()
	timeout := readTimeout
	if !m.serving.Load() {
		timeout = firstLook
	}
	at, _ := m.index.At()
	batch, err := m.read(ctx, at, timeout)
	if err == nil && len(batch.Changes) > 0 {
		at = batch.Changes[len(batch.Changes)-1].Version
		if err = m.index.Apply(ctx, batch.Changes); fault.Is(err, fault.Internal) {
			err = refusal{err}
			m.suspect()
		}
	}
	if ctx.Err() != nil {
		return 0, err
	}
	m.mu.Lock()
	m.problem = problemOf(err)
	if err == nil {
		m.behind = batch.Head.Number - at.Number
		if m.behind == 0 {
			m.level = began
		}
	}
	behind = m.behind
	m.mu.Unlock()
	m.o.Watcher.Followed(ctx, Follow{Behind: behind, Err: err})
	return behind, err
}

// refusal is why what is held refuses a change that it should make.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func (m *Model) read(ctx context.Context, after catalogue.Version, timeout time.Duration) (catalogue.ChangeBatch, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return m.store.Changes(ctx, after, changesAtOnce)
}

// news returns when there is some, or when it is time to look whether there is.
func (m *Model) news(ctx context.Context) error {
	at, _ := m.index.At()
	life, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	_, err := m.store.Await(life, at)
	if life.Err() != nil {
		return nil
	}
	return err
}

func (m *Model) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.problem, m.behind = problemOf(err), 0
}

func problemOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
