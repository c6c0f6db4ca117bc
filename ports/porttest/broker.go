package porttest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// BrokerClient is one process's end of a broker.
type BrokerClient interface {
	ports.Publisher
	ports.Intake
	ports.Backlog
}

// BrokerUnderTest is a broker without messages, and what it can be put through. A nil function is a
// feature that it does not have.
type BrokerUnderTest struct {
	// Dial connects one more client, as another process would. Whoever opened the broker closes it.
	Dial func(*testing.T) BrokerClient
	// Lease is how long a message in hand stays with a consumer that is not heard of.
	Lease time.Duration
	// Capacity is how many messages fit in; zero for a broker without a bound of its own.
	Capacity int
	// Crash ends a client without a word to the broker; nil where clients do not fail alone.
	Crash func(*testing.T, BrokerClient)
	// Restart ends the broker and all clients, and starts the broker again; nil where messages end with its process.
	Restart func(*testing.T)
	// Outage takes the broker away while during runs. The clients live on; nil where they end with it.
	Outage func(t *testing.T, during func())
}

// Broker is what every broker promises: ports.Publisher, ports.Intake and ports.Backlog, which are
// three sides of one thing.
func Broker(t *testing.T, open func(*testing.T) BrokerUnderTest) {
	cases := map[string]func(*testing.T, BrokerUnderTest){
		"each message is handled by one of all consumers":      spreadOverConsumers,
		"a message arrives as it was published":                carryUnchanged,
		"a body above the bound is refused":                    refuseLargeBody,
		"publishing nothing is fine":                           publishNothing,
		"a cancelled caller is told so":                        publishCancelled,
		"a message published twice is handled and gone":        publishTwice,
		"the oldest message tells since when it waits":         tellOldest,
		"a full broker refuses and loses nothing":              fill,
		"a retry comes again, not before it should":            retryLater,
		"a retry without delay comes again":                    retryNow,
		"parallel handlers run at once and no more":            boundHandlers,
		"a long handler keeps its message":                     keepLease,
		"a busy consumer keeps nothing from the others":        shareFairly,
		"at the end it settles what runs and takes no more":    endOrderly,
		"nothing is taken when the end came first":             endBeforeStart,
		"a message in hand counts as waiting until it is done": countBacklog,
		"a crashed consumer's message comes again":             surviveCrash,
		"a verdict given before the end is kept":               keepVerdicts,
		"what was published outlives the broker":               surviveRestart,
		"consumers wait while the broker is away and resume":   resumeAfterOutage,
	}
	// What a broker does not declare, it does not promise.
	promised := open(t)
	if promised.Capacity == 0 {
		delete(cases, "a full broker refuses and loses nothing")
	}
	if promised.Crash == nil {
		delete(cases, "a crashed consumer's message comes again")
		delete(cases, "a verdict given before the end is kept")
	}
	if promised.Restart == nil {
		delete(cases, "what was published outlives the broker")
	}
	if promised.Outage == nil {
		delete(cases, "consumers wait while the broker is away and resume")
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

func spreadOverConsumers(t *testing.T, b BrokerUnderTest) {
	const publishers, batches, size = 4, 5, 10
	first, second := b.Dial(t), b.Dial(t)
	var got deliveries
	for _, c := range []BrokerClient{first, first, second} {
		startConsumer(t, c, 3, got.acknowledge)
	}

	var publishing sync.WaitGroup
	for p := range publishers {
		publishing.Go(func() {
			for i := range batches {
				assert.NoError(t, first.Publish(t.Context(), numbered(fmt.Sprintf("p%d-b%d", p, i), size)...))
			}
		})
	}
	publishing.Wait()

	waitUntil(t, "every message is handled", func() bool { return got.distinct() == publishers*batches*size })
	waitForBacklog(t, second, 0)
	assert.Equal(t, got.distinct(), got.count(), "messages handled more than once although no consumer failed")
}

func carryUnchanged(t *testing.T, b BrokerUnderTest) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	published := []ports.Message{
		{ID: "binary", Kind: ports.KindChunk, Body: every},
		{ID: "largest", Kind: ports.KindChunk, Body: bytes.Repeat([]byte{0xff, 0x00}, ports.MaxBody/2)},
		{ID: "empty", Kind: ports.KindCompletion},
		{ID: "name with spaces/and-é", Kind: ports.KindCompletion, Body: []byte("{}")},
		{ID: "traced", Kind: ports.KindChunk, Header: map[string]string{
			"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			"tracestate":  "vendor=t61rcWkgMzE,other=00f067aa0ba902b7",
			"baggage":     "user=caf%C3%A9;ttl=5, k=v",
			"Status":      "100", // nothing that a broker's own protocol may mistake
		}},
	}
	want := map[string]ports.Message{}
	for _, m := range published {
		m.Body, m.Header = bytes.Clone(m.Body), maps.Clone(m.Header)
		want[m.ID] = m
	}

	c, before := b.Dial(t), time.Now()
	require.NoError(t, c.Publish(t.Context(), published...))
	after := time.Now()
	for _, m := range published { // what was handed over is the caller's again
		clear(m.Body)
		clear(m.Header)
	}

	var got deliveries
	startConsumer(t, c, 2, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		kept := d
		kept.Body, kept.Header = bytes.Clone(d.Body), maps.Clone(d.Header)
		got.add(kept)
		clear(d.Body) // and what was delivered is the handler's
		clear(d.Header)
		return ports.Verdict{Retry: d.Attempt == 1}
	})
	waitUntil(t, "every message is handled twice", func() bool { return got.count() == 2*len(want) })

	const clockError = time.Second
	for _, d := range got.all() {
		m := want[d.ID]
		assert.Equal(t, m.Kind, d.Kind, "kind of %q", d.ID)
		assert.True(t, bytes.Equal(m.Body, d.Body), "body of %q has %d bytes, want %d equal ones", d.ID, len(d.Body), len(m.Body))
		assert.True(t, maps.Equal(m.Header, d.Header), "header of %q is %v, want %v", d.ID, d.Header, m.Header)
		assert.WithinRange(t, d.Published, before.Add(-clockError), after.Add(clockError), "when %q was published", d.ID)
	}
}

