package feedsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The feed in other bytes than its text is usually sent in.

func (m *Moody) gzipFile(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, map[string]string{"Content-Type": "application/gzip"}, func(out io.Writer) io.WriteCloser { return gzip.NewWriter(out) })
}

func (m *Moody) latin1(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return &redeclared{label: "ISO-8859-1", out: encoded(out, charmap.ISO8859_1)}
	})
}

func (m *Moody) latin1AsUTF8(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser { return encoded(out, charmap.ISO8859_1) })
}

func (m *Moody) utf16(w http.ResponseWriter, r *http.Request) {
	m.retell(w, r, nil, func(out io.Writer) io.WriteCloser {
		return &redeclared{label: "UTF-16", out: encoded(out, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))}
	})
}

// encoded writes text in an encoding. What the encoding has not becomes a character reference.
func encoded(out io.Writer, as encoding.Encoding) io.WriteCloser {
	return transform.NewWriter(out, encoding.HTMLEscapeUnsupported(as.NewEncoder()))
}

// redeclared writes a document with another encoding in its declaration. One that declares none is left as it is.
type redeclared struct {
	label string
	out   io.WriteCloser
	held  []byte // until the declaration is whole
	done  bool
}

// longestDeclaration is more than any declaration has, in bytes.
const longestDeclaration = 256

func (d *redeclared) Write(p []byte) (int, error) {
	if d.done {
		return d.out.Write(p)
	}
	d.held = append(d.held, p...)
	if len(d.held) < longestDeclaration && !bytes.Contains(d.held, []byte("?>")) {
		return len(p), nil
	}
	return len(p), d.declare()
}

func (d *redeclared) declare() error {
	d.done = true
	_, err := d.out.Write(bytes.Replace(d.held, []byte(`encoding="UTF-8"`), []byte(`encoding="`+d.label+`"`), 1))
	return err
}

func (d *redeclared) Close() error {
	if !d.done {
		if err := d.declare(); err != nil {
			return err
		}
	}
	return d.out.Close()
}
