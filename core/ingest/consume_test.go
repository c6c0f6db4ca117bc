package ingest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/membroker"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/ports"
)

var quiet = slog.New(slog.DiscardHandler)

// ledger is a store that notes what it is asked for, and fails as it is told.
type ledger struct {
	mu         sync.Mutex
	applied    []string // run and chunk
	completed  []catalogue.Completion
	concluded  []catalogue.RunRef
	parked     map[string]parked
	suspects   map[string]int
	suspicions int
	onPark     func() error
	asked      int

	apply    func(context.Context) error // before a batch or a completion is taken
	conclude func(catalogue.RunRef) error
	parking  error
	ready    bool
	pending  []catalogue.RunRef
}

type parked struct {
	reason string
	run    *catalogue.RunRef
}

func newLedger() *ledger { return &ledger{parked: map[string]parked{}, suspects: map[string]int{}} }

func (l *ledger) enter(ctx context.Context) error {
	l.mu.Lock()
	l.asked++
	apply := l.apply
	l.mu.Unlock()
	if apply != nil {
		return apply(ctx)
	}
	return nil
}

func (l *ledger) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error) {
	if err := l.enter(ctx); err != nil {
		return catalogue.Outcome{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.applied = append(l.applied, fmt.Sprintf("%s/%d", b.Run, b.Chunk))
	return catalogue.Outcome{Ready: l.ready, Added: len(decide(catalogue.Standing{Current: true}))}, nil
}

func (l *ledger) Complete(ctx context.Context, c catalogue.Completion) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.completed = append(l.completed, c)
	return nil
}

func (l *ledger) Pending(context.Context) ([]catalogue.RunRef, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	return l.pending, l.parking
}

func (l *ledger) Conclude(_ context.Context, r catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (catalogue.Conclusion, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.concluded = append(l.concluded, r)
	if l.conclude != nil {
		if err := l.conclude(r); err != nil {
			return catalogue.Conclusion{}, err
		}
	}
	return catalogue.Conclusion{State: catalogue.Concluded, Ended: true, Verdict: judge(catalogue.Census{})}, nil
}

func (l *ledger) Suspect(_ context.Context, id string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parking != nil {
		return 0, l.parking
	}
	l.suspects[id]++
	l.suspicions++
	return l.suspects[id], nil
}

func (l *ledger) Absolve(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.suspects, id)
	return l.parking
}

func (l *ledger) Park(_ context.Context, d ports.Delivery, r *catalogue.RunRef, reason string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.onPark != nil {
		return l.onPark()
	}
	if l.parking != nil {
		return l.parking
	}
	l.parked[d.ID] = parked{reason, r}
	return nil
}

func (l *ledger) Parked(context.Context, int) ([]catalogue.Parked, error) { return nil, nil }

func (l *ledger) CountParked(context.Context) (int, error) { return 0, nil }

func (l *ledger) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// tray hands over deliveries one after the other, and keeps what is said of them.
type tray struct {
	deliveries []ports.Delivery
	verdicts   []ports.Verdict
}

func (r *tray) Consume(ctx context.Context, _ int, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	for _, d := range r.deliveries {
		r.verdicts = append(r.verdicts, handle(context.WithoutCancel(ctx), d))
	}
	return nil
}

func chunkMessage(number int) ports.Message {
	return ports.Message{
		ID: fmt.Sprintf("%s/%d", run, number), Kind: ports.KindChunk,
		Body: ingest.EncodeChunk(ingest.Chunk{Run: run, Number: number, TimeZone: "UTC", Records: []catalogue.Record{concert(1, "1", fmt.Sprint(number))}}),
	}
}

func completionMessage(t *testing.T, chunks int) ports.Message {
	t.Helper()
	body, err := json.Marshal(catalogue.Completion{Run: run, Chunks: chunks, ReadToEnd: true})
	require.NoError(t, err)
	return ports.Message{ID: run.String() + "/end", Kind: ports.KindCompletion, Body: body}
}

func delivery(m ports.Message, attempt int) ports.Delivery {
	return ports.Delivery{Message: m, Attempt: attempt}
}

// handled gives the consumer one delivery after the other.
func handled(t *testing.T, store *ledger, deliveries ...ports.Delivery) []ports.Verdict {
	t.Helper()
	r := &tray{deliveries: deliveries}
	require.NoError(t, ingest.NewConsumer(r, ingest.NewApplier(store), store, quiet).Run(t.Context(), 1))
	require.Len(t, r.verdicts, len(deliveries))
	return r.verdicts
}

var done = ports.Verdict{}

// TestFromTheFeedToTheCatalogue goes all the way, with a store that is real.
func TestFromTheFeedToTheCatalogue(t *testing.T) {
	clock := func() time.Time { return began.Add(time.Minute) }
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "catalogue.db"), Clock: clock})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	broker := membroker.New(100)
	ctx, stop := context.WithCancel(t.Context())
	var consumer sync.WaitGroup
	defer consumer.Wait()
	defer stop()
	consumer.Go(func() {
		assert.NoError(t, ingest.NewConsumer(broker, ingest.NewApplier(store), store, quiet).Run(ctx, 2))
	})
	fetch := func(number catalogue.RunNumber, records ...catalogue.Record) {
		t.Helper()
		_, err := ingest.NewFetcher(&feed{records: records}, broker).Fetch(t.Context(), source, catalogue.Begun{Run: catalogue.RunRef{Provider: "default", Number: number}})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			waiting, err := broker.Backlog(t.Context())
			return err == nil && waiting == 0
		}, 20*time.Second, time.Millisecond)
		feeds, err := store.Feeds(t.Context())
		require.NoError(t, err)
		require.Len(t, feeds, 1)
		require.Equal(t, catalogue.Concluded, feeds[0].Current.State)
		require.Equal(t, number, feeds[0].Current.Ref.Number)
	}
	available := func() map[string]bool {
		t.Helper()
		page, err := store.Search(t.Context(), catalogue.Query{Limit: 100})
		require.NoError(t, err)
		all := map[string]bool{}
		for _, e := range page.Events {
			all[e.Identity.Event] = e.Available
		}
		return all
	}
	bad := concert(3, "1", "3")
	bad.Event[2].Value = "2027-06-31T22:00:00"

	fetch(run.Number, concert(1, "1", "1"), concert(2, "1", "2"), bad)
	assert.Equal(t, map[string]bool{"1": true, "2": true}, available())
	rejections, err := store.Rejected(t.Context(), "default", 10)
	require.NoError(t, err)
	require.Len(t, rejections, 1)
	assert.Equal(t, catalogue.NoSuchDate, rejections[0].Reason)

	fetch(run.Number+1, concert(1, "1", "2"))
	assert.Equal(t, map[string]bool{"1": false, "2": true}, available(), "what left the feed stays in the catalogue")
	fetch(run.Number+2, concert(1, "1", "2"), concert(2, "1", "1"))
	assert.Equal(t, map[string]bool{"1": true, "2": true}, available())
}