func refuseLargeBody(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	err := c.Publish(t.Context(), ports.Message{ID: "large", Kind: ports.KindChunk, Body: make([]byte, ports.MaxBody+1)})
	requireKind(t, fault.Invalid, err)
	waitForBacklog(t, c, 0)
}

func publishNothing(t *testing.T, b BrokerUnderTest) {
	require.NoError(t, b.Dial(t).Publish(t.Context()))
}

func publishCancelled(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	requireKind(t, fault.Canceled, c.Publish(ctx, numbered("m", 3)...))
	_, err := c.Backlog(ctx)
	requireKind(t, fault.Canceled, err)
}

func tellOldest(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	at, err := c.Oldest(t.Context())
	require.NoError(t, err)
	require.Zero(t, at, "nothing waits")
	before := time.Now().Add(-time.Minute) // the broker's clock is its own
	require.NoError(t, c.Publish(t.Context(), numbered("m", 3)...))
	at, err = c.Oldest(t.Context())
	require.NoError(t, err)
	require.WithinRange(t, at, before, time.Now().Add(time.Minute))
	startConsumer(t, c, 1, func(context.Context, ports.Delivery) ports.Verdict { return ports.Verdict{} })
	waitForBacklog(t, c, 0)
	at, err = c.Oldest(t.Context())
	require.NoError(t, err)
	require.Zero(t, at, "all is acknowledged")
}

// publishTwice allows a broker to drop the repetition, as it allows it not to.
func publishTwice(t *testing.T, b BrokerUnderTest) {
	c, m := b.Dial(t), numbered("m", 1)
	require.NoError(t, c.Publish(t.Context(), m...))
	require.NoError(t, c.Publish(t.Context(), m...))
	var got deliveries
	startConsumer(t, c, 1, got.acknowledge)
	waitUntil(t, "the message is handled", func() bool { return got.count() > 0 })
	waitForBacklog(t, c, 0)
	assert.LessOrEqual(t, got.count(), 2)
	assert.Equal(t, 1, got.distinct())
}

