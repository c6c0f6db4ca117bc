package feedsim

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// Replay is a provider whose feed is a folder of files: recorded ones, or ones written to try something out. It is
// safe for concurrent use.
type Replay struct {
	folder fs.FS
	names  []string

	mu      sync.Mutex
	fetches int // as many as there are files at most
}

var _ Provider = (*Replay)(nil)

// NewReplay returns a provider that gives the *.xml and *.xml.gz files of the folder in the order of their names, one per
// fetch, and then the last one for ever. Names are read once, contents whenever they are served, so a file
// is not to be changed in place. A folder without such files is an error. Subfolders are not looked into.
func NewReplay(folder fs.FS) (*Replay, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("replay: read the folder: %w", err)
	}
	r := &Replay{folder: folder}
	for _, e := range entries {
		if !e.IsDir() && (strings.HasSuffix(e.Name(), ".xml") || strings.HasSuffix(e.Name(), ".xml.gz")) {
			r.names = append(r.names, e.Name())
		}
	}
	if len(r.names) == 0 {
		return nil, errors.New("replay: the folder has no *.xml and no *.xml.gz")
	}
	return r, nil
}

// Fetch returns the next file. The error is that of reading it; the next fetch goes on with the file after it.
func (r *Replay) Fetch() (Document, error) {
	return newRecording(r.folder, r.move(1))
}

// Current returns the file of the last fetch.
func (r *Replay) Current() (Document, error) {
	return newRecording(r.folder, r.move(0))
}

// move goes on by so many files and names the one that the last fetch is about.
func (r *Replay) move(files int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetches = min(r.fetches+files, len(r.names))
	return r.names[max(0, r.fetches-1)]
}

// recording is a file of a feed.
type recording struct {
	folder fs.FS
	name   string
	tag    string
}

func newRecording(folder fs.FS, name string) (recording, error) {
	r := recording{folder: folder, name: name}
	sum := sha256.New()
	if _, err := r.WriteTo(sum); err != nil {
		return recording{}, fmt.Errorf("replay: %w", err)
	}
	r.tag = hex.EncodeToString(sum.Sum(nil)[:16])
	return r, nil
}

// ETag is a hash of the uncompressed content.
func (r recording) ETag() string { return r.tag }

// WriteTo streams the file, uncompressed.
func (r recording) WriteTo(w io.Writer) (int64, error) {
	f, err := r.folder.Open(r.name)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	var content io.Reader = f
	if strings.HasSuffix(r.name, ".gz") {
		if content, err = gzip.NewReader(f); err != nil {
			return 0, fmt.Errorf("uncompress %s: %w", r.name, err)
		}
	}
	n, err := io.Copy(w, content) //nolint:gosec // however large it is, it is streamed, and the folder is ours
	if err != nil {
		return n, fmt.Errorf("read %s: %w", r.name, err)
	}
	return n, nil
}
