package snapshotfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// Options say where the file is and what it is of.
type Options struct {
	// Path is the file's. Beside it lie, with its name and an ending, the one that is being written and a lock.
	Path string
	// Origin tells catalogues apart, in at most 1,024 bytes: a file of another one is not read. It stands in the file in plain text.
	Origin string
	// LockWait is for how long another process that is writing is waited for; half a minute unless set.
	LockWait time.Duration
	// Logger is told of files that cannot be used, or were begun and never finished; discarded when nil.
	Logger *slog.Logger
}

// File is a ports.ModelFile. It may be used from many goroutines and processes: what is being read stays as it is
// while another takes its place.
type File struct{ o Options }

var _ ports.ModelFile = (*File)(nil)

// New makes nothing and reads nothing yet.
func New(o Options) *File {
	o.LockWait = cmp.Or(o.LockWait, 30*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return &File{o}
}

// Snapshot hands over what was kept, in the order in which it was. Events may have been handed over when it turns out that the
// rest cannot be read: only without an error are they all. Whatever is wrong with the file is fault.NotFound.
//
// Strings of neighbouring events share memory. Who keeps a few of the events clones what it keeps.
func (f *File) Snapshot(ctx context.Context, starts event.TimeRange, each func(*event.Event) error) (catalogue.Version, error) {
	file, err := os.Open(f.o.Path)
	if err != nil {
		return catalogue.Version{}, f.unusable(ctx, err)
	}
	defer func() { _ = file.Close() }()
	r, err := newReader(file, f.o.Origin)
	if err != nil {
		return catalogue.Version{}, f.unusable(ctx, err)
	}
	defer r.close()
	for {
		if err := ctx.Err(); err != nil {
			return catalogue.Version{}, fault.Wrap(fault.Unavailable, "read the snapshot", err)
		}
		more, err := r.next()
		if err != nil {
			return catalogue.Version{}, f.unusable(ctx, err)
		}
		if !more {
			return r.of, nil
		}
		for r.events.more() {
			e, err := r.events.next()
			if err != nil {
				return catalogue.Version{}, f.unusable(ctx, r.at(err))
			}
			r.count++
			if !starts.Within(e.Facts.Start, e.Facts.Start) {
				continue
			}
			if err := each(e); err != nil {
				return catalogue.Version{}, err
			}
		}
	}
}

// KeptAt implements ports.ModelFile.
func (f *File) KeptAt() time.Time {
	info, err := os.Stat(f.o.Path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// Present reports whether a file of this catalogue is there. Only its beginning is read: the rest may turn out to be damaged.
func (f *File) Present() bool {
	file, err := os.Open(f.o.Path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	r, err := newReader(file, f.o.Origin)
	if err != nil {
		return false
	}
	r.close()
	return true
}

// unusable is the error of a file that is not there or is no good. To who asks both are the same; whoever looks after the disk is
// told of the latter.
func (f *File) unusable(ctx context.Context, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "there is no snapshot at %s", f.o.Path)
	}
	f.o.Logger.WarnContext(ctx, "the snapshot cannot be used, and is made anew", "path", f.o.Path, "error", err)
	return &fault.Error{Kind: fault.NotFound, Message: fmt.Sprintf("the snapshot at %s cannot be used", f.o.Path), Cause: err}
}

// Keep writes what is handed over to the disk and puts it in the place of what was kept. With an error, the old file is still
// there, and fault.Unavailable says that the disk, or another process that writes for too long, is the reason. Errors of from are
// returned as they are.
func (f *File) Keep(ctx context.Context, from ports.Snapshotter) (err error) {
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	path := f.o.Path + ".new"
	switch err := os.Remove(path); {
	case err == nil:
		f.o.Logger.WarnContext(ctx, "a snapshot was begun and never finished; it is removed", "path", path)
	case !errors.Is(err, fs.ErrNotExist):
		return unwritten(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritten(err)
	}
	defer func() {
		_ = file.Close() // unless it is closed
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if err := write(ctx, file, f.o.Origin, from); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return unwritten(err)
	}
	if err := file.Close(); err != nil {
		return unwritten(err)
	}
	if err := os.Rename(path, f.o.Path); err != nil {
		return unwritten(err)
	}
	syncFolder(filepath.Dir(f.o.Path))
	return nil
}

// lock waits until no other writes. The lock ends with the process that has it, so what that one left behind is nobody's.
func (f *File) lock(ctx context.Context) (unlock func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, f.o.LockWait)
	defer cancel()
	lock := flock.New(f.o.Path+".lock", flock.SetPermissions(0o600))
	_, err = lock.TryLockContext(waiting, 50*time.Millisecond)
	switch {
	case err == nil:
		return func() { _ = lock.Close() }, nil // the file stays: a name that comes and goes can be locked twice
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, fault.New(fault.Unavailable, "another process has been writing the snapshot at %s for %s", f.o.Path, f.o.LockWait)
	default:
		return nil, unwritten(err)
	}
}

func unwritten(err error) error { return fault.Wrap(fault.Unavailable, "write the snapshot", err) }

// syncFolder has the new name survive a power cut. Where that fails nothing is lost: the old name then leads to the old file, whole.
func syncFolder(dir string) {
	folder, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = folder.Sync()
	_ = folder.Close()
}
