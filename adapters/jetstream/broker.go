package jetstream

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

var (
	_ ports.Publisher = (*Broker)(nil)
	_ ports.Intake    = (*Broker)(nil)
	_ ports.Backlog   = (*Broker)(nil)
)

// Options of a Broker; zero values are the defaults.
type Options struct {
	// Stream is the name of the stream; "marquee". Processes with the same name share their
	// messages, so installations that share a cluster need one each.
	Stream string
	// MaxMessages and MaxBytes bound the stream; 100,000 and 1 GiB.
	MaxMessages, MaxBytes int64
	// Replicas is how many servers of a cluster hold each message; 1, at most 5.
	Replicas int
	// Lease is how long a message stays with a consumer that is not heard of; 15 s. Consumers are heard of
	// three times in each lease.
	Lease time.Duration
	// Publishing is how many messages may be on their way to the broker at once, over all calls of
	// Publish; 32, which bounds their memory to 6 MiB.
	Publishing int
	// Logger gets what is not an error of a call; nil for silence.
	Logger *slog.Logger
}

const (
	maxHeader      = 8 << 10 // bytes of a message's header, its ID and kind included
	maxMessage     = ports.MaxBody + maxHeader
	dedupWindow    = 2 * time.Minute // a message published again in it is dropped by the broker
	maxUnsettled   = 1024            // messages in hand or put off, over all consumers; beyond, the others wait
	requestTimeout = 10 * time.Second
)

func (o Options) stream() string { return cmp.Or(o.Stream, "marquee") }

// Subject is what messages are published as.
func (o Options) Subject() string { return o.stream() + ".messages" }

func (o Options) withDefaults() (Options, error) {
	o.Stream = o.stream()
	if o.MaxMessages == 0 {
		o.MaxMessages = 100_000
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 30
	}
	if o.Replicas == 0 {
		o.Replicas = 1
	}
	if o.Lease == 0 {
		o.Lease = 15 * time.Second
	}
	if o.Publishing == 0 {
		o.Publishing = 32
	}
	o.Logger = orSilent(o.Logger)
	switch {
	case strings.ContainsAny(o.Stream, " \t\r\n.*>/\\"):
		return o, fault.InvalidField("stream", "is %q, a name without blanks, dots, slashes and wildcards is needed", o.Stream)
	case o.MaxMessages < 1:
		return o, fault.InvalidField("max messages", "is %d, at least 1 is needed", o.MaxMessages)
	case o.MaxBytes < maxMessage:
		return o, fault.InvalidField("max bytes", "is %d, at least %d are needed for one message", o.MaxBytes, maxMessage)
	case o.Replicas < 1 || o.Replicas > 5:
		return o, fault.InvalidField("replicas", "is %d, 1 to 5 are possible", o.Replicas)
	case o.Lease < 100*time.Millisecond:
		return o, fault.InvalidField("lease", "is %v, at least 100ms are needed", o.Lease)
	case o.Publishing < 1:
		return o, fault.InvalidField("publishing", "is %d, at least 1 is needed", o.Publishing)
	}
	return o, nil
}

// Broker publishes to and consumes from one stream. It has no goroutines of its own outside of its calls.
type Broker struct {
	options  Options
	conn     *nats.Conn
	js       jetstream.JetStream
	outbound chan struct{} // a slot for each message on its way to the broker
	declared atomic.Uint64 // the life of the connection, from 1, in which stream and consumer were there; 0 for none
}

// New returns a broker on a connection, without using it: stream and consumer are created by the first
// call that needs them. The connection stays the caller's, who closes it after the last call.
func New(conn *nats.Conn, o Options) (*Broker, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "set up the broker", err)
	}
	return &Broker{options: o, conn: conn, js: js, outbound: make(chan struct{}, o.Publishing)}, nil
}

