package prooftest

import (
	"bytes"
	"sync"
)

const tailSize = 24 << 10

// Tail keeps the end of what is written to it: of the log of a process, or of one process after the other.
type Tail struct {
	mu  sync.Mutex
	all []byte
}

func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, p...)
	if len(t.all) > 2*tailSize {
		t.all = bytes.Clone(t.all[len(t.all)-tailSize:])
	}
	return len(p), nil
}

func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.all[max(0, len(t.all)-tailSize):])
}