func fill(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	var accepted int
	for i := range b.Capacity {
		require.NoError(t, c.Publish(t.Context(), numbered(fmt.Sprintf("m%d", i), 1)...))
		accepted++
	}
	requireKind(t, fault.Unavailable, c.Publish(t.Context(), numbered("beyond", 1)...))
	waitForBacklog(t, c, accepted)

	var got deliveries
	startConsumer(t, c, 4, got.acknowledge)
	waitUntil(t, "every accepted message is handled", func() bool { return got.distinct() == accepted })
	waitForBacklog(t, c, 0)
	require.NoError(t, c.Publish(t.Context(), numbered("after", 1)...), "there is room again")
}

func retryLater(t *testing.T, b BrokerUnderTest) {
	const attempts = 2
	after := b.Lease * 5 / 4 // also when that is longer than a lease
	c := b.Dial(t)
	require.NoError(t, c.Publish(t.Context(), numbered("m", 1)...))
	var got deliveries
	var at []time.Time // by the one handler
	startConsumer(t, c, 1, func(_ context.Context, d ports.Delivery) ports.Verdict {
		at = append(at, time.Now())
		got.add(d)
		return ports.Verdict{Retry: d.Attempt < attempts, After: after}
	})
	waitUntil(t, "the last attempt is made", func() bool { return got.count() == attempts })
	waitForBacklog(t, c, 0)
	for i, d := range got.all() {
		assert.Equal(t, i+1, d.Attempt)
		if i > 0 {
			assert.GreaterOrEqual(t, at[i].Sub(at[i-1]), after, "between attempts %d and %d", i, i+1)
		}
	}
}

func retryNow(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	require.NoError(t, c.Publish(t.Context(), numbered("m", 5)...))
	var got deliveries
	startConsumer(t, c, 2, func(_ context.Context, d ports.Delivery) ports.Verdict {
		got.add(d)
		return ports.Verdict{Retry: d.Attempt == 1}
	})
	waitForBacklog(t, c, 0)
	assert.Equal(t, 10, got.count())
}

func boundHandlers(t *testing.T, b BrokerUnderTest) {
	const parallel, messages = 3, 12
	c := b.Dial(t)
	require.NoError(t, c.Publish(t.Context(), numbered("m", messages)...))

	var mu sync.Mutex
	running, most := 0, 0
	all := newGate() // opens once parallel handlers run
	defer all.open()
	var got deliveries
	startConsumer(t, c, parallel, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		mu.Lock()
		running++
		most = max(most, running)
		if running == parallel {
			all.open()
		}
		mu.Unlock()
		<-all.opened
		mu.Lock()
		defer mu.Unlock()
		running--
		return got.acknowledge(ctx, d)
	})
	waitUntil(t, "every message is handled", func() bool { return got.distinct() == messages })
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, parallel, most, "handlers at a time")
}

// keepLease is the one case whose subject is time itself: a handler that takes longer than the lease.
func keepLease(t *testing.T, b BrokerUnderTest) {
	working, other := b.Dial(t), b.Dial(t)
	require.NoError(t, working.Publish(t.Context(), numbered("m", 1)...))
	var got deliveries
	slow := func(ctx context.Context, d ports.Delivery) ports.Verdict {
		got.add(d)
		time.Sleep(b.Lease * 3 / 2)
		return ports.Verdict{}
	}
	startConsumer(t, working, 1, slow)
	startConsumer(t, other, 1, slow)
	waitForBacklog(t, working, 0)
	assert.Equal(t, 1, got.count(), "deliveries of a message that was in hand all the time")
}

func shareFairly(t *testing.T, b BrokerUnderTest) {
	const messages = 6
	busy, other := b.Dial(t), b.Dial(t)
	require.NoError(t, busy.Publish(t.Context(), numbered("m", messages)...))
	inHand, finish := newGate(), newGate()
	defer finish.open()
	startConsumer(t, busy, 1, func(context.Context, ports.Delivery) ports.Verdict {
		inHand.open()
		<-finish.opened
		return ports.Verdict{}
	})
	<-inHand.opened

	var got deliveries
	startConsumer(t, other, 1, got.acknowledge)
	waitUntil(t, "the other consumer handles all but one", func() bool { return got.distinct() == messages-1 })
	for _, d := range got.all() {
		assert.Equal(t, 1, d.Attempt, "attempt of %q, which nobody else could have been at work on", d.ID)
	}
	finish.open()
	waitForBacklog(t, other, 0)
}

