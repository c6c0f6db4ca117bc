package observability_test

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/ingest"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/observability"
	"github.com/marquee-events/marquee/ports"
)

// everything calls all there is, once well and once badly.
func everything(t *testing.T, r *rig) {
	t.Helper()
	w := &world{
		outcome: catalogue.Outcome{Added: 1}, conclusion: catalogue.Conclusion{State: catalogue.Concluded, Ended: true, Withdrawn: 1}, census: &catalogue.Census{},
		records: []catalogue.Record{someRecord("1")}, budget: ports.Budget{Allowed: true}, held: true, begun: catalogue.Begun{Run: someRun()},
		feeds: []catalogue.Feed{{Provider: provider, LastConcluded: wallClock, LastBelieved: wallClock, Current: catalogue.Run{State: catalogue.Concluded}}},
	}
	rec := r.Recorder
	searcher, changes, limits := observability.ObserveSearcher(w, rec), observability.ObserveChangeReader(w, rec), observability.ObserveLimiter(w, rec)
	ingester, runs, feed, feeds := observability.ObserveIngester(w, rec), observability.ObserveRuns(w, rec), observability.ObserveFeed(w, rec), observability.ObserveFeedReader(w, rec)
	rejected, parking, leases := observability.ObserveRejectionReader(w, rec), observability.ObserveParking(w, rec), observability.ObserveLeases(w, rec)
	publisher, intake, backlog := observability.ObservePublisher(w, rec), observability.ObserveIntake(w, rec), observability.ObserveBacklog(w, rec)
	fetcher := observability.ObserveFetcher(ingest.NewFetcher(feed, publisher), rec)
	transport := observability.ObserveTransport(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, w.err
	}), rec)

	client, keeping := observability.NewFeedClient(rec, slog.New(slog.DiscardHandler)), observability.NewAnswerKeeping(rec, slog.New(slog.DiscardHandler))
	indexing := observability.NewIndexKeeping(rec, slog.New(slog.DiscardHandler))
	memory, redis := observability.ObserveAnswerCache(w, observability.LayerMemory, rec), observability.ObserveAnswerCache(w, observability.LayerRedis, rec)
	snapshots, memoryModel := observability.ObserveSnapshotter(w, rec), observability.ObserveReadModel(inMemory{world: w}, rec)
	answers, details := observability.ObserveAnswers(w, rec), observability.ObserveEventReader(w, rec)

	observability.ObservePools(r.registry, w)
	observability.ObserveDisk(r.registry, t.TempDir())
	observability.ObserveIndex(r.registry, index{Phase: search.ModelFollowing, Audited: wallClock})
	probes := observability.NewProbes()
	probes.Add("store", 0, func(context.Context) error { return nil })
	watching, stop := context.WithCancel(t.Context())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		observability.Watch(watching, time.Minute, observability.Watched{Probes: probes}, rec)
	}()
	require.Eventually(t, func() bool { return len(r.values("marquee_dependency_up")) == 1 }, time.Minute, time.Millisecond)
	stop()
	<-watched

	calls := func(ctx context.Context) {
		client.Retried(ctx, provider, 1, time.Second, w.err)
		client.Broke(ctx, provider, true, w.err)
		_, _ = searcher.Search(ctx, catalogue.Query{Limit: 1})
		_, _ = memoryModel.Search(ctx, catalogue.Query{Limit: 1})
		_, _ = details.Event(ctx, event.ID{}, 1)
		_, _ = changes.Changes(ctx, catalogue.Version{}, 1)
		_, _ = changes.Await(ctx, catalogue.Version{})
		_, _ = snapshots.Snapshot(ctx, event.TimeRange{}, nil)
		_, _, _ = memory.Get(ctx, ports.AnswerKey{})
		_, _, _ = redis.Get(ctx, ports.AnswerKey{})
		_ = redis.Put(ctx, ports.AnswerKey{}, ports.Answer{}, time.Minute)
		_, _ = answers.Answer(ctx, ports.AnswerKey{}, event.TimeRange{}, nil)
		keeping.Dropped()
		keeping.Broke(ctx, true, w.err)
		keeping.Followed(ctx, search.Follow{Behind: 1, Err: w.err})
		indexing.Phase(ctx, search.ModelFollowing)
		indexing.Filled(ctx, search.Filled{From: search.FromStore, Err: w.err})
		indexing.Filled(ctx, search.Filled{From: search.FromFile, Err: tooLarge()})
		indexing.Followed(ctx, search.Follow{Err: w.err})
		indexing.Audited(ctx, search.Audited{How: search.AuditStore, Err: w.err})
		indexing.Audited(ctx, search.Audited{How: search.AuditItself, Err: w.err})
		indexing.Kept(ctx, search.Kept{Err: w.err})
		_, _ = limits.Allow(ctx, "192.0.2.1", "search")
		_, _ = ingester.Apply(ctx, catalogue.Batch{Run: someRun(), Rejections: []catalogue.Rejection{{Reason: catalogue.BadDate}}}, nil)
		_ = ingester.Complete(ctx, catalogue.Completion{Run: someRun()})
		_, _ = ingester.Pending(ctx)
		_, _ = ingester.Conclude(ctx, someRun(), func(catalogue.Census) catalogue.Verdict { return catalogue.Verdict{} })
		_, _ = runs.Begin(ctx, catalogue.Start{Provider: provider})
		_, _ = fetcher.Fetch(ctx, catalogue.Source{ID: provider, Location: time.UTC}, catalogue.Begun{Run: someRun()})
		_ = intake.Consume(ctx, 1, func(context.Context, ports.Delivery) ports.Verdict { return ports.Verdict{} })
		_, _ = backlog.Backlog(ctx)
		_, _ = backlog.Oldest(ctx)
		_, _ = feeds.Feeds(ctx)
		_, _ = rejected.Rejected(ctx, provider, 1)
		_, _ = parking.Suspect(ctx, "1")
		_ = parking.Absolve(ctx, "1")
		_ = parking.Park(ctx, ports.Delivery{}, nil, "panic: bug")
		_, _ = parking.Parked(ctx, 1)
		_, _ = parking.CountParked(ctx)
		_, _, _ = leases.Acquire(ctx, catalogue.LeaseName(provider), "me", time.Second)
		_ = leases.Release(ctx, catalogue.LeaseName(provider), "me")
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://feed.example/", nil)
		require.NoError(t, err)
		_, _ = transport.RoundTrip(req)
	}
	r.serve(func(_ http.ResponseWriter, req *http.Request) { calls(req.Context()) }, http.MethodGet, "/events/7")
	w.err = fault.New(fault.Unavailable, "away")
	r.serve(func(rw http.ResponseWriter, req *http.Request) {
		calls(req.Context())
		rw.WriteHeader(http.StatusServiceUnavailable)
	}, "BREW", "/events/7")
}

