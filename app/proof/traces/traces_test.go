package traces

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// feedEvents make three messages, and a few more in the feed than that.
const feedEvents = 1200

// A feed is read by one process and applied by another one.
const readingTree = `
fetch run (internal) @fetch
  feed.fetch (internal)
    GET (client)
  publisher.publish (producer) ×3
    process chunk (consumer) @consume
      ingester.apply (client)
        BEGIN … COMMIT (client) on postgresql
  publisher.publish (producer)
    process completion (consumer) @consume
      ingester.complete (client)
        BEGIN … COMMIT (client) on postgresql
      ingester.conclude (client)
        BEGIN … COMMIT (client) on postgresql`

// An answer that nobody has is made, and kept here and for the other processes; whoever asked has it by then.
const missTree = `
GET /events (server) @api
  limiter.allow (internal)
  answer_cache.get in memory (internal)
  answer_cache.get in redis (client)
  searcher.search (client)
    BEGIN … COMMIT (client) on postgresql
  answer_cache.put in memory (internal)
  answer_cache.put in redis (client)`

// An answer that is kept costs a look.
const hitTree = `
GET /events (server) @api
  limiter.allow (internal)
  answer_cache.get in memory (internal)`

// Where the catalogue is in memory, no question leaves the process.
const memoryTree = `
GET /events (server) @api
  limiter.allow (internal)
  answer_cache.get in memory (internal)
  index.search (internal)`

const question = "/events?starts_at=2020-01-01T00:00:00Z&ends_at=2040-01-01T00:00:00Z"

func TestTracesLeadThroughAllProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("the quick tests have no servers: make test brings PostgreSQL, Redis and a collector")
	}
	s := startService(t)
	reading := s.readingIsTraced(t)
	s.becomesCurrent(t)

	inMemory := newCaller(true)
	inMemory.get(t, s.memory+question+"&pageSize=7")
	s.requireTree(t, inMemory.traceID, memoryTree)

	first, second, silent, last := newCaller(true), newCaller(true), newCaller(false), newCaller(true)
	given := first.get(t, s.public+question+"&pageSize=5")
	require.Contains(t, given.Get("Cache-Status"), "fwd=uri-miss", "the first to ask")
	s.requireTree(t, first.traceID, missTree)
	s.requireOneIdentity(t, first, given)

	given = second.get(t, s.public+question+"&pageSize=5")
	require.Contains(t, given.Get("Cache-Status"), "hit", "the second to ask")
	s.requireTree(t, second.traceID, hitTree)

	// What is exported comes in the order in which it ended, so nothing of a request is under way when a later one is there.
	silent.get(t, s.public+question+"&pageSize=6")
	assert.Empty(t, s.exemplars(t, silent.traceID), "an example that cannot be looked at")
	last.get(t, s.public+question+"&pageSize=6")
	s.requireTree(t, last.traceID, hitTree)

	s.stop()
	for traceID, want := range map[string]string{reading: readingTree, first.traceID: missTree, second.traceID: hitTree, last.traceID: hitTree} {
		s.requireTree(t, traceID, want) // still, now that there is nothing to come
	}
	assert.Empty(t, s.trace(t, silent.traceID), "its caller did not want it traced")
	s.requireConventions(t, reading, first)
	s.requireCatalogue(t)
}

// requireTree waits until the spans of a trace are those of a tree.
func (s *service) requireTree(t *testing.T, traceID, want string) {
	t.Helper()
	got := ""
	defer func() {
		if t.Failed() {
			t.Logf("the last that was seen of %s:\n%s", traceID, got)
		}
	}()
	prooftest.Until(t, "the tree is"+want, func() bool {
		got = "\n" + draw(s.trace(t, traceID))
		return got == want
	})
}

// readingIsTraced waits for the reading of the feed and returns its trace.
func (s *service) readingIsTraced(t *testing.T) (traceID string) {
	t.Helper()
	prooftest.Until(t, "a feed is read", func() bool {
		roots := s.named(t, "fetch run")
		if len(roots) == 0 {
			return false
		}
		require.Len(t, roots, 1)
		traceID = roots[0].TraceID
		return true
	})
	s.requireTree(t, traceID, readingTree)
	for _, of := range s.trace(t, traceID) {
		if of.Name == "ingester.conclude" {
			require.Equal(t, "concluded", of.Attributes.text("marquee.run.state"))
		}
	}
	return traceID
}

// named are all spans with a name.
func (s *service) named(t *testing.T, name string) []span {
	t.Helper()
	return slices.DeleteFunc(s.spans(t), func(s span) bool { return s.Name != name })
}

// becomesCurrent waits until the API knows of all that was read, so that what it keeps from now on stays current.
func (s *service) becomesCurrent(t *testing.T) {
	t.Helper()
	prooftest.Until(t, "answers are kept, and have events in them", func() bool {
		a, b := newCaller(false).get(t, s.public+question), newCaller(false).get(t, s.memory+question)
		return strings.Contains(a.Get("Cache-Status"), "hit") && strings.Contains(a.body, `"title"`) && strings.Contains(b.body, `"title"`)
	})
}

// requireOneIdentity checks that a span, a line of the log, a log record and an exemplar of a request lead to each other.
func (s *service) requireOneIdentity(t *testing.T, c caller, given answer) {
	t.Helper()
	spans := s.trace(t, c.traceID)
	i := slices.IndexFunc(spans, func(s span) bool { return s.kind() == "server" })
	require.GreaterOrEqual(t, i, 0)
	served := spans[i]
	require.Equal(t, c.spanID, served.ParentID, "the caller's span is the parent of the server's")

	requestID := given.Get("X-Request-Id")
	require.NotEmpty(t, requestID)
	want := logLine{Message: "request", TraceID: c.traceID, SpanID: served.SpanID, RequestID: requestID}
	prooftest.Until(t, "the request is logged", func() bool { return slices.Contains(s.lines(t, c.traceID), want) })
	prooftest.Until(t, "the log record is exported", func() bool { return len(s.logged(t, c.traceID)) > 0 })
	record := s.logged(t, c.traceID)[0]
	require.Equal(t, want, logLine{record.Body.text(), record.TraceID, record.SpanID, record.Attributes.text("request_id")})
	require.Len(t, s.exemplars(t, c.traceID), 1)
}
