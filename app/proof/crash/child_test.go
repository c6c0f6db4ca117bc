package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// orders are what a process is started with that serves in a data folder. It hears further ones on its standard input, and
// says on its standard output what it comes by.
type orders struct {
	Dir, Feed string
	Trap      order
}

// order sets the trap: the process dies at a point of a run, 0 for any.
type order struct {
	kill
	Run     catalogue.RunNumber
	Refused bool // until then, the store refuses to conclude it
	Lingers bool // before it dies
}

// word is what a process says.
type word struct {
	Point point `json:",omitzero"` // it has come there
	Dies  bool  `json:",omitzero"` // and dies of it
	Set   bool  `json:",omitzero"` // the trap is set

	Kept     []string `json:",omitzero"` // ids of fleeting base events that the broker has
	Repeated bool     `json:",omitzero"` // a chunk had been applied before
	Late     bool     `json:",omitzero"` // a chunk of a run that is superseded was applied

	Standing *standing `json:",omitzero"`
}

// standing is how the provider's feed and the broker stand.
type standing struct {
	Run     catalogue.RunNumber
	State   catalogue.RunState
	Held    int
	Backlog int64
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	c, _, err := config.Load([]string{
		config.Prefix + "DATA_DIR=" + o.Dir, config.Prefix + "PROVIDER_URL=" + o.Feed, config.Prefix + "FETCH_INTERVAL=1s",
		config.Prefix + "HTTP_ADDR=127.0.0.1:0", config.Prefix + "ADMIN_ADDR=127.0.0.1:0", config.Prefix + "LOG_FORMAT=text",
	})
	if err != nil {
		return err
	}
	trap := &trap{order: o.Trap, news: make(chan struct{}, 1), out: json.NewEncoder(os.Stdout)}
	var feeds ports.FeedReader
	var backlog ports.Backlog
	life, end := context.WithCancel(context.Background())
	defer end()
	var watching sync.WaitGroup
	return prooftest.Serve(wiring.Settings{Config: c, Roles: wiring.AllRoles, Build: observability.Build{Version: "test"}},
		func() { watching.Go(func() { trap.watch(life, feeds, backlog) }) },
		func() {
			trap.obey(os.Stdin)
			end()
			watching.Wait()
		},
		trap.around(), fx.Populate(&feeds, &backlog))
}

// trap stands at the ports, says what comes by, and kills its own process where it was told to.
type trap struct {
	reading atomic.Int64  // the run that is being read, 0 for none
	news    chan struct{} // holds one: that a run was concluded

	mu    sync.Mutex
	order order
	out   *json.Encoder
}

func (t *trap) say(w word) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.out.Encode(w) // whoever does not listen any more kills this process
}

func (t *trap) pass(p point, run catalogue.RunNumber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	dies := false
	if t.order.Point == p && (t.order.Run == 0 || t.order.Run == run) {
		t.order.Nth--
		dies = t.order.Nth == 0
	}
	_ = t.out.Encode(word{Point: p, Dies: dies})
	if !dies {
		return
	}
	if t.order.Lingers {
		t.mu.Unlock()
		time.Sleep(lingering)
		t.mu.Lock()
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	panic(fmt.Sprintf("still alive: %v", err)) // with the lock, so that nothing goes on
}

// lingering is long enough for the broker, which writes down every tenth of a second who has what in hand.
const lingering = 600 * time.Millisecond

func (t *trap) refuses(run catalogue.RunNumber) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.order.Refused && t.order.Run == run
}

func (t *trap) obey(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var o order
		if json.Unmarshal(lines.Bytes(), &o) != nil {
			return
		}
		t.mu.Lock()
		t.order = o
		t.mu.Unlock()
		t.say(word{Set: true})
	}
}

// watchEvery is for what nothing here comes by. It costs more the shorter it is.
const watchEvery = 200 * time.Millisecond

// watch says how things stand, at once and whenever that has changed.
func (t *trap) watch(ctx context.Context, feeds ports.FeedReader, backlog ports.Backlog) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var last standing
	for ctx.Err() == nil {
		if now, err := look(ctx, feeds, backlog); err == nil && now != last {
			last = now
			t.say(word{Standing: &now})
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-t.news:
		}
	}
}

func look(ctx context.Context, feeds ports.FeedReader, backlog ports.Backlog) (s standing, err error) {
	all, err := feeds.Feeds(ctx)
	if err != nil {
		return s, err
	}
	for _, f := range all { // one at most
		s = standing{Run: f.Current.Ref.Number, State: f.Current.State, Held: f.Current.Held}
	}
	s.Backlog, err = backlog.Backlog(ctx)
	return s, err
}

func (t *trap) around() fx.Option {
	return fx.Decorate(
		func(next ports.Runs) ports.Runs { return runs{next, t} },
		func(next ports.Leases) ports.Leases { return leases{next, t} },
		func(next ingest.FeedReading) ingest.FeedReading { return readings{next, t} },
		func(next ports.Feed) ports.Feed { return feed{next, t} },
		func(next ports.Publisher) ports.Publisher { return publisher{next, t} },
		func(next ports.Intake) ports.Intake { return intake{next, t} },
		func(next ports.Ingester) ports.Ingester { return ingester{next, t} },
	)
}

type runs struct {
	ports.Runs
	trap *trap
}

