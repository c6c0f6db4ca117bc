package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"time"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
)

// plain is the body without its coding.
func (a answer) plain(t *testing.T) string {
	t.Helper()
	var r io.Reader = strings.NewReader(a.body)
	switch coding := a.Header.Get("Content-Encoding"); coding {
	case "":
	case "gzip":
		g, err := gzip.NewReader(r)
		require.NoError(t, err)
		r = g
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(128<<10))
		require.NoError(t, err)
		defer z.Close()
		r = z
	default:
		t.Fatalf("coding %q", coding)
	}
	body, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(body)
}

// serveRoutes serves an answer of each route, small and large, kept and streamed.
func serveRoutes(t *testing.T) (s *service, targets map[string]string) {
	t.Helper()
	b := newBillboard(t, season(20)...)
	fresh := following(t, b)
	s = serve(t, service{
		events: search.NewEvents(b, 100), details: search.NewDetails(camelasStory(t)), changes: search.NewChanges(b, fresh, time.Now),
		options: httpapi.Options{Answers: keeping(fresh)},
	})
	return s, map[string]string{
		"search": "/search", "nothing": "/search?starts_at=2030-01-01T00:00:00Z", "list": july + "&pageSize=10", "event": "/events/" + camela.ID.String(),
		"changes": "/changes", "status": "/status",
	}
}

func TestBodiesAreCompressedForWhoAccepts(t *testing.T) {
	s, targets := serveRoutes(t)
	for accept, want := range map[string]string{
		"": "", "gzip": "gzip", "zstd": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip;q=1.0, zstd;q=0.5": "gzip", "GZIP": "gzip", "x-gzip": "gzip", "br": "", "*": "zstd",
		"*;q=0": "", "identity": "", "identity;q=1, gzip;q=0.5": "", "gzip;q=0": "", "gzip;q=0, *": "zstd", "identity;q=0": "", "gzip;q=0.001": "gzip", "gzip;q=x": "", "zstd ; q=0.2 ,gzip ;q=0.8": "gzip",
		",,;;==": "",
	} {
		for name, target := range targets {
			plain, got := s.get(t, target), s.get(t, target, "Accept-Encoding", accept)
			coding := want
			if len(plain.body) < 1024 {
				coding = ""
			}
			assert.Equal(t, coding, got.Header.Get("Content-Encoding"), "%s of %q", name, accept)
			assert.Equal(t, plain.body, got.plain(t), "%s of %q", name, accept)
			assert.Equal(t, "Accept-Encoding", got.Header.Get("Vary"), name)
			assert.EqualValues(t, len(got.body), got.ContentLength, name)
			assert.Equal(t, plain.Header.Get("Content-Type"), got.Header.Get("Content-Type"))
		}
	}
	large := serve(t, service{events: many(10_000)})
	for _, coding := range []string{"", "gzip", "zstd"} {
		got := large.get(t, "/search", "Accept-Encoding", coding)
		require.Equal(t, coding, got.Header.Get("Content-Encoding"))
		require.EqualValues(t, -1, got.ContentLength, "it is streamed")
		if coding != "" {
			require.Less(t, len(got.body), 300_000)
		}
		require.Len(t, got.plain(t), 2040035)
	}
	several := s.get(t, targets["search"], "Accept-Encoding", "br", "Accept-Encoding", "gzip")
	assert.Equal(t, "gzip", several.Header.Get("Content-Encoding"), "a list may be spread over lines")
}

