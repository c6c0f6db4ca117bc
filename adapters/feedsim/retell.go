package feedsim

import (
	"errors"
	"io"
	"net/http"
)

// What the feed says, told otherwise: it is changed on its way, in memory that does not grow with it.

// editor changes what is written to it on its way to a response. Close writes what it still holds.
type editor func(out io.Writer) io.WriteCloser

// errEnough is for an editor that ends the answer in good order, although the feed has more to say.
var errEnough = errors.New("the answer ends here")

// retell answers with the feed as the editor changes it. Where the feed has a status other than 200, that is the answer.
func (m *Moody) retell(w http.ResponseWriter, r *http.Request, header map[string]string, edit editor) {
	plain := r.Clone(r.Context())
	for _, name := range []string{"Accept-Encoding", "If-None-Match", "If-Modified-Since", "Range"} {
		plain.Header.Del(name)
	}
	out := &retold{ResponseWriter: w, header: header, body: edit(w)}
	defer func() {
		// The handler of the feed cuts the connection when it cannot write; that it could not was our doing.
		if reason := recover(); reason != nil && (reason != http.ErrAbortHandler || !out.enough) { //nolint:errorlint // what was panicked with is not wrapped
			panic(reason)
		}
	}()
	m.feed.ServeHTTP(out, plain)
	if out.status == http.StatusOK && !out.enough {
		if err := out.body.Close(); err != nil && !errors.Is(err, errEnough) {
			panic(http.ErrAbortHandler)
		}
	}
}

// retold is the response that the feed's handler writes to.
type retold struct {
	http.ResponseWriter
	header map[string]string
	body   io.WriteCloser
	status int  // 0 before it is known
	enough bool // the answer has ended
}

func (o *retold) WriteHeader(status int) {
	if o.status != 0 {
		return
	}
	if o.status = status; status == http.StatusOK {
		h := o.Header()
		for _, name := range []string{"ETag", "Last-Modified", "Content-Length", "Vary"} {
			h.Del(name)
		}
		for name, value := range o.header {
			h.Set(name, value)
		}
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *retold) Write(p []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	if o.status != http.StatusOK {
		return o.ResponseWriter.Write(p)
	}
	n, err := o.body.Write(p)
	o.enough = o.enough || errors.Is(err, errEnough)
	return n, err
}

// sieve is an editor's work where there is nothing to write at the end.
type sieve func(p []byte) error

func (s sieve) Write(p []byte) (int, error) { return len(p), s(p) }
func (s sieve) Close() error                { return nil }

func asItIs(out io.Writer) io.WriteCloser {
	return sieve(func(p []byte) error {
		_, err := out.Write(p)
		return err
	})
}
