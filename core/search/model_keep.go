package search

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
)

// lastKeep is how long the file may take to be written when Run ends.
const lastKeep = 4 * time.Second

// keeps writes the file now and then, and at the end.
func (m *Model) keeps(ctx context.Context) {
	if m.o.File == nil {
		return
	}
	for m.awaitFollowing(ctx) {
		m.keep(ctx)
		if !pause(ctx, m.o.KeepEvery) {
			break
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastKeep)
	defer cancel()
	m.keep(last)
}

// keep writes the file, unless it has what is held.
func (m *Model) keep(ctx context.Context) {
	at, held := m.index.At()
	if !held || !m.serving.Load() || at == m.inFile() {
		return
	}
	began := m.clock()
	err := m.o.File.Keep(ctx, m.index)
	if err == nil {
		m.mu.Lock()
		m.kept = at // or later
		m.mu.Unlock()
	}
	m.o.Watcher.Kept(ctx, Kept{At: at, Took: m.clock().Sub(began), Err: err})
}

func (m *Model) inFile() catalogue.Version {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept
}