func endOrderly(t *testing.T, b BrokerUnderTest) {
	const messages = 5
	c := b.Dial(t)
	require.NoError(t, c.Publish(t.Context(), numbered("m", messages)...))

	var got, rest deliveries
	inHand, finish := make(chan context.Context, messages), newGate()
	defer finish.open()
	stop, ended := startConsumer(t, c, 2, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		inHand <- ctx
		<-finish.opened
		return got.acknowledge(ctx, d)
	})
	handlers := []context.Context{<-inHand, <-inHand}
	stop()
	for _, ctx := range handlers {
		assert.NoError(t, ctx.Err(), "the context of a handler that runs")
	}
	assert.Never(t, func() bool { return isClosed(ended) }, 50*time.Millisecond, 5*time.Millisecond, "Consume returned before its handlers")
	finish.open()
	<-ended
	assert.Equal(t, 2, got.count(), "messages handled, of which none after the end")

	startConsumer(t, c, 2, rest.acknowledge)
	waitForBacklog(t, c, 0)
	assert.Equal(t, messages-2, rest.distinct(), "messages left for the next consumer")
}

func endBeforeStart(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	require.NoError(t, c.Publish(t.Context(), numbered("m", 3)...))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got, rest deliveries
	require.NoError(t, c.Consume(ctx, 2, got.acknowledge))
	assert.Zero(t, got.count())

	startConsumer(t, c, 2, rest.acknowledge)
	waitForBacklog(t, c, 0)
	assert.Equal(t, 3, rest.distinct())
}

func countBacklog(t *testing.T, b BrokerUnderTest) {
	const messages = 5
	c := b.Dial(t)
	waitForBacklog(t, c, 0)
	require.NoError(t, c.Publish(t.Context(), numbered("m", messages)...))
	waitForBacklog(t, c, messages)

	inHand, finish := make(chan struct{}, messages), newGate()
	defer finish.open()
	startConsumer(t, c, 2, func(context.Context, ports.Delivery) ports.Verdict {
		inHand <- struct{}{}
		<-finish.opened
		return ports.Verdict{}
	})
	<-inHand
	<-inHand
	waitForBacklog(t, c, messages)
	finish.open()
	waitForBacklog(t, c, 0)
}

func surviveCrash(t *testing.T, b BrokerUnderTest) {
	crashing, other := b.Dial(t), b.Dial(t)
	require.NoError(t, other.Publish(t.Context(), numbered("m", 1)...))

	inHand, finish := make(chan struct{}), newGate()
	defer finish.open()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var lost sync.WaitGroup
	lost.Go(func() {
		// What a client without a connection returns is its own affair.
		_ = crashing.Consume(ctx, 1, func(context.Context, ports.Delivery) ports.Verdict {
			close(inHand)
			<-finish.opened
			return ports.Verdict{}
		})
	})
	<-inHand
	b.Crash(t, crashing)

	var got deliveries
	startConsumer(t, other, 1, got.acknowledge)
	waitUntil(t, "the message comes again", func() bool { return got.count() == 1 })
	assert.Equal(t, 2, got.all()[0].Attempt)
	waitForBacklog(t, other, 0)
	stop()
	finish.open()
	lost.Wait()
}

func keepVerdicts(t *testing.T, b BrokerUnderTest) {
	crashing, other := b.Dial(t), b.Dial(t)
	require.NoError(t, other.Publish(t.Context(), numbered("m", 4)...))
	var got deliveries
	stop, ended := startConsumer(t, crashing, 2, got.acknowledge)
	waitUntil(t, "every message is handled", func() bool { return got.distinct() == 4 })
	stop()
	<-ended
	b.Crash(t, crashing)
	waitForBacklog(t, other, 0)
}