func (r runs) Begin(ctx context.Context, s catalogue.Start) (catalogue.Begun, error) {
	begun, err := r.Runs.Begin(ctx, s)
	if err == nil {
		r.trap.pass(runBegun, begun.Run.Number)
	}
	return begun, err
}

type leases struct {
	ports.Leases
	trap *trap
}

func (l leases) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, held bool, err error) {
	fence, held, err = l.Leases.Acquire(ctx, name, holder, ttl)
	if run := l.trap.reading.Load(); held && run != 0 {
		l.trap.pass(renewed, catalogue.RunNumber(run))
	}
	return fence, held, err
}

// readings lets the provider know which run reads, so that it can say later what that run has read.
type readings struct {
	ingest.FeedReading
	trap *trap
}

const runParameter = "run"

func (r readings) Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error) {
	number := int64(run.Run.Number)
	r.trap.reading.Store(number)
	defer r.trap.reading.Store(0)
	s.URL += "?" + runParameter + "=" + strconv.FormatInt(number, 10)
	return r.FeedReading.Fetch(ctx, s, run)
}

type feed struct {
	ports.Feed
	trap *trap
}

func (f feed) Fetch(ctx context.Context, s catalogue.Source, since catalogue.Validators, each func(catalogue.Record) error) (catalogue.Receipt, error) {
	first := sync.OnceFunc(func() { f.trap.pass(firstRecord, catalogue.RunNumber(f.trap.reading.Load())) })
	return f.Feed.Fetch(ctx, s, since, func(r catalogue.Record) error {
		first()
		return each(r)
	})
}

type publisher struct {
	ports.Publisher
	trap *trap
}

func (p publisher) Publish(ctx context.Context, batch ...ports.Message) error {
	before, after := chunkOut, chunkDurable
	if batch[0].Kind == ports.KindCompletion {
		before, after = completionOut, completionDurable
	}
	run := runOf(batch[0])
	p.trap.pass(before, run)
	err := p.Publisher.Publish(ctx, batch...)
	if err == nil {
		if kept := fleetingIn(batch[0]); len(kept) > 0 {
			p.trap.say(word{Kept: kept})
		}
		p.trap.pass(after, run)
	}
	return err
}

// fleetingIn lists the fleeting events of a chunk.
func fleetingIn(m ports.Message) (ids []string) {
	if m.Kind != ports.KindChunk {
		return nil
	}
	chunk, err := ingest.DecodeChunk(m.Body)
	if err != nil {
		panic(err)
	}
	for _, r := range chunk.Records {
		if identity, _ := r.Identity(provider); isFleeting(identity) {
			ids = append(ids, identity.Base)
		}
	}
	return ids
}

// runOf reads the run out of a message's id, which is provider/run/part.
func runOf(m ports.Message) catalogue.RunNumber {
	parts := strings.Split(m.ID, "/")
	if len(parts) != 3 {
		panic("the id of a message names no run: " + m.ID)
	}
	number, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		panic(err)
	}
	return catalogue.RunNumber(number)
}

type intake struct {
	ports.Intake
	trap *trap
}

func (i intake) Consume(ctx context.Context, parallel int, handle func(context.Context, ports.Delivery) ports.Verdict) error {
	return i.Intake.Consume(ctx, parallel, func(ctx context.Context, d ports.Delivery) ports.Verdict {
		taken, done := chunkTaken, chunkDone
		if d.Kind == ports.KindCompletion {
			taken, done = completionTaken, completionDone
		}
		i.trap.pass(taken, runOf(d.Message))
		verdict := handle(ctx, d)
		if !verdict.Retry {
			i.trap.pass(done, runOf(d.Message))
		}
		return verdict
	})
}

type ingester struct {
	ports.Ingester
	trap *trap
}

func (i ingester) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error) {
	out, err := i.Ingester.Apply(ctx, b, func(s catalogue.Standing) []catalogue.Write {
		writes := decide(s)
		i.trap.pass(chunkDecided, b.Run.Number)
		return writes
	})
	if err == nil {
		if out.Repeated || out.Late {
			i.trap.say(word{Repeated: out.Repeated, Late: out.Late})
		}
		i.trap.pass(chunkCommitted, b.Run.Number)
	}
	return out, err
}

func (i ingester) Complete(ctx context.Context, c catalogue.Completion) error {
	err := i.Ingester.Complete(ctx, c)
	if err == nil {
		i.trap.pass(completionCommitted, c.Run.Number)
	}
	return err
}

func (i ingester) Pending(ctx context.Context) ([]catalogue.RunRef, error) {
	pending, err := i.Ingester.Pending(ctx)
	for _, r := range pending {
		i.trap.pass(swept, r.Number)
	}
	return pending, err
}

func (i ingester) Conclude(ctx context.Context, r catalogue.RunRef, judge func(catalogue.Census) catalogue.Verdict) (catalogue.Conclusion, error) {
	i.trap.pass(concluding, r.Number)
	if i.trap.refuses(r.Number) {
		return catalogue.Conclusion{}, fault.New(fault.Unavailable, "the store is away")
	}
	c, err := i.Ingester.Conclude(ctx, r, func(census catalogue.Census) catalogue.Verdict {
		verdict := judge(census)
		i.trap.pass(judged, r.Number)
		return verdict
	})
	if c.Ended {
		select {
		case i.trap.news <- struct{}{}:
		default:
		}
		i.trap.pass(concluded, r.Number)
	}
	return c, err
}
