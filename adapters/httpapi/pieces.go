package httpapi

import "sync"

// pieceSize is how much of an answer is collected before it is sent. One that fits a piece has a
// Content-Length; a longer one is streamed and costs no more memory.
const pieceSize = 32 << 10

var pieces = sync.Pool{New: func() any {
	b := make([]byte, 0, pieceSize+pieceSize/8)
	return &b
}}

// flush takes what an answer has so far: once that is a piece, it is sent, and the answer goes on with what is returned.
type flush = func([]byte) ([]byte, error)

// inOne is a flush that leaves the answer in one piece.
func inOne(b []byte) ([]byte, error) { return b, nil }

// inPieces is a flush that hands on each piece.
func inPieces(send func([]byte) error) flush {
	return func(b []byte) ([]byte, error) {
		if len(b) < pieceSize {
			return b, nil
		}
		return b[:0], send(b)
	}
}

// keepPiece gives a piece back as it is by now.
func keepPiece(piece *[]byte, now []byte) {
	if cap(now) <= 2*pieceSize { // a title may have made it grow; such a one is not kept
		*piece = now
		pieces.Put(piece)
	}
}
