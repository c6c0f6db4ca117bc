package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// orders are what a process of the fleet is started with. It hears further ones on its standard input, and says on its standard
// output what it comes by.
type orders struct {
	Name    string
	Broker  string   // the folder of a broker, which the process then is
	Command []string // a program that the process runs, and ends when it is to stop
	Roles   wiring.Roles
	InStore bool // it searches in the store, and shares its answers
	Environ []string
	Ahead   time.Duration // how much its clock is ahead
}

// order is for a process that consumes.
type order struct {
	Hold    stage               // stop at this point of the next chunk, and keep that in hand
	After   catalogue.RunNumber // of a run later than this one
	Release bool                // go on, and stop at none
}

// stage is how far the work on a chunk has come.
type stage string

const (
	taken     stage = "taken, its transaction has not begun"
	decided   stage = "in its transaction"
	committed stage = "committed, not acknowledged"
)

var stages = []stage{taken, decided, committed}

// word is what a process says.
type word struct {
	Ready     *ready              `json:",omitzero"`
	Heard     bool                `json:",omitzero"` // the order
	Begun     catalogue.RunNumber `json:",omitzero"` // a run, by this process
	Published *published          `json:",omitzero"`
	Holds     *part               `json:",omitzero"` // it is in hand, until it is released or killed
	Again     bool                `json:",omitzero"` // a chunk had been applied before
	Late      *part               `json:",omitzero"` // it was applied after its run was superseded
}

// ready says that a process has started.
type ready struct {
	Broker     string    // its URL
	API, Admin string    // addresses
	Clock      time.Time // of the process, as its parts are given it
}

// part is a chunk of a run.
type part struct {
	Run   catalogue.RunNumber
	Chunk int
}

// published is a chunk that the broker has.
type published struct {
	part
	Bases []string // ids of the base events in it
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	m := &mouth{out: json.NewEncoder(os.Stdout)}
	if o.Broker != "" {
		return prooftest.ServeBroker(o.Broker, func(url string) { m.say(word{Ready: &ready{Broker: url, Clock: time.Now()}}) })
	}
	if len(o.Command) > 0 {
		return liveBeside(o, m)
	}
	c, unknown, err := config.Load(o.Environ)
	if err != nil || len(unknown) > 0 {
		return fmt.Errorf("configuration: %w, and unknown are %v", err, unknown)
	}
	grip := &grip{mouth: m, released: make(chan struct{})}
	var at *wiring.Addresses
	var clock func() time.Time
	return prooftest.Serve(wiring.Settings{Config: c, Roles: o.Roles, Build: observability.Build{Version: "test"}},
		func() {
			m.say(word{Ready: &ready{API: at.Of(wiring.PublicAPI), Admin: at.Of(wiring.Admin), Clock: clock()}})
		},
		func() { grip.obey(os.Stdin) },
		fx.Decorate(
			func(clock func() time.Time) func() time.Time {
				return func() time.Time { return clock().Add(o.Ahead) }
			},
			func(next ports.Runs) ports.Runs { return runs{next, m} },
			func(next ports.Publisher) ports.Publisher { return publisher{next, m} },
			func(next ports.Ingester) ports.Ingester { return ingester{next, grip} },
			func(next ingest.FeedReading) ingest.FeedReading { return readings{next, o.Name} },
		),
		fx.Populate(&at, &clock))
}

// liveBeside lives as long as a program, which says in its log how it comes along. The program ends when the input does, so it
// never outlives the test.
func liveBeside(o orders, m *mouth) error {
	program := exec.Command(o.Command[0], o.Command[1:]...)
	program.Env = o.Environ
	log, err := program.StderrPipe()
	if err != nil {
		return err
	}
	if err := program.Start(); err != nil {
		return err
	}
	go func() {
		prooftest.Told()
		_ = program.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	}()
	r := ready{Clock: time.Now()}
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		_, _ = os.Stderr.Write(line)
		if err != nil {
			return program.Wait()
		}
		var entry struct{ Msg, What, Address string }
		_ = json.Unmarshal(line, &entry) // what is none says nothing
		switch {
		case entry.Msg == "listening" && entry.What == wiring.PublicAPI:
			r.API = entry.Address
		case entry.Msg == "listening" && entry.What == wiring.Admin:
			r.Admin = entry.Address
		case entry.Msg == "ready":
			m.say(word{Ready: &r})
		}
	}
}

