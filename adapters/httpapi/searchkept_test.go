package httpapi_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/memcache"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

// logbook is a change log in memory that knows its last change alone.
type logbook struct {
	mu   sync.Mutex
	last catalogue.Change
	news chan struct{}
}

func (l *logbook) Changes(_ context.Context, after catalogue.Version, _ int) (catalogue.ChangeBatch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := catalogue.ChangeBatch{Head: l.last.Version}
	if after != l.last.Version {
		batch.Changes = []catalogue.Change{l.last}
	}
	return batch, nil
}

func (l *logbook) Await(ctx context.Context, after catalogue.Version) (catalogue.Version, error) {
	for {
		l.mu.Lock()
		head, news := l.last.Version, l.news
		l.mu.Unlock()
		if head != after {
			return head, nil
		}
		select {
		case <-ctx.Done():
			return head, fault.Wrap(fault.Unavailable, "await changes", ctx.Err())
		case <-news:
		}
	}
}

func (l *logbook) change(e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = catalogue.Change{
		Version: catalogue.Version{Number: l.last.Version.Number + 1, Tag: 1},
		Event:   e, Was: event.During(e.Facts.Start, e.Facts.End),
	}
	close(l.news)
	l.news = make(chan struct{})
}

// counted is a use case that counts, and may be away.
type counted struct {
	httpapi.Events
	asked atomic.Int64
	err   atomic.Pointer[fault.Error]
}

func (c *counted) All(ctx context.Context, r event.TimeRange) (catalogue.Page, error) {
	c.asked.Add(1)
	if err := c.err.Load(); err != nil {
		return catalogue.Page{}, err
	}
	return c.Events.All(ctx, r)
}

func (c *counted) Page(ctx context.Context, r search.PageRequest) (search.Page, error) {
	c.asked.Add(1)
	if err := c.err.Load(); err != nil {
		return search.Page{}, err
	}
	return c.Events.Page(ctx, r)
}