func TestWhoHasTheAnswerIsToldSo(t *testing.T) {
	s, targets := serveRoutes(t)
	delete(targets, "status")
	delete(targets, "changes") // each part is asked for once
	for name, target := range targets {
		tags := map[string]string{}
		for _, coding := range []string{"", "gzip", "zstd"} {
			got := s.get(t, target, "Accept-Encoding", coding)
			tag := got.Header.Get("ETag")
			require.Regexp(t, `^"[\w-]{20}(-gzip|-zstd)?"$`, tag, name)
			require.Equal(t, got.Header.Get("Content-Encoding") != "", strings.HasSuffix(tag, `-`+coding+`"`) && coding != "", name)
			require.Equal(t, tag, s.get(t, target, "Accept-Encoding", coding).Header.Get("ETag"), "it stays the same")
			tags[coding] = tag
		}
		plain := tags[""]
		for given, has := range map[string]bool{
			plain: true, tags["gzip"]: true, tags["zstd"]: true, "W/" + plain: true, `"x", ` + plain: true, plain + `,"x"`: true, "*": true, ` "x" ,  W/` + tags["gzip"] + " ": true,
			"": false, `"x"`: false, strings.Trim(plain, `"`): false, plain[:10] + `"`: false, `"` + plain: false, `W/`: false, `"`: false, `,`: false,
		} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				got := s.ask(t, method, target, "If-None-Match", given, "Accept-Encoding", "gzip")
				if !has {
					assert.Equal(t, http.StatusOK, got.StatusCode, "%s: %s", name, given)
					continue
				}
				assert.Equal(t, http.StatusNotModified, got.StatusCode, "%s: %s", name, given)
				assert.Empty(t, got.body)
				assert.Equal(t, tags["gzip"], got.Header.Get("ETag"))
				assert.Equal(t, "public, max-age=1, stale-if-error=60", got.Header.Get("Cache-Control"))
				assert.Equal(t, "Accept-Encoding", got.Header.Get("Vary"))
				assert.NotEmpty(t, got.Header.Get("Cache-Status"))
				assert.NotEmpty(t, got.Header.Get("X-Request-Id"))
				assert.Equal(t, name == "list", got.Header.Get("Link") != "", name)
				assert.Empty(t, got.Header.Get("Content-Type"))
				assert.Empty(t, got.Header.Get("Content-Encoding"))
			}
		}
	}
}

// The same in another process, and another one after a change.
func TestATagStandsForABody(t *testing.T) {
	tag := func(events ...event.Event) string {
		b := newBillboard(t, events...)
		return serve(t, service{events: search.NewEvents(b, 100), options: httpapi.Options{Answers: keeping(following(t, b))}}).get(t, "/search").Header.Get("ETag")
	}
	renamed := camela
	renamed.Facts.Title += "!"
	first := tag(camela)
	assert.Equal(t, first, tag(camela))
	assert.NotEqual(t, first, tag(renamed))
	assert.Equal(t, first, serve(t, service{events: search.NewEvents(newBillboard(t, camela), 100)}).get(t, "/search").Header.Get("ETag"), "whether it is kept or not")
}

func TestAKeptAnswerIsNotMadeForWhoHasIt(t *testing.T) {
	s, c, _ := serveKept(t, search.NewEvents(summer, 10))
	tag := s.get(t, "/search").Header.Get("ETag")
	got := s.get(t, "/search", "If-None-Match", tag)
	assert.Equal(t, http.StatusNotModified, got.StatusCode)
	assert.Contains(t, got.Header.Get("Cache-Status"), "hit")
	assert.EqualValues(t, 1, c.asked.Load())
}

// eventsAt are of a version.
type eventsAt struct {
	httpapi.Events
	at *catalogue.Version
}

func (e eventsAt) All(ctx context.Context, r event.TimeRange) (catalogue.Page, error) {
	page, err := e.Events.All(ctx, r)
	page.At = *e.at
	return page, err
}

// What is too long to be kept has a tag that is known before it is written.
func TestALongAnswerHasTheTagOfItsVersion(t *testing.T) {
	at := catalogue.Version{Number: 7, Tag: 1}
	s := serve(t, service{events: eventsAt{many(10_000), &at}})
	tag := func(target string) string { return s.get(t, target).Header.Get("ETag") }
	first := tag("/search")
	assert.Regexp(t, `^"[\w-]{20}"$`, first)
	assert.Equal(t, first, tag("/search"))
	assert.Equal(t, http.StatusNotModified, s.get(t, "/search", "If-None-Match", first).StatusCode)
	assert.NotEqual(t, first, tag("/search?starts_at=1970-01-01T00:00:00Z"), "another question")
	at.Tag++
	assert.NotEqual(t, first, tag("/search"), "another history")
	assert.Equal(t, http.StatusOK, s.get(t, "/search", "If-None-Match", first).StatusCode)
}