// mouth says one word after the other.
type mouth struct {
	mu  sync.Mutex
	out *json.Encoder
}

func (m *mouth) say(w word) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.out.Encode(w) // whoever does not listen any more ends this process
}

type runs struct {
	ports.Runs
	mouth *mouth
}

func (r runs) Begin(ctx context.Context, s catalogue.Start) (catalogue.Begun, error) {
	begun, err := r.Runs.Begin(ctx, s)
	if err == nil {
		r.mouth.say(word{Begun: begun.Run.Number})
	}
	return begun, err
}

// readings lets the provider know which run of which process reads.
type readings struct {
	ingest.FeedReading
	name string
}

const (
	runParameter  = "run"
	nameParameter = "by"
)

func (r readings) Fetch(ctx context.Context, s catalogue.Source, run catalogue.Begun) (ingest.Fetched, error) {
	s.URL += "?" + runParameter + "=" + strconv.FormatInt(int64(run.Run.Number), 10) + "&" + nameParameter + "=" + r.name
	return r.FeedReading.Fetch(ctx, s, run)
}

type publisher struct {
	ports.Publisher
	mouth *mouth
}

func (p publisher) Publish(ctx context.Context, batch ...ports.Message) error {
	if err := p.Publisher.Publish(ctx, batch...); err != nil {
		return err
	}
	for _, m := range batch {
		if m.Kind != ports.KindChunk {
			continue
		}
		chunk, err := ingest.DecodeChunk(m.Body)
		if err != nil {
			return err
		}
		of := published{part: part{chunk.Run.Number, chunk.Number}}
		for _, r := range chunk.Records {
			base, _ := r.Base.Get(catalogue.BaseID)
			of.Bases = append(of.Bases, base)
		}
		p.mouth.say(word{Published: &of})
	}
	return nil
}

// grip keeps a chunk in hand where it was told to.
type grip struct {
	mouth *mouth

	mu       sync.Mutex
	order    order
	released chan struct{}
}

func (g *grip) obey(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var o order
		if json.Unmarshal(lines.Bytes(), &o) != nil {
			break
		}
		g.set(o)
		g.mouth.say(word{Heard: true})
	}
	g.set(order{Release: true}) // so that it can stop
}

func (g *grip) set(o order) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.order = o
	if o.Release {
		close(g.released)
		g.released = make(chan struct{})
	}
}

func (g *grip) pass(s stage, p part) {
	g.mu.Lock()
	released, holds := g.released, g.order.Hold == s && p.Run > g.order.After
	if holds {
		g.order = order{}
	}
	g.mu.Unlock()
	if holds {
		g.mouth.say(word{Holds: &p})
		<-released
	}
}

type ingester struct {
	ports.Ingester
	grip *grip
}

func (i ingester) Apply(ctx context.Context, b catalogue.Batch, decide catalogue.Decide) (catalogue.Outcome, error) {
	p := part{b.Run.Number, b.Chunk}
	i.grip.pass(taken, p)
	out, err := i.Ingester.Apply(ctx, b, func(s catalogue.Standing) []catalogue.Write {
		writes := decide(s)
		i.grip.pass(decided, p)
		return writes
	})
	if err != nil {
		return out, err
	}
	i.grip.pass(committed, p)
	if out.Late {
		i.grip.mouth.say(word{Late: &p})
	} else if out.Repeated {
		i.grip.mouth.say(word{Again: true})
	}
	return out, nil
}