// following follows a log until the test ends, and returns once it does.
func following(t testing.TB, log ports.ChangeReader) *search.Freshness {
	t.Helper()
	followed := make(chan struct{})
	once := sync.OnceFunc(func() { close(followed) })
	fresh := search.NewFreshness(log, search.FreshnessOptions{OnFollow: func(context.Context, search.Follow) { once() }})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { fresh.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	<-followed
	return fresh
}

func keeping(fresh *search.Freshness) httpapi.Answers {
	return search.NewAnswers(memcache.New(memcache.Options{}), fresh, time.Now, search.AnswersOptions{})
}

// keeper makes answers that are kept.
func keeper(t testing.TB) (httpapi.Answers, *logbook) {
	t.Helper()
	log := &logbook{news: make(chan struct{})}
	return keeping(following(t, log)), log
}

func serveKept(t *testing.T, events httpapi.Events) (*service, *counted, *logbook) {
	t.Helper()
	answers, log := keeper(t)
	c := &counted{Events: events}
	return serve(t, service{events: c, options: httpapi.Options{Answers: answers}}), c, log
}

func TestAKeptAnswerIsTheSame(t *testing.T) {
	for name, events := range map[string]httpapi.Events{
		"none": many(0), "some": search.NewEvents(summer, 10), "less than a piece": many(100), "some pieces": many(1000), "as large as can be kept": many(4500),
		"larger than can be kept": many(10_000),
	} {
		t.Run(name, func(t *testing.T) {
			made := serve(t, service{events: events}).get(t, "/search")
			s, c, _ := serveKept(t, events)
			first, second := s.get(t, "/search"), s.get(t, "/search")
			for _, got := range []answer{first, second} {
				require.Equal(t, http.StatusOK, got.StatusCode)
				if made.body != got.body { // which is too long to be shown
					t.Fatalf("%d bytes, %d without a cache", len(got.body), len(made.body))
				}
				assert.Equal(t, made.Header.Get("Cache-Control"), got.Header.Get("Cache-Control"))
				assert.Equal(t, made.Header.Get("Content-Type"), got.Header.Get("Content-Type"))
			}
			if len(made.body) > 1<<20 {
				assert.EqualValues(t, 2, c.asked.Load())
				assert.Equal(t, "Marquee; fwd=uri-miss", second.Header.Get("Cache-Status"))
				return
			}
			assert.EqualValues(t, 1, c.asked.Load())
			assert.Equal(t, "Marquee; fwd=uri-miss; stored", first.Header.Get("Cache-Status"))
			assert.Regexp(t, `^Marquee; hit; ttl=[1-5]?\d; detail=memory$`, second.Header.Get("Cache-Status"))
			assert.EqualValues(t, len(made.body), first.ContentLength)
			assert.EqualValues(t, len(made.body), second.ContentLength)
		})
	}
	assert.Empty(t, serve(t, service{}).get(t, "/search").Header.Get("Cache-Status"), "nothing is said where nothing is kept")
}

// quick is a catalogue that finds everything at once, in room that it has back once nobody reads it any more.
type quick struct {
	ports.Searcher
	lent *atomic.Int64
}

func (q quick) Search(ctx context.Context, query catalogue.Query) (catalogue.Page, error) {
	page, err := q.Searcher.Search(ctx, query)
	page.Quick = true
	q.lent.Add(1)
	page.Release = func() {
		clear(page.Events)
		q.lent.Add(-1)
	}
	return page, err
}

func TestWhatIsFoundQuicklyIsKeptTheSecondTime(t *testing.T) {
	for _, target := range []string{"/search", "/events?starts_at=2021-01-01T00:00:00Z&ends_at=2022-01-01T00:00:00Z&pageSize=3"} {
		t.Run(target, func(t *testing.T) {
			made, _, _ := serveKept(t, search.NewEvents(summer, 10))
			want := made.get(t, target)
			var lent atomic.Int64
			s, c, _ := serveKept(t, search.NewEvents(quick{summer, &lent}, 10))
			for n, status := range []string{"fwd=uri-miss$", "fwd=uri-miss; stored$", "hit; ", "hit; "} {
				got := s.get(t, target)
				assert.Regexp(t, "^Marquee; "+status, got.Header.Get("Cache-Status"), "asked %d times before", n)
				require.Equal(t, want.body, got.body)
				for _, name := range []string{"ETag", "Link", "Content-Length", "Content-Type", "Cache-Control", "Vary"} {
					require.Equal(t, want.Header.Get(name), got.Header.Get(name), name)
				}
			}
			assert.EqualValues(t, 2, c.asked.Load())

			s, _, _ = serveKept(t, search.NewEvents(quick{summer, &lent}, 10))
			known := s.get(t, target, "If-None-Match", want.Header.Get("ETag"))
			assert.Equal(t, http.StatusNotModified, known.StatusCode, "also where nothing is kept")
			assert.Zero(t, lent.Load(), "each page was given back, once")
		})
	}
}

func TestAnAnswerIsKeptByWhatItIsAbout(t *testing.T) {
	s, c, _ := serveKept(t, search.NewEvents(summer, 10))
	same := []string{
		"starts_at=2021-07-01T00:00:00Z", "starts_at=2021-07-01T02:00:00%2B02:00", "starts_at=2021-06-30T23:59:59.5Z", "starts_at=2021-07-01T00:00:00&page=2",
	}
	for _, query := range same {
		assert.Len(t, s.get(t, "/search?"+query).titles(t), 3, query)
	}
	assert.EqualValues(t, 1, c.asked.Load())
	for i, query := range []string{
		"", "ends_at=2021-07-01T00:00:00Z", "starts_at=2021-07-01T00:00:00Z&ends_at=2021-12-31T23:59:59Z", "starts_at=1970-01-01T00:00:00Z", "ends_at=1970-01-01T00:00:00Z",
		"starts_at=1970-01-01T00:00:00Z&ends_at=1970-01-01T00:00:00Z", "starts_at=2021-07-01T00:00:01Z",
	} {
		s.get(t, "/search?"+query)
		assert.EqualValues(t, 2+i, c.asked.Load(), query)
	}
}

func TestAChangeOfItsDaysIsSeen(t *testing.T) {
	s, c, log := serveKept(t, search.NewEvents(summer, 10))
	status := func(query string) string { return s.get(t, "/search"+query).Header.Get("Cache-Status") }
	require.Contains(t, status(""), "stored")
	require.Contains(t, status("?starts_at=2021-07-01T00:00:00Z"), "stored")
	log.change(camela) // in June
	require.Eventually(t, func() bool { return status("") == "Marquee; fwd=stale; stored" }, 10*time.Second, time.Millisecond)
	assert.Contains(t, status("?starts_at=2021-07-01T00:00:00Z"), "hit")
	assert.EqualValues(t, 3, c.asked.Load())
}

func TestWhatIsAskedWhileTheStoreIsAway(t *testing.T) {
	s, c, log := serveKept(t, search.NewEvents(summer, 10))
	before := s.get(t, "/search")
	c.err.Store(&fault.Error{Kind: fault.Unavailable, Message: "search events", Cause: assert.AnError})
	log.change(camela)
	var last answer
	require.Eventually(t, func() bool {
		last = s.get(t, "/search")
		return last.Header.Get("Cache-Status") == "Marquee; fwd=stale; fwd-status=503; ttl=0; detail=memory"
	}, 10*time.Second, time.Millisecond)
	assert.Equal(t, http.StatusOK, last.StatusCode)
	assert.Equal(t, before.body, last.body)

	unknown := s.get(t, "/search?starts_at=2021-07-01T00:00:00Z")
	assert.Equal(t, http.StatusServiceUnavailable, unknown.StatusCode)
	assert.Equal(t, "1", unknown.Header.Get("Retry-After"))
	assert.Empty(t, unknown.Header.Get("Cache-Status"))
	code, _ := unknown.problem(t)
	assert.Equal(t, "unavailable", code)
}

func TestARefusalIsNotKept(t *testing.T) {
	s, c, _ := serveKept(t, search.NewEvents(summer, 3))
	for n := range 3 {
		got := s.get(t, "/search")
		code, _ := got.problem(t)
		assert.Equal(t, "too_many_results", code)
		assert.Equal(t, http.StatusBadRequest, got.StatusCode)
		assert.EqualValues(t, n+1, c.asked.Load())
	}
	s.get(t, "/search?starts_at=x")
	assert.EqualValues(t, 3, c.asked.Load(), "what cannot be read is not asked for")
}

func TestAKeptAnswerToHead(t *testing.T) {
	s, c, _ := serveKept(t, search.NewEvents(summer, 10))
	head, get := s.ask(t, http.MethodHead, "/search"), s.get(t, "/search")
	assert.Empty(t, head.body)
	assert.EqualValues(t, len(get.body), head.ContentLength)
	assert.EqualValues(t, 1, c.asked.Load())
}

func TestManyAskTheSame(t *testing.T) {
	s, c, _ := serveKept(t, many(200))
	want := s.get(t, "/search").body
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				assert.Equal(t, want, handle(s.handler, "/search").body)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, c.asked.Load())
}
