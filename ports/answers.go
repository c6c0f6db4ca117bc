package ports

import (
	"context"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
)

// MaxAnswer is the most bytes that the body of an answer may have to be kept.
const MaxAnswer = 1 << 20

// AnswerKey names an answer: a hash of all that decides what it says and how it is written.
type AnswerKey [32]byte

// Answer is a rendered answer. Its body is shared: who gets it must not change it.
type Answer struct {
	At     catalogue.Version // of the snapshot that it was made from
	Stored time.Time         // when it was made, by the clock of who made it; to the millisecond
	Body   []byte
}

// AnswerCache keeps rendered answers for a while. It may forget any of them at any time: whoever asks can make
// the answer again, and judges whether one that is found is still current.
type AnswerCache interface {
	// Get returns what was put last under the key, if it is still there. An entry that cannot be read counts as
	// none. A cache that is away or too slow is fault.Unavailable, and says so within milliseconds.
	Get(ctx context.Context, key AnswerKey) (a Answer, found bool, err error)
	// Put keeps the answer for ttl at most, in place of what was there. One above MaxAnswer is not kept, which is no
	// error. The body must not be changed any more.
	Put(ctx context.Context, key AnswerKey, a Answer, ttl time.Duration) error
}