func surviveRestart(t *testing.T, b BrokerUnderTest) {
	before := b.Dial(t)
	require.NoError(t, before.Publish(t.Context(), numbered("m", 20)...))
	var handled deliveries
	stop, ended := startConsumer(t, before, 1, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		// Two are acknowledged, and one is put off for longer than the broker lives.
		if handled.count() < 2 {
			return handled.acknowledge(ctx, d)
		}
		return ports.Verdict{Retry: true, After: b.Lease}
	})
	waitForBacklog(t, before, 18)
	stop()
	<-ended
	b.Restart(t)

	after := b.Dial(t)
	waitForBacklog(t, after, 18)
	var got deliveries
	startConsumer(t, after, 2, got.acknowledge)
	waitForBacklog(t, after, 0)
	assert.Equal(t, 18, got.distinct())
}

func resumeAfterOutage(t *testing.T, b BrokerUnderTest) {
	c := b.Dial(t)
	var got deliveries
	startConsumer(t, c, 2, got.acknowledge)
	require.NoError(t, c.Publish(t.Context(), numbered("before", 3)...))
	waitUntil(t, "messages are handled before the outage", func() bool { return got.distinct() == 3 })

	b.Outage(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		requireKind(t, fault.Unavailable, c.Publish(ctx, numbered("during", 1)...))
		_, err := c.Backlog(ctx)
		requireKind(t, fault.Unavailable, err)
	})

	waitUntil(t, "publishing works again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		return c.Publish(ctx, numbered("after", 3)...) == nil
	})
	waitUntil(t, "messages are handled after the outage", func() bool { return got.withPrefix("after") == 3 })
	waitForBacklog(t, c, 0)
}

// startConsumer consumes until stop is called or the test ends; ended is closed once Consume returned.
func startConsumer(t *testing.T, c BrokerClient, parallel int, handle func(context.Context, ports.Delivery) ports.Verdict) (stop context.CancelFunc, ended <-chan struct{}) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert.NoError(t, c.Consume(ctx, parallel, handle))
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return stop, done
}

// gate holds handlers back until it opens. A case defers that, so that a failing one ends too.
type gate struct {
	opened <-chan struct{}
	open   func()
}

func newGate() gate {
	c := make(chan struct{})
	return gate{c, sync.OnceFunc(func() { close(c) })}
}

// deliveries remembers what handlers were given.
type deliveries struct {
	mu   sync.Mutex
	list []ports.Delivery
}

func (d *deliveries) add(got ports.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, got)
}

func (d *deliveries) acknowledge(_ context.Context, got ports.Delivery) ports.Verdict {
	d.add(got)
	return ports.Verdict{}
}

func (d *deliveries) all() []ports.Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]ports.Delivery(nil), d.list...)
}

func (d *deliveries) count() int { return len(d.all()) }

func (d *deliveries) distinct() int { return d.withPrefix("") }

func (d *deliveries) withPrefix(prefix string) int {
	ids := map[string]bool{}
	for _, got := range d.all() {
		if strings.HasPrefix(got.ID, prefix) {
			ids[got.ID] = true
		}
	}
	return len(ids)
}

func numbered(prefix string, n int) []ports.Message {
	batch := make([]ports.Message, n)
	for i := range batch {
		id := fmt.Sprintf("%s-%d", prefix, i)
		batch[i] = ports.Message{ID: id, Kind: ports.KindChunk, Body: []byte(id)}
	}
	return batch
}

const brokerPatience = 30 * time.Second

func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, brokerPatience, 5*time.Millisecond, what)
}

func waitForBacklog(t *testing.T, c BrokerClient, want int) {
	t.Helper()
	var last int64
	var err error
	deadline := time.Now().Add(brokerPatience)
	for {
		if last, err = c.Backlog(t.Context()); err == nil && last == int64(want) {
			return
		}
		if time.Now().After(deadline) {
			require.FailNow(t, "the backlog does not get there", "want %d, last %d, error %v", want, last, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func requireKind(t *testing.T, want fault.Kind, err error) {
	t.Helper()
	require.Equal(t, want.String(), fault.KindOf(err).String(), "kind of error %v", err)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