func TestAMessageIsDone(t *testing.T) {
	t.Run("a chunk of a run that goes on", func(t *testing.T) {
		store := newLedger()
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(7), 1)))
		assert.Equal(t, []string{run.String() + "/7"}, store.applied)
		assert.Empty(t, store.concluded)
	})
	t.Run("the last chunk of a run", func(t *testing.T) {
		store := newLedger()
		store.ready = true
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(7), 1)))
		assert.Equal(t, []catalogue.RunRef{run}, store.concluded)
	})
	t.Run("a completion", func(t *testing.T) {
		store := newLedger()
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(completionMessage(t, 3), 1)))
		assert.Equal(t, []catalogue.Completion{{Run: run, Chunks: 3, ReadToEnd: true}}, store.completed)
		assert.Equal(t, []catalogue.RunRef{run}, store.concluded)
	})
	t.Run("although its run cannot be concluded now", func(t *testing.T) {
		store := newLedger()
		store.ready = true
		store.conclude = func(catalogue.RunRef) error { return fault.New(fault.Unavailable, "the store is away") }
		assert.Equal(t, []ports.Verdict{done, done}, handled(t, store, delivery(chunkMessage(7), 1), delivery(completionMessage(t, 3), 1)))
		assert.Empty(t, store.parked, "the sweeper will")
	})
	t.Run("at its second delivery", func(t *testing.T) {
		store := newLedger()
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(7), 2)))
		assert.Len(t, store.applied, 1)
		assert.Equal(t, 1, store.suspicions)
	})
}

