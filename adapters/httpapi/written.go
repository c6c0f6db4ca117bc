package httpapi

import (
	"bytes"
)

// An answer is kept as it is sent, behind a line of what its headers are made of: the tag of its body, and what its route has
// to say besides.

// draft is an answer that is being written.
type draft []byte

// newDraft begins an answer with what its route has to say besides; that has no end of line in it.
func newDraft(note string) draft {
	d := append(make(draft, tagSize, 512), note...)
	return append(d, '\n')
}

// done is the answer as it is kept.
func (d draft) done() []byte {
	head := bytes.IndexByte(d, '\n')
	copy(d, tagOf(d[head+1:]))
	return d
}

// written is an answer that was kept.
type written struct {
	tag, note string
	body      []byte // not to be changed
}

// read takes an answer apart that done has made.
func read(kept []byte) written {
	head, body, _ := bytes.Cut(kept, []byte("\n"))
	return written{tag: string(head[:tagSize]), note: string(head[tagSize:]), body: body}
}
