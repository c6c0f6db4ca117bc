package search

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/marquee-events/marquee/ports"
)

// recent remembers which questions were asked lately: the last of those that share a place, of which there are many. It takes
// 128 KiB, and may be used from many goroutines.
type recent [1 << 14]atomic.Uint64

// again remembers a question, and tells whether it was remembered already.
func (r *recent) again(key ports.AnswerKey) bool {
	place := binary.LittleEndian.Uint64(key[8:]) % uint64(len(r))
	mark := binary.LittleEndian.Uint64(key[:]) // keys are hashes, so no two questions have the same
	return r[place].Swap(mark) == mark
}
