package ports

import (
	"context"
	"time"
)

// MaxBody is the most bytes that the body of a message may have. Every broker takes that much with
// its headers.
const MaxBody = 180 << 10

// The kinds of message.
const (
	KindChunk      = "chunk"
	KindCompletion = "completion"
)

// Message is what a fetcher sends to the consumers.
type Message struct {
	ID     string            // the same when the same message is published again
	Kind   string            // KindChunk or KindCompletion
	Header map[string]string // carries the trace
	Body   []byte            // at most MaxBody
}

// Delivery is one attempt to get a message handled.
type Delivery struct {
	Message
	Attempt   int // 1 at first
	Published time.Time
}

// Verdict is what a handler says of a delivery. The zero value acknowledges it.
type Verdict struct {
	Retry bool          // deliver it again
	After time.Duration // but not before this
}

// Publisher hands messages to the broker.
type Publisher interface {
	// Publish returns nil only when all messages are durable: they outlive this process and the broker's.
	// After an error some of them may have been published. A body above MaxBody is fault.Invalid.
	// A full broker is fault.Unavailable.
	Publish(ctx context.Context, batch ...Message) error
}

// Intake takes messages from the broker. Deliveries come at least once, in any order, to one of all consumers.
type Intake interface {
	// Consume calls handle for each delivery, at most parallel at a time, and keeps those in hand leased
	// however long handle takes. A delivery whose verdict is lost comes again, also after a crash.
	// When ctx ends it takes nothing more, waits for the calls that run (whose context goes on), settles
	// what they say, and returns nil. While the broker is away it waits and resumes.
	Consume(ctx context.Context, parallel int, handle func(context.Context, Delivery) Verdict) error
}

// Backlog tells how much is waiting.
type Backlog interface {
	// Backlog is the number of messages that are not acknowledged.
	Backlog(ctx context.Context) (int64, error)
	// Oldest is when the oldest of them was published, zero where there is none.
	Oldest(ctx context.Context) (time.Time, error)
}
