package wiring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"go.uber.org/fx"
)

// DataDir is the folder of the embedded store and broker, and of the index's snapshot.
type DataDir string

// Database is the path of the embedded store.
func (d DataDir) Database() string { return filepath.Join(string(d), "marquee.db") }

// Broker is the folder of the embedded broker.
func (d DataDir) Broker() string { return filepath.Join(string(d), "jetstream") }

// Index is the path of the snapshot of the catalogue that a process starts with when the database is away.
func (d DataDir) Index() string { return filepath.Join(string(d), "index.snapshot") }

// Socket is where commands reach the process that runs in the folder.
func (d DataDir) Socket() string { return filepath.Join(string(d), "marquee.sock") }

func (d DataDir) lockFile() string { return filepath.Join(string(d), "marquee.lock") }

// ErrInUse says that another process runs in the folder.
var ErrInUse = errors.New("another process uses it")

// Lock makes the folder, if it has to, and keeps other processes out until it is unlocked or this process ends,
// however it ends. The error is ErrInUse when another one was first.
func (d DataDir) Lock() (unlock func() error, err error) {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock := flock.New(d.lockFile())
	// Whoever looks whether the folder is in use holds it for a moment.
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	free, err := lock.TryLockContext(ctx, 20*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) {
		free, err = false, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	if !free {
		return nil, fmt.Errorf("lock the data folder %s: %w", string(d), ErrInUse)
	}
	return lock.Unlock, nil
}

// InUse reports whether a process runs in the folder.
func (d DataDir) InUse() bool {
	if _, err := os.Stat(d.lockFile()); err != nil {
		return false
	}
	unlock, err := d.Lock()
	if err == nil {
		_ = unlock()
	}
	return errors.Is(err, ErrInUse)
}

// dataDir is the folder, locked where anything is kept in it. Processes whose store and broker are outside may share one.
func dataDir(lc fx.Lifecycle, s Settings) (DataDir, error) {
	dir := DataDir(s.Config.DataDir)
	if !s.keepsData() {
		return dir, nil
	}
	unlock, err := dir.Lock()
	if err != nil {
		return "", err
	}
	lc.Append(fx.StopHook(unlock))
	return dir, nil
}
