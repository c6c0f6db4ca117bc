package observability_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/observability"
)

// What gives access does not stand in a line, and all else stands there as it was.
func TestSecretsInTextsAreRedacted(t *testing.T) {
	for text, want := range map[string]string{
		"https://provider.example/feed.xml?page=2": "https://provider.example/feed.xml?page=2",
		"https://me:hush@provider.example/feed":    "https://redacted@provider.example/feed",
		"https://hush@sentry.example/1":            "https://redacted@sentry.example/1",
		"postgres://me:h@sh@db:5432/marquee":       "postgres://redacted@db:5432/marquee",
		"nats://me:hush@a:4222,nats://me:hush@b":   "nats://redacted@a:4222,nats://redacted@b",
		"mail me@provider.example of https://a.b/": "mail me@provider.example of https://a.b/",
		"https://provider.example/@me/feed":        "https://provider.example/@me/feed",

		"401 for authorization: Bearer hush":    "401 for authorization: Bearer redacted",
		"Basic aHVzaA== and Bearer hush, twice": "Basic redacted and Bearer redacted twice",

		"https://p.example/?key=hush&page=2":                  "https://p.example/?key=redacted&page=2",
		"https://p.example/?page=2&api_key=hush#top":          "https://p.example/?page=2&api_key=redacted#top",
		"https://p.example/?ACCESS_TOKEN=hush":                "https://p.example/?ACCESS_TOKEN=redacted",
		"https://p.example/?accessToken=hush":                 "https://p.example/?accessToken=redacted",
		"https://p.example/?apiKey=hush":                      "https://p.example/?apiKey=redacted",
		"https://p.example/?client_secret=hush&password=hush": "https://p.example/?client_secret=redacted&password=redacted",
		"https://p.example/?X-Amz-Signature=hush&sig=hush":    "https://p.example/?X-Amz-Signature=redacted&sig=redacted",
		"https://p.example/?monkey=1&design=2&keys=3":         "https://p.example/?monkey=1&design=2&keys=3",
		"https://p.example/?key=":                             "https://p.example/?key=redacted",

		"host=db user=me password=hush dbname=marquee":      "host=db user=me password=redacted dbname=marquee",
		"host=db password='hush hush' dbname=marquee":       "host=db password=redacted dbname=marquee",
		`Get "https://me:hush@p.example/f?key=hush": EOF`:   `Get "https://redacted@p.example/f?key=redacted": EOF`,
		`parse "https://me:hush@p.example/%zz": bad escape`: `parse "https://redacted@p.example/%zz": bad escape`,
		"x = y, a=b, ://, @, =":                             "x = y, a=b, ://, @, =",
		"":                                                  "",
	} {
		log, line := jsonLogger(t)
		log.InfoContext(t.Context(), text, //nolint:sloglint // a message with a secret is the point
			"text", text, "error", fmt.Errorf("wrapped: %w", errors.New(text)), slog.Group("group", "text", text), "list", []string{text})
		got := line()
		require.Equal(t, want, got["msg"])
		require.Equal(t, want, got["text"])
		require.Equal(t, "wrapped: "+want, got["error"])
		require.Equal(t, map[string]any{"text": want}, got["group"])
		require.NotContains(t, got["list"], "hush")

		log.With("text", text).InfoContext(t.Context(), "hello")
		require.Equal(t, want, line()["text"])
		log.WithGroup("g").With("text", text).InfoContext(tracedContext(t), "hello")
		require.Equal(t, map[string]any{"text": want}, line()["g"])
	}
}

func TestSecretAttributesAreRedacted(t *testing.T) {
	log, line := jsonLogger(t)
	log.InfoContext(t.Context(), "hello", "password", "hush", "Authorization", "Bearer hush", "dsn", []string{"hush"}, "cookie", 7, "token", errors.New("hush"), //nolint:sloglint // names as they come
		slog.Group("secret", "a", "hush"), "secretary", "Ms Moneypenny")
	got := line()
	for _, name := range []string{"password", "Authorization", "dsn", "cookie", "token", "secret"} {
		require.Equal(t, "redacted", got[name], name)
	}
	require.Equal(t, "Ms Moneypenny", got["secretary"])
}

func TestWhatIsNoTextIsLoggedAsText(t *testing.T) {
	var out bytes.Buffer
	log, err := observability.NewLogger(&out, nil, observability.FormatJSON)
	require.NoError(t, err)
	u, err := url.Parse("https://me:hush@provider.example/?key=hush")
	require.NoError(t, err)
	log.InfoContext(t.Context(), "hello", "url", u, "value", *u, "struct", struct{ DSN string }{"postgres://me:hush@db"}, "map", map[string]string{"long": strings.Repeat("x", 1<<20)},
		"lazy", lazy("https://hush@a"), "nothing", nil, "kind", fault.Gone, "level", slog.LevelInfo)
	require.NotContains(t, out.String(), "hush")
	require.Less(t, out.Len(), 10<<10)
	require.Contains(t, out.String(), `"url":"https://redacted@provider.example/?key=redacted"`)
	require.Contains(t, out.String(), `"lazy":"https://redacted@a"`)
	require.Contains(t, out.String(), `"nothing":null`)
}

type lazy string

func (l lazy) LogValue() slog.Value { return slog.StringValue(string(l)) }

// A secret that begins inside of what is kept and ends behind it is a secret all the same.
func TestASecretIsNotCutInHalf(t *testing.T) {
	log, line := jsonLogger(t)
	text := strings.Repeat("x", 8<<10-20) + " https://me:hushhushhush@provider.example/"
	log.InfoContext(t.Context(), "hello", "text", text)
	require.NotContains(t, line()["text"], "hush")
}

func TestSpansHaveNoSecretsInTheirErrors(t *testing.T) {
	r := newRig(t)
	w := &world{err: fault.Wrap(fault.Unavailable, "ask", &url.Error{Op: "Get", URL: "https://p.example/?key=hush", Err: http.ErrHandlerTimeout})}
	ctx, parent := r.tracing.Provider().Tracer("test").Start(t.Context(), "request")
	_, err := observability.ObserveSearcher(w, r.Recorder).Search(ctx, catalogue.Query{})
	parent.End()
	require.Error(t, err)
	require.Contains(t, r.span("searcher.search").Status.Description, "key=redacted")
	require.NotContains(t, fmt.Sprintf("%+v", r.spans.GetSpans()), "hush")
}

// Headers are keys, under names that nobody can know; the library quotes what it cannot read of them.
func TestHeadersThatCannotBeReadAreNotQuoted(t *testing.T) {
	telemetry, lines := setup(t, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS", "x-team: hush")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_ = telemetry.Shutdown(ctx) // nobody is there
	require.Contains(t, lines.String(), "OTEL_EXPORTER_OTLP_HEADERS")
	require.NotContains(t, lines.String(), "hush")
}