func TestAMessageWithAFaultOfItsOwnIsParked(t *testing.T) {
	garbled := chunkMessage(1)
	garbled.Body = garbled.Body[:20]
	elsewhere := ports.Message{ID: "elsewhere", Kind: ports.KindChunk, Body: ingest.EncodeChunk(ingest.Chunk{Run: run, TimeZone: "Europe/Atlantis"})}
	says := func(err error) func(context.Context) error { return func(context.Context) error { return err } }
	tests := map[string]struct {
		message ports.Message
		apply   func(context.Context) error
		reason  string
		run     *catalogue.RunRef
	}{
		"a garbled chunk":         {garbled, nil, "unpack chunk", &run}, // its ID names it
		"a garbled completion":    {ports.Message{ID: "end", Kind: ports.KindCompletion, Body: []byte("{")}, nil, "read completion", nil},
		"an ID of another form":   {ports.Message{ID: "a/b/c", Kind: ports.KindChunk, Body: []byte("{")}, nil, "unpack chunk", nil},
		"a kind nobody knows":     {ports.Message{ID: "hello", Kind: "greeting", Body: []byte("hello")}, nil, `nobody knows the kind "greeting"`, nil},
		"a zone nobody knows":     {elsewhere, nil, "its time zone is unknown", &run},
		"it makes the store fall": {chunkMessage(1), func(context.Context) error { panic("index out of range") }, "panic: index out of range", &run},
		"so does a completion":    {completionMessage(t, 1), func(context.Context) error { panic("nil map") }, "panic: nil map", &run},
		"a run from the future":   {chunkMessage(1), says(&fault.Error{Kind: fault.Invalid, Code: catalogue.CodeFromTheFuture, Message: "6m0s ahead"}), "6m0s ahead", &run},
		"it cannot be found":      {completionMessage(t, 1), says(fault.New(fault.NotFound, "no such run")), "no such run", &run},
		"of another history":      {chunkMessage(1), says(fault.New(fault.Gone, "another history")), "another history", &run},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			store := newLedger()
			store.apply = tt.apply
			assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(tt.message, 1)))
			require.Len(t, store.parked, 1)
			got := store.parked[tt.message.ID]
			assert.Contains(t, got.reason, tt.reason)
			assert.Equal(t, tt.run, got.run)
			assert.NotContains(t, got.reason, "goroutine", "the stack is for the log")
		})
	}
}

func TestAFaultyMessageStopsNobody(t *testing.T) {
	store := newLedger()
	verdicts := handled(t, store, delivery(ports.Message{ID: "bad", Kind: ports.KindChunk}, 1), delivery(chunkMessage(1), 1))
	assert.Equal(t, []ports.Verdict{done, done}, verdicts)
	assert.Len(t, store.parked, 1)
	assert.Equal(t, []string{run.String() + "/1"}, store.applied)
}

func TestWhatTheStoreCannotExplainIsParkedAtLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		store.apply = func(context.Context) error { return errors.New("constraint failed") }
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(1), 1)))
		assert.Equal(t, 20, store.asked)
		assert.Contains(t, store.parked[chunkMessage(1).ID].reason, "constraint failed")
	})
}

func TestAMessageThatEndsItsConsumersIsParked(t *testing.T) {
	store := newLedger()
	tried := 0
	store.apply = func(context.Context) error {
		tried++
		runtime.Goexit() // as close to a crash as a test can come: nothing after it happens
		return nil
	}
	for attempt := 1; attempt <= 5; attempt++ {
		var crash sync.WaitGroup
		crash.Go(func() { handled(t, store, delivery(chunkMessage(1), attempt)) })
		crash.Wait()
		require.Empty(t, store.parked, "attempt %d", attempt)
	}
	require.Equal(t, 5, tried)
	assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(1), 6)))
	assert.Equal(t, 5, tried, "nobody tries it a sixth time")
	assert.Contains(t, store.parked[chunkMessage(1).ID].reason, "taken 5 times and never answered")
	assert.Equal(t, &run, store.parked[chunkMessage(1).ID].run)
}

func TestADoomedMessageIsNotTriedAgainWhileItCannotBeParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		store.suspects[chunkMessage(1).ID] = 4
		store.onPark = func() error {
			store.onPark = nil
			return fault.New(fault.Unavailable, "the disk is full")
		}
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(1), 6)))
		assert.Empty(t, store.applied, "it took its consumers down five times")
		assert.Len(t, store.parked, 1)
	})
}

func TestAnAnswerEndsAllSuspicion(t *testing.T) {
	store := newLedger()
	for attempt := 2; attempt <= 20; attempt++ { // its verdicts are lost, its consumers are well
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(1), attempt)))
	}
	assert.Empty(t, store.parked)
	assert.Len(t, store.applied, 19)
}

func TestIntakePausesWhileTheStoreIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker, store := membroker.New(10), newLedger()
		store.apply = func(context.Context) error { return fault.New(fault.Unavailable, "connection refused") }
		store.parking = fault.New(fault.Unavailable, "connection refused")
		require.NoError(t, broker.Publish(t.Context(), chunkMessage(0), chunkMessage(1), chunkMessage(2), completionMessage(t, 3), ports.Message{ID: "bad", Kind: ports.KindChunk}))
		ctx, stop := context.WithCancel(t.Context())
		var consumer sync.WaitGroup
		consumer.Go(func() {
			assert.NoError(t, ingest.NewConsumer(broker, ingest.NewApplier(store), store, quiet).Run(ctx, 2))
		})

		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Empty(t, store.applied)
		assert.Empty(t, store.parked)
		assert.Empty(t, store.suspects)
		assert.Less(t, store.asked, 2*(3600/5+10), "it is not asked all the time")
		assert.Greater(t, store.asked, 3600/5, "but now and then")
		waiting, err := broker.Backlog(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 5, waiting)

		store.set(func() { store.apply, store.parking = nil, nil })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Len(t, store.applied, 3, "each once")
		assert.Len(t, store.completed, 1)
		assert.Len(t, store.parked, 1, "only what is faulty itself")
		assert.Empty(t, store.suspects, "what waited in hand was never given back")
		waiting, err = broker.Backlog(t.Context())
		require.NoError(t, err)
		assert.Zero(t, waiting)
		stop()
		consumer.Wait()
	})
}

func TestAShortAbsenceIsNoticedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		began := time.Now()
		store.apply = func(context.Context) error {
			if time.Since(began) < time.Second {
				return fault.New(fault.Unavailable, "connection refused")
			}
			return nil
		}
		assert.Equal(t, []ports.Verdict{done}, handled(t, store, delivery(chunkMessage(1), 3)))
		assert.Less(t, time.Since(began), 2*time.Second)
		assert.Equal(t, 1, store.suspicions, "suspected once, however often it was tried")
	})
}

func TestStoppingWhileAMessageWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		store.apply = func(context.Context) error { return fault.New(fault.Unavailable, "connection refused") }
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		time.AfterFunc(time.Minute+time.Second, stop)
		began := time.Now()
		r := &tray{deliveries: []ports.Delivery{delivery(chunkMessage(1), 1)}}
		require.NoError(t, ingest.NewConsumer(r, ingest.NewApplier(store), store, quiet).Run(ctx, 1))
		assert.Equal(t, []ports.Verdict{{Retry: true}}, r.verdicts, "another consumer may take it at once")
		assert.Equal(t, time.Minute+time.Second, time.Since(began), "it does not wait any longer")
		assert.Empty(t, store.parked)
	})
}

func TestStoppingFinishesWhatIsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broker, store := membroker.New(10), newLedger()
		finish := make(chan struct{})
		store.apply = func(ctx context.Context) error {
			<-finish
			return ctx.Err()
		}
		require.NoError(t, broker.Publish(t.Context(), chunkMessage(0), chunkMessage(1)))
		ctx, stop := context.WithCancel(t.Context())
		var consumer sync.WaitGroup
		consumer.Go(func() {
			assert.NoError(t, ingest.NewConsumer(broker, ingest.NewApplier(store), store, quiet).Run(ctx, 1))
		})
		synctest.Wait()
		stop()
		synctest.Wait()
		close(finish)
		consumer.Wait()
		assert.Len(t, store.applied, 1)
		waiting, err := broker.Backlog(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, waiting, "the other one is somebody else's")
	})
}

func TestAMessageThatDoesNotEndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newLedger()
		store.apply = func(context.Context) error { time.Sleep(59 * time.Second); return nil }
		var log strings.Builder
		lines := slog.New(slog.NewTextHandler(&log, nil))
		take := func() {
			r := &tray{deliveries: []ports.Delivery{delivery(chunkMessage(1), 1)}}
			require.NoError(t, ingest.NewConsumer(r, ingest.NewApplier(store), store, lines).Run(t.Context(), 1))
		}
		take()
		assert.Empty(t, log.String())
		store.apply = func(context.Context) error { time.Sleep(61 * time.Second); return nil }
		take()
		synctest.Wait()
		assert.Contains(t, log.String(), "does not come to an end")
		assert.Contains(t, log.String(), chunkMessage(1).ID)
	})
}

func TestTheLogTellsWhatAPanicWas(t *testing.T) {
	var log strings.Builder
	store := newLedger()
	store.apply = func(context.Context) error { panic("index out of range") }
	r := &tray{deliveries: []ports.Delivery{delivery(chunkMessage(1), 1)}}
	require.NoError(t, ingest.NewConsumer(r, ingest.NewApplier(store), store, slog.New(slog.NewTextHandler(&log, nil))).Run(t.Context(), 1))
	assert.Contains(t, log.String(), "level=ERROR")
	assert.Contains(t, log.String(), chunkMessage(1).ID)
	assert.Contains(t, log.String(), "consume_test.go", "the stack")
}