func TestErrorsAreToldToWhoeverHasSomething(t *testing.T) {
	s, _ := serveRoutes(t)
	for target, status := range map[string]int{"/search?starts_at=x": 400, "/nowhere": 404, "/events/" + museum.ID.String(): 404} {
		got := s.get(t, target, "If-None-Match", "*", "Accept-Encoding", "gzip")
		assert.Equal(t, status, got.StatusCode, target)
		assert.Empty(t, got.Header.Get("ETag"), target)
		got.problem(t)
	}
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	s, targets := serveRoutes(t)
	large := serve(t, service{events: many(10_000)})
	for _, coding := range []string{"", "gzip", "zstd"} {
		same := func(s *service, target string) {
			get, head := s.get(t, target, "Accept-Encoding", coding), s.ask(t, http.MethodHead, target, "Accept-Encoding", coding)
			assert.Equal(t, get.StatusCode, head.StatusCode)
			assert.Empty(t, head.body)
			assert.Equal(t, get.ContentLength, head.ContentLength, "%s, %q", target, coding)
			for _, name := range []string{"Content-Type", "Content-Encoding", "Cache-Control", "ETag", "Link", "Vary", "Access-Control-Allow-Origin"} {
				assert.Equal(t, get.Header.Get(name), head.Header.Get(name), "%s of %s, %q", name, target, coding)
			}
		}
		for _, target := range targets {
			s.get(t, target) // from here on it is a hit
			same(s, target)
		}
		same(large, "/search")
	}
}

func TestOtherOriginsMayRead(t *testing.T) {
	s, targets := serveRoutes(t)
	targets["an error"], targets["no route"] = "/search?starts_at=x", "/nowhere"
	for name, target := range targets {
		got := s.get(t, target, "Origin", "https://guide.example")
		assert.Equal(t, "*", got.Header.Get("Access-Control-Allow-Origin"), name)
		assert.Contains(t, got.Header.Get("Access-Control-Expose-Headers"), "ETag, Link, Cache-Status")
		assert.Empty(t, got.Header.Get("Access-Control-Allow-Credentials"))
	}
	limited := serve(t, service{options: httpapi.Options{Limiter: once()}})
	for range 5 {
		asked := limited.ask(t, http.MethodOptions, "/events/"+camela.ID.String(),
			"Origin", "https://guide.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
		assert.Equal(t, http.StatusNoContent, asked.StatusCode)
		assert.Equal(t, "*", asked.Header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, "GET, HEAD, OPTIONS", asked.Header.Get("Access-Control-Allow-Methods"))
		assert.Contains(t, asked.Header.Get("Access-Control-Allow-Headers"), "If-None-Match")
		assert.Equal(t, "86400", asked.Header.Get("Access-Control-Max-Age"))
		assert.Empty(t, asked.body)
	}
	assert.Equal(t, http.StatusOK, limited.get(t, "/search").StatusCode, "what a browser asks first costs nothing")
	assert.Equal(t, http.StatusTooManyRequests, limited.get(t, "/search", "Origin", "https://guide.example").StatusCode)
}

func TestOptions(t *testing.T) {
	s, targets := serveRoutes(t)
	for name, target := range targets {
		got := s.ask(t, http.MethodOptions, target)
		assert.Equal(t, http.StatusNoContent, got.StatusCode, name)
		assert.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"), name)
		assert.Empty(t, got.Header.Get("Access-Control-Allow-Methods"), "nobody has asked")
	}
	got := s.ask(t, http.MethodOptions, "/nowhere")
	code, _ := got.problem(t)
	assert.Equal(t, "not_found", code)
}

// A transfer that breaks is never taken for a whole answer, whatever it is compressed with.
func TestABrokenTransferIsSeen(t *testing.T) {
	for _, coding := range []string{"", "gzip", "zstd"} {
		s := serve(t, service{events: many(10_000), around: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(&breaking{ResponseWriter: w, left: 100_000}, r)
			})
		}})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/search", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept-Encoding", coding)
		response, err := client.Do(r)
		require.NoError(t, err)
		var got bytes.Buffer
		_, err = io.Copy(&got, response.Body)
		require.NoError(t, response.Body.Close())
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, coding)
	}
}

// breaking panics when so many bytes were written.
type breaking struct {
	http.ResponseWriter
	left int
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		panic(http.ErrAbortHandler)
	}
	return b.ResponseWriter.Write(p)
}

func (b *breaking) Unwrap() http.ResponseWriter { return b.ResponseWriter }
