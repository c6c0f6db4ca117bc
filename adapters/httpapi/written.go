package httpapi

import (
	"bytes"
)

// An answer is kept as it is sent, behind a line of what its headers are made of: the tag of its body, and what its route has
// to say besides.

// written is an answer that was kept.
type written struct {
	tag, note string
	body      []byte // not to be changed
}

// writer appends an answer as it is kept.
type writer func(b []byte) []byte

// newWriter makes one of a route that has something to say besides; that has no end of line in it.
func newWriter(note []byte, appendBody func([]byte) []byte) writer {
	return func(b []byte) []byte {
		tag := len(b)
		b = append(b, make([]byte, tagSize)...)
		b = append(append(b, note...), '\n')
		body := len(b)
		b = appendBody(b)
		appendTag(b[:tag], b[body:])
		return b
	}
}

// written is the answer in no more room than it takes, because it may be kept for long.
func (w writer) written() (kept []byte) {
	w.lend(func(b []byte) { kept = bytes.Clone(b) })
	return kept
}

// lend gives the answer to who needs it only for now.
func (w writer) lend(to func(b []byte)) {
	piece, _ := pieces.Get().(*[]byte) // it holds nothing else
	b := w((*piece)[:0])
	to(b)
	keepPiece(piece, b)
}

// read takes an answer apart that write has made.
func read(kept []byte) written {
	head, body, _ := bytes.Cut(kept, []byte("\n"))
	line := string(head)
	return written{tag: line[:tagSize], note: line[tagSize:], body: body}
}
