package fleet

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/adapters/jetstream"
	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/core/catalogue"
)

// What is promised. A lease lasts ten seconds.
const (
	takeOverWithin = 15 * time.Second // from the death of the fetcher that leads to the first run of another
	visibleWithin  = time.Second      // from a commit to the answers of every API, on a machine that is the fleet's own
	busyMachine    = 5 * time.Second  // the same, where other tests go on beside it
	askedPerSecond = 20
)

// Processes that share a database and a broker are one service, while they die and come back.
func TestAFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("dies for half a minute")
	}
	t.Parallel()
	t.Logf("seed %d", *seed)
	f := newFleet(t)
	f.start()
	// The first deaths are those from which most follows.
	for i := 0; f.issue < *turns; i++ {
		f.turn([...]misfortune{fetcherDies, consumerDies, nothing}[i%3])
	}
	f.verify()
	account.add(f)
}

// wrong is how much some clocks are.
const wrong = time.Hour

// misfortune is what happens while the fleet reads an issue.
type misfortune string

const (
	nothing      misfortune = "nothing happens"
	fetcherDies  misfortune = "the fetcher that leads is killed in the middle of the feed, and a consumer with a chunk in hand"
	consumerDies misfortune = "a consumer is killed with a chunk in hand, and the run waits for it"
)

// fleet is two processes that answer, three that consume and two that fetch, and what is between them. One goroutine, the
// test's, does everything in it.
type fleet struct {
	t        *testing.T
	began    time.Time
	random   *rand.Rand
	database string
	environ  []string
	provider *provider
	store    *postgres.Store
	redis    string
	broker   *process
	backlog  *jetstream.Broker
	living   []*process
	dead     []*process
	client   *client
	loader   *loader
	observer *observer
	model    *model
	perChunk int // records
	issue    int // that was read last

	superseded                 int // runs that were
	fetchersKilled             int
	killed                     []stage // consumers, and how far they were
	takeOvers                  []time.Duration
	redelivered                []time.Duration // from the death of a consumer until what it had in hand was applied
	runs                       map[catalogue.RunState]int
	events                     int
	entries                    map[catalogue.ChangeKind]int
	late, again                int
	longestVisible, p99Visible time.Duration
	answered                   int64
	shared                     int // answers that were found in Redis
	longestAnswer, took        time.Duration
	waited                     int // beginnings of runs that waited for a chunk of the one before
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{
		t: t, began: time.Now(), random: rand.New(rand.NewPCG(*seed, 0)), model: newModel(),
		provider: newProvider(t, programme{seed: *seed, events: *size}), client: newClient(t, apitest.Transport(t, &http.Transport{})),
	}
	f.database = newDatabase(t)
	f.broker = begin(t, orders{Name: "broker", Broker: t.TempDir()})
	f.redis = newRedis(t)
	f.environ = []string{
		"MARQUEE_DATABASE_URL=" + f.database, "MARQUEE_BROKER_URL=" + f.broker.isReady().Broker, "MARQUEE_PROVIDER_URL=" + f.provider.URL,
		"MARQUEE_REDIS_URL=" + f.redis,
		"MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_RATE_LIMIT_RPS=0", "MARQUEE_LOG_FORMAT=text",
		"MARQUEE_CONSUMERS=1", // so that who dies has one chunk in hand
		// A run is waited for ten times as long, which is longer than the 15 s after which the broker gives what a
		// dead consumer had in hand to another one.
		"MARQUEE_FETCH_INTERVAL=2500ms",
	}
	for _, o := range []orders{
		{Name: "api-1", Roles: wiring.Roles{API: true}},
		{Name: "api-2", Roles: wiring.Roles{API: true}, InStore: true},
		{Name: "api-3", Roles: wiring.Roles{API: true}, InStore: true},
		{Name: "consumer-1", Roles: wiring.Roles{Consume: true}},
		{Name: "consumer-2", Roles: wiring.Roles{Consume: true}, Ahead: wrong},
		{Name: "consumer-3", Roles: wiring.Roles{Consume: true}, Ahead: -wrong},
		{Name: "fetcher-1", Roles: wiring.Roles{Fetch: true}},
		{Name: "fetcher-2", Roles: wiring.Roles{Fetch: true}, Ahead: wrong},
	} {
		f.begin(o)
	}
	t.Cleanup(f.stop)
	var apis []string
	for _, p := range f.living {
		if r := p.isReady(); r.API != "" && p.orders.Roles.API {
			apis = append(apis, r.API)
		}
	}
	require.Len(t, apis, 3)
	f.store = openStore(t, f.database)
	f.backlog = newBacklog(t, f.broker.isReady().Broker)
	f.loader = load(t, f.client, askedPerSecond, apis...)
	f.observer = &observer{t: t, store: f.store, apis: apis}
	return f
}

func (f *fleet) begin(o orders) {
	f.t.Helper()
	o.Environ = append(slices.Clone(f.environ), "MARQUEE_DATA_DIR="+f.t.TempDir())
	if o.InStore {
		o.Environ = append(o.Environ, "MARQUEE_SEARCH_INDEX=store")
	}
	f.living = append(f.living, begin(f.t, o))
}

// restart starts those again that were killed.
func (f *fleet) restart() {
	f.t.Helper()
	for _, p := range f.dead {
		f.begin(p.orders)
	}
	for _, p := range f.living[len(f.living)-len(f.dead):] {
		p.isReady()
	}
	f.dead = nil
}

// stop ends all of them at once, in order.
func (f *fleet) stop() {
	f.t.Helper()
	for _, p := range f.living {
		p.Finish()
	}
	for _, p := range f.living {
		p.stop()
	}
	f.living = nil
}

func (f *fleet) kill(p *process) (when time.Time) {
	f.t.Helper()
	f.living = slices.DeleteFunc(f.living, func(q *process) bool { return q == p })
	f.dead = append(f.dead, p)
	when = p.kill()
	f.late, f.again = f.late+len(p.late), f.again+p.again
	return when
}

func (f *fleet) consumers() []*process { return f.with(func(r wiring.Roles) bool { return r.Consume }) }
func (f *fleet) fetchers() []*process  { return f.with(func(r wiring.Roles) bool { return r.Fetch }) }

func (f *fleet) with(role func(wiring.Roles) bool) (some []*process) {
	for _, p := range f.living {
		if role(p.orders.Roles) {
			some = append(some, p)
		}
	}
	return some
}

// start waits for the first issue, and learns from it how large chunks are.
func (f *fleet) start() {
	f.t.Helper()
	f.observer.watch(1)()
	f.ends(1)
	for _, p := range f.fetchers() {
		for _, c := range look(p, func(p *process) []published { return p.published }) {
			f.perChunk = max(f.perChunk, len(c.Bases))
		}
	}
	f.t.Logf("the first issue: %s", time.Since(f.began).Round(time.Millisecond))
}

// turn has the provider bring out its next issue, and waits until a run has read it and is concluded, and all of it can be
// seen, whatever happens meanwhile.
func (f *fleet) turn(m misfortune) {
	f.t.Helper()
	began := time.Now()
	issue := 0
	switch m {
	case nothing:
		issue = f.provider.turn(0)
		f.observer.watch(issue)()
	case fetcherDies:
		issue = f.loseFetcher()
	case consumerDies:
		issue = f.loseConsumer()
	}
	f.ends(issue)
	f.t.Logf("issue %d, %s: %s", issue, m, time.Since(began).Round(time.Millisecond))
}

// ends waits until the run that has read an issue is concluded, and holds the answers against the model.
func (f *fleet) ends(issue int) {
	f.t.Helper()
	f.issue = issue
	f.concluded(issue)
	f.model.read(issue, f.provider.programme.issue(issue))
	f.restart()
	f.answersAgree()
}

// of is the run that has read an issue first.
func (f *fleet) of(issue int) catalogue.RunRef {
	f.t.Helper()
	var all []reading
	until(f.t, "somebody reads the issue", func() bool {
		all = f.provider.after(issue)
		return len(all) > 0
	})
	return catalogue.RunRef{Provider: providerID, Number: all[0].run}
}

// run is how a run stands. One that nobody has announced yet has no chunks.
func (f *fleet) run(r catalogue.RunRef) catalogue.Run {
	f.t.Helper()
	found, err := f.store.Run(f.t.Context(), r)
	require.NoError(f.t, err)
	return found
}

// concluded waits until the run that has read an issue is.
func (f *fleet) concluded(issue int) {
	f.t.Helper()
	r := f.of(issue)
	var run catalogue.Run
	until(f.t, "the run is concluded", func() bool {
		run = f.run(r)
		return !run.State.Open()
	})
	require.Equal(f.t, catalogue.Concluded, run.State, "the run that has read issue %d", issue)
	require.Zero(f.t, run.Held, "no issue takes so much away")
	require.Len(f.t, f.provider.after(issue), 1, "issue %d was read more than once", issue)
}

// settled waits until nothing is left in the broker.
func (f *fleet) settled() {
	f.t.Helper()
	until(f.t, "nothing waits in the broker", func() bool {
		waiting, err := f.backlog.Backlog(f.t.Context())
		require.NoError(f.t, err)
		return waiting == 0
	})
	f.model.settled()
}

// casting is who has a chunk of the next run in hand, and how far each is with it.
type casting struct {
	dying, slow *process
	others      []*process
	stage       stage // of the one that dies; the others are in their transactions
}

// cast draws who is to die, and has every consumer stop at a point of the next chunk that it gets of a run that is still to come.
func (f *fleet) cast() casting {
	f.t.Helper()
	all := f.consumers()
	f.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	c := casting{dying: all[0], slow: all[1], others: all[2:], stage: f.nextStage()}
	last := f.lastRun()
	c.dying.tell(order{Hold: c.stage, After: last})
	for _, p := range all[1:] {
		p.tell(order{Hold: decided, After: last})
	}
	return c
}

// nextStage is how far the next consumer that dies will be.
func (f *fleet) nextStage() stage { return stages[len(f.killed)%len(stages)] }

// lastRun is the last that has asked for the feed.
func (f *fleet) lastRun() catalogue.RunNumber {
	book := f.provider.book()
	return book[len(book)-1].run
}

// holds waits until everybody has a chunk of the run in hand, and lets the others go on with theirs.
func (f *fleet) holds(c casting, r catalogue.RunRef) (dying part) {
	f.t.Helper()
	for _, p := range append([]*process{c.dying, c.slow}, c.others...) {
		until(f.t, p.orders.Name+" has a chunk in hand", func() bool {
			held := look(p, func(p *process) []part { return p.holds })
			return len(held) > 0 && held[len(held)-1].Run == r.Number
		})
	}
	for _, p := range c.others {
		p.tell(order{Release: true})
	}
	held := look(c.dying, func(p *process) []part { return p.holds })
	return held[len(held)-1]
}

// loseConsumer kills the first consumer that has a chunk of an issue in hand. The run waits for that chunk.
//
// Nobody else is kept from going on: who waits to be alone with the provider, a late chunk or the completion, keeps others
// away while somebody is in a transaction.
func (f *fleet) loseConsumer() (issue int) {
	f.t.Helper()
	stage, last := f.nextStage(), f.lastRun()
	for _, p := range f.consumers() {
		p.tell(order{Hold: stage, After: last})
	}
	issue = f.provider.turn(0)
	wait := f.observer.watch(issue)
	var dying *process
	until(f.t, "a consumer has a chunk in hand", func() bool {
		for _, p := range f.consumers() {
			if held := look(p, func(p *process) []part { return p.holds }); len(held) > 0 && held[len(held)-1].Run > last {
				dying = p
			}
		}
		return dying != nil
	})
	when := f.kill(dying)
	f.killed = append(f.killed, stage)
	for _, p := range f.consumers() {
		p.tell(order{Release: true})
	}
	wait()
	f.settled()
	f.redelivered = append(f.redelivered, time.Since(when))
	return issue
}

// loseFetcher kills the fetcher that leads when it has published a part of the feed, and with it a consumer that has a chunk of that in hand.
// Another consumer still has one in its transaction when the other fetcher takes over. The feed has moved on by then.
func (f *fleet) loseFetcher() (next int) {
	f.t.Helper()
	c := f.cast()
	complete := *size/f.perChunk - 1 // chunks before the feed pauses; some records more fill no chunk
	issue := f.provider.turn(complete*f.perChunk + f.perChunk/3)
	var pausing *reading
	until(f.t, "the provider pauses", func() bool {
		pausing = f.provider.pausing()
		return pausing != nil
	})
	r := catalogue.RunRef{Provider: providerID, Number: pausing.run}
	leader := f.fetchers()[slices.IndexFunc(f.fetchers(), func(p *process) bool { return p.orders.Name == pausing.by })]
	late := f.holds(c, r)
	left := complete - 2
	if c.stage == committed {
		left, late = complete-1, part{}
	}
	of := func() (chunks []published) {
		for _, c := range look(leader, func(p *process) []published { return p.published }) {
			if c.Run == r.Number {
				chunks = append(chunks, c)
			}
		}
		return chunks
	}
	until(f.t, "all that can be published is", func() bool { return len(of()) == complete })
	until(f.t, "only what is in hand is left", func() bool { return f.run(r).Applied == left })

	when := f.kill(leader)
	f.kill(c.dying)
	f.killed = append(f.killed, c.stage)
	f.fetchersKilled++
	f.superseded++
	f.inTime(issue, of(), late)
	next = f.provider.turn(0)

	other := f.fetchers()[0]
	var first beginning
	begun := func() bool {
		for _, b := range look(other, func(p *process) []beginning { return p.begun }) {
			if b.when.After(when) {
				first = b
				return true
			}
		}
		return false
	}
	until(f.t, "the next run waits for a chunk of the last one", func() bool {
		require.False(f.t, begun(), "a run has begun while a chunk of the one before was being applied")
		return query(f.t, f.database, "SELECT count(*)::text FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted")[0] != "0"
	})
	f.waited++
	c.slow.tell(order{Release: true})
	until(f.t, "another fetcher leads", begun)
	wait := f.observer.watch(next)
	took := first.when.Sub(when)
	f.takeOvers = append(f.takeOvers, took)
	assert.Less(f.t, took, takeOverWithin, "from the death of the fetcher that led to the first run of the other")
	wait()
	return next
}

// inTime tells the model what was applied of an issue that was not read to its end, and what may come at any time.
func (f *fleet) inTime(issue int, chunks []published, late part) {
	f.t.Helper()
	by := map[string]listed{}
	for _, l := range f.provider.programme.issue(issue) {
		by[l.base] = l
	}
	listings := func(c published) (all []listed) {
		for _, base := range c.Bases {
			all = append(all, by[base])
		}
		return all
	}
	for _, c := range chunks {
		if c.part != late {
			f.model.take(issue, listings(c))
		}
	}
	for _, c := range chunks {
		if c.part == late {
			f.model.comesLate(issue, listings(c))
		}
	}
}

// answersAgree holds what every API says of everything against the model. They have to say it in the same bytes.
func (f *fleet) answersAgree() {
	f.t.Helper()
	want, awaited := f.model.answers()
	var bodies [][]byte
	ask := func() (differ func()) {
		bodies = nil
		for _, api := range f.observer.apis {
			body, err := f.client.search(f.t.Context(), api, everything)
			require.NoError(f.t, err)
			got, err := answered(body)
			require.NoError(f.t, err)
			for id := range awaited {
				if _, came := got[id]; !came {
					got[id] = want[id]
				}
			}
			bodies = append(bodies, body)
			if !maps.Equal(want, got) {
				return func() { prooftest.Same(f.t, "what "+api+" answers against the model", want, got) }
			}
		}
		if !bytes.Equal(bodies[0], bodies[1]) {
			return func() { f.t.Error("the APIs give different answers") }
		}
		return nil
	}
	deadline := time.Now().Add(f.bound())
	differ := ask()
	for ; differ != nil && time.Now().Before(deadline); differ = ask() {
		time.Sleep(20 * time.Millisecond)
	}
	if differ != nil {
		differ()
	}
}

func (f *fleet) bound() time.Duration {
	if *shown {
		return visibleWithin
	}
	return busyMachine
}

// verify looks at what is left after all turns.
func (f *fleet) verify() {
	f.t.Helper()
	f.settled()
	f.answersAgree()
	f.loader.stop()
	f.answered, f.longestAnswer = f.loader.asked.Load(), f.loader.longest
	assert.Positive(f.t, f.answered)
	f.shared = hits(f.t, f.redis)
	assert.Positive(f.t, f.shared, "answers that one API has made for another")
	f.clocksDiffer()
	parked, err := f.store.Parked(f.t.Context(), 10)
	require.NoError(f.t, err)
	assert.Empty(f.t, parked)

	f.longestVisible, f.p99Visible = f.observer.worst()
	assert.Less(f.t, f.longestVisible, f.bound(), "from a commit until every API answers with it")
	f.led()
	f.recorded()
	book := map[catalogue.RunNumber]int{}
	for _, r := range f.provider.book() {
		issue, again := book[r.run]
		assert.False(f.t, again && issue != r.issue, "run %d has read two issues", r.run)
		book[r.run] = r.issue
	}
	f.entries = f.model.agrees(f.t, f.store, book)
	f.events = len(f.model.events)
	for _, p := range f.consumers() {
		f.late += len(look(p, func(p *process) []part { return p.late }))
		f.again += look(p, func(p *process) int { return p.again })
	}
	f.stop()
	f.took = time.Since(f.began)
}

// clocksDiffer makes sure that the clocks are wrong where they are meant to be, by what the processes themselves were given
// and by what they tell operators.
func (f *fleet) clocksDiffer() {
	f.t.Helper()
	for _, p := range f.living {
		r := p.isReady()
		body, err := f.client.get(f.t.Context(), "http://"+r.Admin+"/status")
		require.NoError(f.t, err)
		var status struct{ At time.Time }
		require.NoError(f.t, json.Unmarshal(body, &status))
		assert.WithinDuration(f.t, time.Now().Add(p.orders.Ahead), status.At, time.Minute, "the clock of %s, as it tells", p.orders.Name)
		assert.WithinRange(f.t, r.Clock, f.began.Add(p.orders.Ahead-time.Second), time.Now().Add(p.orders.Ahead), "the clock of %s, as it started", p.orders.Name)
	}
}

// led makes sure that one fetcher read at a time, and another only where that one was killed.
func (f *fleet) led() {
	f.t.Helper()
	changes, leader, last := 0, "", catalogue.RunNumber(0)
	for _, r := range f.provider.book() {
		assert.GreaterOrEqual(f.t, r.run, last, "the numbers of runs go up")
		if leader != "" && r.by != leader {
			changes++
		}
		leader, last = r.by, r.run
	}
	assert.Equal(f.t, f.fetchersKilled, changes, "how often another fetcher led")
}

// recorded makes sure that all times of runs are the database's, whoever wrote them, and that each run came to its end.
func (f *fleet) recorded() {
	f.t.Helper()
	runs, err := f.store.Runs(f.t.Context(), providerID, 1000)
	require.NoError(f.t, err)
	f.runs = map[catalogue.RunState]int{}
	const truncated = time.Millisecond
	for i, r := range runs {
		f.runs[r.State]++
		if i == 0 && r.State.Open() {
			continue // it is being read
		}
		assert.Contains(f.t, []catalogue.RunState{catalogue.Concluded, catalogue.Superseded}, r.State, "run %d", r.Ref.Number)
		last := f.began.Add(-truncated)
		for _, at := range []time.Time{r.Ref.Number.Time(), r.BegunAt, r.AnnouncedAt, r.EndedAt} {
			if r.State == catalogue.Superseded && at.IsZero() {
				continue
			}
			assert.WithinRange(f.t, at, last, time.Now(), "a time of run %d, which is %s", r.Ref.Number, r.State)
			last = at
		}
	}
	assert.Equal(f.t, f.superseded, f.runs[catalogue.Superseded], "runs that were superseded")
}
