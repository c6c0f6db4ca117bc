package cli_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/cli"
)

func TestFetchOnceAlone(t *testing.T) {
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	for range 2 { // and again: nothing of the first one is in the way
		got := s.run("fetch", "--once")
		assert.Zero(t, got.code, got)
		assert.Regexp(t, `^run default/\d+: concluded, 3 records in 1 chunks; the catalogue knows 2 events, 2 of them in the feed\nrejected: 1; .+\n$`, got.out)
	}
}

func TestFetchOnceNeedsAProvider(t *testing.T) {
	got := newShell(t).run("fetch", "--once")
	assert.Equal(t, 1, got.code, got)
	assert.Equal(t, "marquee: MARQUEE_PROVIDER_URL: it is empty; set it to the provider's feed, or try `marquee demo`\n", got.err)
}

// What a run brought before it went wrong is kept, and the next one mends the rest.
func TestFetchOnceOfAFeedThatEndsBadly(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		out    string
		says   string
	}{
		"cut": {cut(feedBegin), "incomplete, 1 records in 1 chunks; the catalogue knows 1 events, 1 of them in the feed", "unexpected EOF"},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "come back later", http.StatusServiceUnavailable)
		}, "incomplete, 0 records in 0 chunks", "the provider answered 503 Service Unavailable: \"come back later"},
		"page":  {text("<!doctype html><html><body>Log in</body></html>"), "incomplete, 0 records in 0 chunks", ""},
		"empty": {text(""), "incomplete, 0 records in 0 chunks", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShell(t)
			got := s.with("MARQUEE_PROVIDER_URL="+serveFeed(t, c.answer).URL).run("fetch", "--once")
			assert.Equal(t, 1, got.code, got)
			assert.Contains(t, got.out, c.out)
			assert.Regexp(t, `(?m)^marquee: .`, got.err)
			assert.Contains(t, got.err, c.says)

			got = s.with("MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL).run("fetch", "--once")
			assert.Zero(t, got.code, got)
			assert.Contains(t, got.out, "the catalogue knows 2 events, 2 of them in the feed")
		})
	}
}

func TestFetchOnceOfADeadProvider(t *testing.T) {
	got := newShell(t, "MARQUEE_PROVIDER_URL=http://127.0.0.1:1/feed.xml?key=secret").run("fetch", "--once")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "marquee: 4 attempts, the last: request the feed: dial tcp 127.0.0.1:1: connect: connection refused\n")
	assert.NotContains(t, got.err+got.out, "secret")
}

// Whoever asks for a fetch and gets none is told so, even when it was interrupted before it began.
func TestFetchOnceInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	s := newShell(t, "MARQUEE_PROVIDER_URL="+serveFeed(t, text(feed)).URL)
	assert.Equal(t, 1, cli.Run(ctx, []string{"fetch", "--once"}, s.environ, &out, &errs))
	assert.Equal(t, "marquee: nothing was fetched: context canceled\n", errs.String())

	got := s.run("fetch", "--once", "--timeout", "1ns")
	assert.Equal(t, 1, got.code, got)
	assert.Equal(t, "marquee: nothing was fetched: context deadline exceeded\n", got.err)
}

// A process that runs in the same folder is asked to fetch, and knows by itself from where.
func TestFetchOnceBesideAProcess(t *testing.T) {
	provider := serveFeed(t, text(feed))
	s := newShell(t)
	p := s.with("MARQUEE_PROVIDER_URL="+provider.URL).start("serve", "--roles", "fetch,consume")
	p.line("run ended", "state", "concluded")
	require.EqualValues(t, 1, provider.asked.Load())

	got := s.run("fetch", "--once")
	assert.Zero(t, got.code, got)
	assert.Regexp(t, `^run default/\d+: concluded, 3 records in 1 chunks; the catalogue knows 2 events, 2 of them in the feed\nrejected: 1; .+\n$`, got.out)
	assert.Empty(t, got.err, "the log is the other process's")
	assert.EqualValues(t, 2, provider.asked.Load())
	assert.Zero(t, p.stop().code)
}

func TestFetchOnceBesideAProcessThatDoesNotFetch(t *testing.T) {
	s := newShell(t)
	s.start("serve", "--roles", "api").line("ready")
	got := s.run("fetch", "--once")
	assert.Equal(t, 1, got.code, got)
	assert.Contains(t, got.err, "but cannot be asked to fetch (does it have the role fetch?)")
}