func TestWhatIsExportedIsTheCatalogue(t *testing.T) {
	r := newRig(t)
	everything(t, r)

	defined := map[string]observability.Metric{}
	for _, m := range observability.Metrics() {
		require.NotContains(t, defined, m.Name, "defined twice")
		require.NotEmpty(t, m.Unit, m.Name)
		require.NotEmpty(t, m.Help, m.Name)
		defined[m.Name] = m
	}
	families, err := r.registry.Gather()
	require.NoError(t, err)
	exported := map[string]bool{}
	for _, f := range families {
		name := f.GetName()
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			continue
		}
		m, ok := defined[name]
		require.True(t, ok, "%s is exported and not in the catalogue", name)
		exported[name] = true
		require.Equal(t, m.Help, f.GetHelp(), name)
		require.Equal(t, string(m.Type), strings.ToLower(f.GetType().String()), name)
		for _, series := range f.GetMetric() {
			require.Len(t, series.GetLabel(), len(m.Labels), name)
			for _, l := range series.GetLabel() {
				i := slices.IndexFunc(m.Labels, func(d observability.Label) bool { return d.Name == l.GetName() })
				require.GreaterOrEqual(t, i, 0, "%s has a label %s", name, l.GetName())
				if values := m.Labels[i].Values; values != nil {
					require.Contains(t, values, l.GetValue(), "%s{%s}", name, l.GetName())
				} else {
					require.NotEmpty(t, m.Labels[i].Bound, "%s{%s} has no bound", name, l.GetName())
				}
			}
		}
	}
	for name := range defined {
		require.True(t, exported[name], "%s is in the catalogue and nobody exports it", name)
	}
	problems, err := testutil.GatherAndLint(r.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestSpansAreTheCatalogue(t *testing.T) {
	r := newRig(t)
	everything(t, r)

	known := map[string]bool{}
	for _, a := range observability.Attributes() {
		require.False(t, known[string(a.Key)], "%s is defined twice", a.Key)
		require.NotEmpty(t, a.Help, a.Key)
		known[string(a.Key)] = true
	}
	defined := map[string]observability.Span{}
	for _, s := range observability.Spans() {
		require.NotContains(t, defined, s.Name, "defined twice")
		require.NotEmpty(t, s.Help, s.Name)
		defined[s.Name] = s
		for _, a := range s.Attributes {
			require.True(t, known[string(a)], "%s of %s is not in the catalogue", a, s.Name)
		}
	}
	used := map[string]bool{}
	for _, s := range r.spans.GetSpans() {
		name := strings.Replace(s.Name, "/events/{id}", "{route}", 1)
		d, ok := defined[name]
		require.True(t, ok, "the span %q is not in the catalogue", s.Name)
		require.Contains(t, d.Kinds, s.SpanKind, name)
		require.Zero(t, s.DroppedAttributes, name)
		for _, kv := range s.Attributes {
			require.Contains(t, d.Attributes, kv.Key, name)
		}
		for _, e := range s.Events {
			for _, kv := range e.Attributes {
				require.True(t, known[string(kv.Key)], "%s of an event of %s", kv.Key, name)
			}
		}
		used[name] = true
	}
	for _, c := range observability.Calls() {
		require.Equal(t, !c.Untraced, used[c.Name()], c.Name())
	}
}

func TestEveryCallOfAPortIsCounted(t *testing.T) {
	r := newRig(t)
	everything(t, r)
	counted := r.values("marquee_port_calls_total")
	for _, c := range observability.Calls() {
		for _, outcome := range []string{"ok", "unavailable"} {
			require.NotZero(t, counted["method="+c.Method+" outcome="+outcome+" port="+c.Port], "%s %s", c.Name(), outcome)
		}
	}
}

// A name that is written anywhere but in the catalogue would escape the checks above.
func TestNamesAreWrittenInOneFile(t *testing.T) {
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "names") {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.NotContains(t, string(text), `"marquee_`, name)
			require.NotContains(t, string(text), `"marquee.`, name)
		}
	}
}

func TestNothingIsRegisteredGlobally(t *testing.T) {
	a, b := newRig(t), newRig(t)
	a.serve(answer(http.StatusOK), http.MethodGet, "/events/7")
	require.Len(t, a.values("marquee_http_requests_total"), 1)
	require.Empty(t, b.values("marquee_http_requests_total"))
}
