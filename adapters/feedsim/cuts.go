package feedsim

import (
	"compress/gzip"
	"io"
	"net/http"
)

// Answers that end too early, or never.

func (*Moody) noAnswer(_ http.ResponseWriter, r *http.Request) { hangUp(r) }

func (m *Moody) slowDrip(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return sieve(func(p []byte) error {
			for i := range p {
				if _, err := out.Write(p[i : i+1]); err != nil {
					return err
				}
				flush(w)
				wait(r, m.drip)
			}
			return nil
		})
	})
}

func (m *Moody) stall(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return upToTheMiddle(out, func() error {
			flush(w)
			hangUp(r)
			return nil
		})
	})
}

func (m *Moody) cutConnection(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return upToTheMiddle(out, func() error {
			flush(w) // else nothing of it would arrive
			panic(http.ErrAbortHandler)
		})
	})
}

func (m *Moody) cutDocument(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return upToTheMiddle(out, func() error { return errEnough })
	})
}

func (m *Moody) cutGzip(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, map[string]string{"Content-Encoding": "gzip"}, func(out io.Writer) io.WriteCloser {
		z := gzip.NewWriter(out)
		return upToTheMiddle(z, func() error {
			if err := z.Flush(); err != nil {
				return err
			}
			return errEnough
		})
	})
}

// lengthTooLong leaves it to the server to notice that the body is shorter: it can only close the connection then.
func (m *Moody) lengthTooLong(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, map[string]string{"Content-Length": "1073741824"}, asItIs)
}

func (m *Moody) lengthTooShort(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, map[string]string{"Content-Length": "1000"}, func(out io.Writer) io.WriteCloser {
		room := 1000
		return sieve(func(p []byte) error {
			n, err := out.Write(p[:min(room, len(p))])
			if room -= n; err == nil && room == 0 {
				return errEnough
			}
			return err
		})
	})
}

// upToTheMiddle writes three base events, begins with what comes next, and then does what ends the answer.
func upToTheMiddle(out io.Writer, end func() error) io.WriteCloser {
	whole := 3
	return &scissors{each: func(text []byte, is piece) error {
		if is == beforeBase || is == wholeBase && whole > 0 {
			if is == wholeBase {
				whole--
			}
			_, err := out.Write(text)
			return err
		}
		if _, err := out.Write(text[:len(text)/2]); err != nil {
			return err
		}
		return end()
	}}
}

// flush sends what is written so far. A response that cannot be flushed sends it when it likes.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }
