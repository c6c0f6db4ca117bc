package observe

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/observability/alerts"
	"github.com/marquee-events/marquee/observability/dashboards"
)

// Every alert, every query of every rule and of every panel.
func TestSomebodyIsToldOfEverything(t *testing.T) {
	if !*all {
		t.Skip("takes a quarter of an hour: make proof-observe")
	}
	w := newTown(t)
	o := newOnCall(t, 10*time.Second, w.collector.URL())
	for _, m := range []*marquee{w.api, w.memory, w.fetch, w.consumer} {
		o.prometheus.watch(t, m.address())
	}
	queries := watchQueries(t, o.prometheus)
	askAll(t, w.api.api, 4, 20*time.Millisecond)
	prooftest.Until(t, "the feed is in the catalogue", func() bool {
		n, err := o.prometheus.count(t.Context(), `marquee:feed_age:seconds < 3 and on () sum(marquee_feed_events{state="available"}) > 100`)
		return err == nil && n == 1
	})
	for _, f := range w.faults(o) {
		if strings.Contains(f.what, *some) {
			o.prove(f)
		}
	}
	if *some != "" {
		return
	}
	for rule := range o.proven {
		if isSlow(rule) {
			o.recovers("at the end", rule)
		}
	}
	o.ends()
	for _, a := range alerts.All() {
		if a.Severity != alerts.None {
			assert.True(t, o.proven[ruleName(map[string]string{"alertname": a.Name, "burn": a.Burn})], "nothing was done that %s %s is for", a.Name, a.Burn)
		}
	}
	queries.stop()
	assert.Empty(t, queries.silent(), "queries that never answered anything")
	t.Logf("%d queries of rules and panels, each answered", len(queries.answered))
}

// faults are what is done to the town, in an order in which one does not hide the next.
func (w *town) faults(o *onCall) []fault {
	t, none := w.t, func() {}
	const disk = 256 << 20
	var hard *load
	var busy, single *marquee
	var empty, clocks func()
	return []fault{
		{
			what: "records of the feed are malformed", do: w.feed.misbehaves("malformed_records"), undo: w.feed.Behave,
			told: []string{"RecordsRejected"},
		},
		{
			what: "half of the feed is gone, then it fails",
			do: func() {
				w.feed.misbehaves("half_gone")()
				prooftest.Until(t, "a withdrawal is held", func() bool {
					n, err := o.prometheus.count(t.Context(), `marquee_feed_withdrawals_held > 0`)
					return err == nil && n > 0
				})
				w.feed.misbehaves("server_error")() // three readings that agree would be believed
			},
			undo: w.feed.Behave, told: []string{"WithdrawalHeld", "ProviderDown"}, kept: []string{"FeedBreakerOpen"},
		},
		{
			what: "the consumer hangs", do: w.consumer.Freeze, undo: w.consumer.Thaw,
			told: []string{"CatalogueFrozen", "InstanceDown", "RoleAbsent", "BacklogOld"},
		},
		{
			what: "readings of yesterday and of tomorrow",
			do: func() {
				hours := 0
				clocks = repeated(t, time.Second, func() {
					hours++
					w.reads(time.Now().Add(time.Duration(-hours) * time.Hour))
					w.reads(time.Now().Add(time.Duration(hours) * time.Hour))
				})
			},
			undo: func() {
				clocks()
				prooftest.Until(t, "all of it is parked", func() bool {
					n, err := o.prometheus.count(t.Context(), `marquee_backlog_messages == 0`)
					return err == nil && n > 0
				})
				command(t, w.settings, "parked", "drop", "--all")
			},
			told: []string{"EventsSkippedAsOld", "RunFromTheFuture", "MessagesParked"},
		},
		{
			what: "the broker is cut off", do: w.brokerWay.cut, undo: w.brokerWay.join,
			told: []string{"CatalogueFrozen", "DependencyDown"},
		},
		{
			what: "Teams refuses messages, and the provider fails",
			do: func() {
				o.receivers.refused.Store(true)
				w.feed.misbehaves("server_error")()
			},
			undo: func() {
				w.feed.Behave()
				o.receivers.refused.Store(false)
			},
			told: []string{"AlertsUndelivered"},
		},
		{what: "Redis is killed", do: w.redis.Kill, undo: w.redis.Start, told: []string{"RedisBreakerOpen"}},
		{what: "the collector is killed", do: w.collector.Kill, undo: w.collector.Start, told: []string{"TelemetryLost", "WatcherDown"}},
		{
			what: "the way to PostgreSQL is slow, and many ask",
			do: func() {
				w.network.slow(25 * time.Millisecond) // a search takes five ways there and back
				hard = askAll(t, w.api.api, 24, 10*time.Millisecond)
			},
			undo: func() {
				w.network.slow(0)
				hard.stop()
			},
			told: []string{"SearchLatencyBurn fast", "SearchLatencyBurn medium", "PoolExhausted"}, kept: []string{"SearchLatencySlowBurn slow"},
		},
		{
			what: "PostgreSQL is killed", do: w.postgres.Kill, undo: w.postgres.Start,
			told: []string{"SearchAvailabilityBurn fast", "SearchAvailabilityBurn medium", "DependencyDown"},
			kept: []string{"SearchAvailabilitySlowBurn slow", "AnswersStale", "ChangesNotFollowed", "IndexBehind"},
		},
		{what: "somebody writes into the database past the log", do: w.writesPast, undo: none, told: []string{"IndexWrong"}},
		{
			what: "a catalogue that is too large for the index",
			do: func() {
				single = startMarquee(t, "api,fetch,consume", "MARQUEE_PROVIDER_URL="+newProvider(t, 100_000).url, "MARQUEE_PROVIDER_ID=larger", "MARQUEE_FETCH_INTERVAL=1m",
					"MARQUEE_SEARCH_INDEX_MEMORY=16MiB")
				o.prometheus.watch(t, single.address())
			},
			undo: func() {
				o.prometheus.forget(t, single.address())
				single.Stop()
			},
			told: []string{"IndexNotUsed"},
		},
		{
			what: "the fetcher dies again and again",
			do: func() {
				for n := 0; n < 12 && !o.is("CrashLoop", "firing"); n++ {
					w.fetch.Kill()
					killed := time.Now()
					w.fetch.Start()
					prooftest.Until(t, "Prometheus has seen it start", func() bool {
						n, err := o.prometheus.count(t.Context(), fmt.Sprintf(`process_start_time_seconds{instance=%q} > %d`, w.fetch.address(), killed.Add(-time.Second/2).Unix()))
						return err == nil && n > 0
					})
				}
			},
			undo: none, told: []string{"CrashLoop"},
		},
		{
			what: "many ask a process with one processor",
			do: func() {
				// Its store is inside of it and in memory, so that it waits for nobody; and it goes before others, so that it gets its
				// processor on a machine that has few.
				busy = startMarquee(t, "api,fetch,consume", "MARQUEE_PROVIDER_URL="+newProvider(t, 20_000).url, "MARQUEE_PROVIDER_ID=large",
					"MARQUEE_DATA_DIR="+smallDisk(t, 1<<30), "GOMAXPROCS=1", "nice", "-n", "-10")
				o.prometheus.watch(t, busy.address())
				hard = ask(t, busy.api, 6, 0, hardQuestion)
			},
			undo: func() {
				hard.stop()
				o.prometheus.forget(t, busy.address())
				busy.Kill()
			},
			told: []string{"CPUSaturated"},
		},
		{
			what: "a process with little memory",
			do: func() {
				single = startMarquee(t, "api", append(slices.Clone(w.settings), "GOMEMLIMIT=24MiB")...)
				o.prometheus.watch(t, single.address())
			},
			undo: func() {
				o.prometheus.forget(t, single.address())
				single.Stop()
			},
			told: []string{"MemoryNearLimit"},
		},
		{
			what: "a disk is filling",
			do: func() {
				dir := smallDisk(t, disk)
				single = startMarquee(t, "api,fetch,consume", "MARQUEE_PROVIDER_URL="+w.feed.url, "MARQUEE_PROVIDER_ID=other", "MARQUEE_DATA_DIR="+dir)
				o.prometheus.watch(t, single.address())
				empty = fill(t, dir, disk)
			},
			undo: func() {
				empty()
				o.prometheus.forget(t, single.address())
				single.Stop()
			},
			told: []string{"DataDiskFilling"},
		},
		{
			what: "nobody answers",
			do: func() {
				w.api.Kill()
				w.memory.Kill()
			},
			undo: func() {
				w.api.Start()
				w.memory.Start()
			},
			told: []string{"MarqueeAbsent"},
		},
	}
}

// repeated does something again and again until it is told to stop.
func repeated(t *testing.T, pause time.Duration, what func()) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			what()
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// watchedQueries asks queries again and again, until each has answered something once: what is asked of failures has an answer
// only while something fails.
type watchedQueries struct {
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	left     map[string]string // expression by what it is of
	failed   map[string]string
	answered []string
}

func watchQueries(t *testing.T, p *prometheus) *watchedQueries {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	q := &watchedQueries{cancel: cancel, left: map[string]string{}, failed: map[string]string{}}
	for rule, expr := range alerts.Expressions(pace) {
		q.left["rule "+rule] = expr
	}
	for _, d := range dashboards.All() {
		for _, query := range d.Queries() {
			q.left[d.Title+", "+query.Panel+": "+query.Legend+" "+query.Expr] = query.Runnable("5s")
		}
		for _, a := range d.Annotations {
			q.left[d.Title+", annotation "+a.Name] = a.Query.Runnable("5s")
		}
	}
	q.done.Go(func() { q.ask(ctx, p) })
	t.Cleanup(q.stop)
	return q
}

func (q *watchedQueries) ask(ctx context.Context, p *prometheus) {
	for ctx.Err() == nil {
		q.mu.Lock()
		left := maps.Clone(q.left)
		q.mu.Unlock()
		for name, expr := range left {
			n, err := p.count(ctx, expr)
			q.mu.Lock()
			switch {
			case err != nil && ctx.Err() == nil:
				q.failed[name] = err.Error()
			case n > 0:
				delete(q.left, name)
				delete(q.failed, name)
				q.answered = append(q.answered, name)
			}
			q.mu.Unlock()
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (q *watchedQueries) stop() {
	q.cancel()
	q.done.Wait()
}

// silent are the queries that never answered anything, with the error where there was one.
func (q *watchedQueries) silent() map[string]string {
	q.mu.Lock()
	defer q.mu.Unlock()
	silent := maps.Clone(q.left)
	maps.Copy(silent, q.failed)
	return silent
}
