package httpapi

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/marquee-events/marquee/core/search"
)

// sender sends answers: compressed for who accepts that, not at all to who has them, and at the pace of who reads.
type sender struct {
	pace       pace
	compressed *compressed
	keeps      bool // whether answers are kept, and there is something to be said of how they came about
}

// headers sets what the headers of an answer say that others may keep as well.
func (s *sender) headers(h http.Header, served search.Served) {
	answerHeaders(h, cacheBriefly)
	if s.keeps {
		h["Cache-Status"] = []string{cacheStatus(served)}
	}
}

// isWritten tells whether an answer is there as it is kept, or can be written like that.
func isWritten(served search.Served) bool { return served.Body != nil || served.Write != nil }

// kept sends an answer that is kept, or could be. The error is the connection's.
func (s *sender) kept(w http.ResponseWriter, served search.Served) error {
	return s.keptWith(w, served, func(written) {})
}

// keptWith is kept for who has headers to set when the answer is written.
func (s *sender) keptWith(w http.ResponseWriter, served search.Served, then func(written)) (err error) {
	send := func(b []byte) {
		a := read(b)
		s.headers(w.Header(), served)
		then(a)
		err = s.whole(w, a)
	}
	if served.Body != nil {
		send(served.Body)
	} else {
		writer(served.Write).lend(send)
	}
	if served.Release != nil {
		served.Release()
	}
	return err
}

// whole sends an answer that is known to its end. One with a tag may be held by the client already, who is then told so. The error
// is the connection's.
func (s *sender) whole(w http.ResponseWriter, a written) error {
	return s.wholeWith(w, http.StatusOK, a)
}

// wholeWith is whole, with another status than 200 for an answer without a tag.
func (s *sender) wholeWith(w http.ResponseWriter, status int, a written) error {
	asked := requestOf(w)
	h := w.Header()
	vary(h)
	c := asIs
	if len(a.body) >= least {
		c = choose(asked.Header["Accept-Encoding"])
	}
	if a.tag != "" {
		h["Etag"] = []string{entityTag(a.tag, c)} // in the form that http.Header keeps
		if holds(asked.Header["If-None-Match"], a.tag) {
			return notModified(w)
		}
	}
	body := a.body
	if c != asIs {
		h.Set("Content-Encoding", string(c))
		if a.tag == "" {
			body = compress(c, body)
		} else {
			body = s.compressed.of(a.tag, c, body)
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if asked.Method == http.MethodHead {
		s.pace.allow(w)
		w.WriteHeader(status)
		return nil
	}
	w.WriteHeader(status)
	reader := s.pace.start(w)
	if len(body) > 0 {
		if err := holdHeader(asked.Context(), reader.control); err != nil {
			return err
		}
	}
	for len(body) > pieceSize {
		if err := reader.send(body[:pieceSize]); err != nil {
			return err
		}
		body = body[pieceSize:]
	}
	return reader.send(body)
}

// notModified tells the client that it has the answer already (RFC 9110, 15.4.5).
func notModified(w http.ResponseWriter) error {
	w.Header().Del("Content-Type")
	w.WriteHeader(http.StatusNotModified)
	return nil
}

var errHeadersOnly = errors.New("only the headers are asked for")

// pieces sends an answer while it is appended. tag stands for what it will say, which has to be known before; empty for an answer that
// is not to be asked for twice. The error is the connection's.
func (s *sender) pieces(w http.ResponseWriter, tag string, appendAnswer func([]byte, flush) ([]byte, error)) error {
	asked := requestOf(w)
	h := w.Header()
	vary(h)
	c := choose(asked.Header["Accept-Encoding"])
	if tag != "" && holds(asked.Header["If-None-Match"], tag) {
		h.Set("ETag", entityTag(tag, c))
		return notModified(w)
	}
	piece, _ := pieces.Get().(*[]byte) // it holds nothing else
	reader := s.pace.start(w)
	var out encoder // of an answer that does not fit a piece
	send := reader.send
	rest, err := appendAnswer((*piece)[:0], inPieces(func(b []byte) error {
		if reader.sent == 0 && out == nil {
			if tag != "" {
				h.Set("ETag", entityTag(tag, c))
			}
			if c != asIs {
				h.Set("Content-Encoding", string(c))
			}
			if asked.Method == http.MethodHead {
				w.WriteHeader(http.StatusOK)
				return errHeadersOnly
			}
			if c != asIs {
				out = borrow(c, writerFunc(reader.send))
				send = func(b []byte) error {
					_, err := out.Write(b)
					return err
				}
			}
		}
		return send(b)
	}))
	switch {
	case errors.Is(err, errHeadersOnly):
		err = nil
	case err != nil:
	case out != nil:
		if err = send(rest); err == nil {
			err = out.Close() // where it is not reached, the answer has no end that could be taken for one
		}
		if err == nil {
			giveBack(c, out)
		}
	case reader.sent > 0:
		err = send(rest)
	default:
		err = s.whole(w, written{tag: tag, body: rest})
	}
	keepPiece(piece, rest)
	return err
}

// writerFunc is a function that takes all that it is given, or fails.
type writerFunc func([]byte) error

var _ io.Writer = writerFunc(nil)

func (f writerFunc) Write(b []byte) (int, error) {
	if err := f(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