// Declare makes sure that stream and consumer exist and are as the options say. Calls that need
// them do this on their own; it is for a program that wants to know at its start.
func (b *Broker) Declare(ctx context.Context) error {
	life := b.conn.Stats().Reconnects + 1 // another server, or the same after it was killed
	if b.declared.Load() == life {
		return nil
	}
	if limit := b.conn.MaxPayload(); b.conn.IsConnected() && limit < maxMessage {
		return fault.New(fault.Internal, "the broker takes messages of %d bytes, its max_payload has to be at least %d", limit, maxMessage)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	// Creating what is there and is the same changes nothing. Updating it would, although it is the same: under the
	// feet of another process that declares its consumer at that moment.
	_, err := b.js.CreateStream(ctx, b.stream())
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		_, err = b.js.UpdateStream(ctx, b.stream())
	}
	if err != nil {
		return translate("create stream "+b.options.Stream, err)
	}
	consumer, err := b.js.CreateOrUpdateConsumer(ctx, b.options.Stream, b.consumer())
	if err != nil {
		return translate("create the consumer of stream "+b.options.Stream, err)
	}
	if err := b.sweep(ctx, consumer.CachedInfo().AckFloor.Stream); err != nil {
		return err
	}
	b.declared.Store(life)
	return nil
}

// sweep removes what the consumers have acknowledged and the stream still has: a server that is killed may have noted
// the one and not the other, and never makes up for it. All up to the floor is acknowledged.
func (b *Broker) sweep(ctx context.Context, floor uint64) error {
	attempted := "remove acknowledged messages of stream " + b.options.Stream
	stream, err := b.js.Stream(ctx, b.options.Stream) // brings fresh figures along
	if err != nil {
		return translate(attempted, err)
	}
	if has := stream.CachedInfo().State; has.FirstSeq <= floor && floor <= has.LastSeq {
		return translate(attempted, stream.Purge(ctx, jetstream.WithPurgeSequence(floor+1)))
	}
	return nil
}

// Backlog is the number of messages in the stream: those that wait, are in hand, or are put off.
func (b *Broker) Backlog(ctx context.Context) (int64, error) {
	state, err := b.state(ctx, "count the backlog")
	return int64(state.Msgs), err //nolint:gosec // bounded by MaxMessages
}

// Oldest is when the stream's first message was published: what is acknowledged leaves it.
func (b *Broker) Oldest(ctx context.Context) (time.Time, error) {
	state, err := b.state(ctx, "look for the oldest message")
	if err != nil || state.Msgs == 0 {
		return time.Time{}, err
	}
	return state.FirstTime, nil
}

func (b *Broker) state(ctx context.Context, attempted string) (jetstream.StreamState, error) {
	if err := b.Declare(ctx); err != nil {
		return jetstream.StreamState{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stream, err := b.js.Stream(ctx, b.options.Stream) // brings fresh figures along
	if err != nil {
		return jetstream.StreamState{}, b.failed(attempted, err)
	}
	return stream.CachedInfo().State, nil
}

func (b *Broker) stream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        b.options.Stream,
		Description: "what Marquee's fetchers found, on its way to the consumers",
		Subjects:    []string{b.subject()},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.WorkQueuePolicy,
		Discard:     jetstream.DiscardNew,
		MaxMsgs:     b.options.MaxMessages,
		MaxBytes:    b.options.MaxBytes,
		MaxMsgSize:  maxMessage,
		Duplicates:  dedupWindow,
		Replicas:    b.options.Replicas,
	}
}

func (b *Broker) consumer() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       b.consumerName(),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       b.options.Lease,
		MaxDeliver:    -1, // whether to give up on a message is not the broker's to decide
		MaxAckPending: maxUnsettled,
	}
}

func (b *Broker) subject() string      { return b.options.Subject() }
func (b *Broker) consumerName() string { return "consumers" }

// failed translates an error. When it says that the stream or its consumer is not there, the next call declares them.
func (b *Broker) failed(attempted string, err error) error {
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) ||
		errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrConsumerDeleted) {
		b.declared.Store(0)
	}
	return translate(attempted, err)
}

// translate gives a driver's error its kind. What the server answers to a request that it understood and will
// not serve is ours to mend; all else is a broker that is away, full, overrun or without a leader.
func translate(attempted string, err error) error {
	const tooManyRequests = 429
	kind := fault.Unavailable
	if api, ok := errors.AsType[*jetstream.APIError](err); ok &&
		api.Code >= 400 && api.Code < 500 && api.Code != tooManyRequests &&
		api.ErrorCode != jetstream.JSErrCodeStreamNotFound && api.ErrorCode != jetstream.JSErrCodeConsumerNotFound {
		kind = fault.Internal
	}
	return fault.Wrap(kind, attempted, err)
}
