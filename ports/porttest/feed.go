package porttest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// FeedUnderTest is an adapter of ports.Feed over HTTP, and its format.
type FeedUnderTest struct {
	Open func(*testing.T) ports.Feed
	// Render writes a feed of these records, in this order, in the adapter's format. Records that follow
	// each other with equal Base fields may become one base event.
	Render func([]catalogue.Record) []byte
}

// Feed is what every adapter of ports.Feed promises. It is asked over real connections.
func Feed(t *testing.T, f FeedUnderTest) {
	cases := map[string]func(*testing.T, FeedUnderTest){
		"records come in order, each with its place":        feedOrder,
		"values come exactly as the feed has them":          feedValues,
		"a record without identity comes as well":           feedNameless,
		"a list of nothing is read to its end":              feedNothing,
		"records are the callee's to keep":                  feedKept,
		"the error of each ends it and comes back as it is": feedStopped,
		"a feed that is cut is an error, after its records": feedCut,
		"what is no feed is an error":                       feedNonsense,
		"a feed is not modified since its validators":       feedNotModified,
		"not modified is believed only when asked for":      feedNotModifiedUnasked,
		"compressed feeds are read":                         feedCompressed,
		"another status is an error with what it says":      feedStatus,
		"a provider that is away is unavailable":            feedAway,
		"a cancelled reading stops and nobody failed":       feedCancelled,
		"a deadline is the provider's fault":                feedDeadline,
		"a URL that is none is invalid":                     feedBadURL,
		"readings do not disturb each other":                feedParallel,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) { run(t, f) })
	}
}

func feedOrder(t *testing.T, f FeedUnderTest) {
	want := sampleRecords(50)
	body := f.Render(want)
	got, receipt, err := f.fetch(t, serveFeedBody(t, body), catalogue.Validators{})
	require.NoError(t, err)
	requireRecords(t, want, got)
	assert.False(t, receipt.NotModified)
	assert.EqualValues(t, len(body), receipt.Bytes)
}

func feedValues(t *testing.T, f FeedUnderTest) {
	values := []string{
		"", " ", "  both ends  ", "two  blanks", "tab\there", "line\nend", "carriage\rreturn", "both\r\nof them", "&", "&amp;", "&#65;", "<b>bold</b>", `"double" 'single'`,
		"]]>", "-->", "Fundación Ñandú", "Эрмитаж", "東京ドーム", "🎭🎟️", "e\u0301 is not \u00e9", "\u00a0no-break", "\u2028", "00042", "+1.50", "1e3", "null",
		"2021-09-31T20:00:00", `back\slash`, "{}", "%41",
	}
	var want []catalogue.Record
	for i, v := range values {
		r := sampleRecord(i + 1)
		r.Base = catalogue.Fields{{Name: catalogue.BaseID, Value: "b" + v}, {Name: catalogue.BaseTitle, Value: v}}
		r.Event = catalogue.Fields{{Name: catalogue.EventID, Value: "e" + v}, {Name: catalogue.FieldVenue, Value: v}}
		r.Zones = []catalogue.Fields{{{Name: catalogue.ZoneName, Value: v}}, {{Name: catalogue.ZoneName, Value: v}}}
		want = append(want, r)
	}
	got, _, err := f.fetch(t, serveFeedBody(t, f.Render(want)), catalogue.Validators{})
	require.NoError(t, err)
	requireRecords(t, want, got)
}

func feedNameless(t *testing.T, f FeedUnderTest) {
	want := sampleRecords(3)
	want[1].Base = catalogue.Fields{{Name: catalogue.BaseTitle, Value: "Without an id"}}
	want[1].Event = catalogue.Fields{{Name: catalogue.EventStart, Value: "2021-06-30T21:00:00"}}
	want[1].Zones = nil
	got, _, err := f.fetch(t, serveFeedBody(t, f.Render(want)), catalogue.Validators{})
	require.NoError(t, err)
	requireRecords(t, want, got)
}

func feedNothing(t *testing.T, f FeedUnderTest) {
	got, receipt, err := f.fetch(t, serveFeedBody(t, f.Render(nil)), catalogue.Validators{})
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.False(t, receipt.NotModified)
}

func feedKept(t *testing.T, f FeedUnderTest) {
	want := sampleRecords(1_000)
	got, _, err := f.fetch(t, serveFeedBody(t, f.Render(want)), catalogue.Validators{})
	require.NoError(t, err)
	for i := range got { // what the first ones say must have outlived the reading of the last
		got[i].Event = append(got[i].Event, catalogue.Field{Name: "mine", Value: "now"})
		got[i].Zones = append(got[i].Zones, catalogue.Fields{})
	}
	for i := range want {
		want[i].Event = append(want[i].Event, catalogue.Field{Name: "mine", Value: "now"})
		want[i].Zones = append(want[i].Zones, catalogue.Fields{})
	}
	requireRecords(t, want, got)
}

func feedStopped(t *testing.T, f FeedUnderTest) {
	url := serveFeedBody(t, f.Render(sampleRecords(5_000)))
	full := errors.New("no more room")
	var seen int
	_, err := f.Open(t).Fetch(t.Context(), feedSource(url), catalogue.Validators{}, func(catalogue.Record) error {
		seen++
		if seen == 3 {
			return full
		}
		return nil
	})
	if err != full { //nolint:errorlint // unchanged is what is promised
		t.Errorf("each returned %v, Fetch returned %v", full, err)
	}
	assert.Equal(t, 3, seen, "records handed over")
}

func feedCut(t *testing.T, f FeedUnderTest) {
	want := sampleRecords(1_000)
	whole := f.Render(want)
	half := whole[:len(whole)/2]
	ends := map[string]http.HandlerFunc{
		"by an orderly end": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(half) },
		"by a connection that broke": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(half)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"short of its announced length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
			_, _ = w.Write(half)
		},
		"compressed, by an orderly end": func(w http.ResponseWriter, _ *http.Request) {
			zipped := gzipFeed(whole)
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped[:len(zipped)/2])
		},
		"compressed after it was cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(gzipFeed(half))
		},
	}
	for name, handler := range ends {
		t.Run(name, func(t *testing.T) {
			got, receipt, err := f.fetch(t, serveFeed(t, handler), catalogue.Validators{})
			assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
			assert.Zero(t, receipt)
			if len(got) == 0 || len(got) >= len(want) {
				t.Fatalf("%d of %d records were handed over from half a feed", len(got), len(want))
			}
			requireRecords(t, want[:len(got)], got)
		})
	}
	t.Run("at its last byte but one", func(t *testing.T) {
		few := want[:3]
		body := bytes.TrimSpace(f.Render(few))
		got, _, err := f.fetch(t, serveFeedBody(t, body[:len(body)-1]), catalogue.Validators{})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		requireRecords(t, few, got)
	})
}

func feedNonsense(t *testing.T, f FeedUnderTest) {
	bodies := map[string]string{
		"empty":         "",
		"blank":         " \r\n\t ",
		"a page":        "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body><p>Back soon</body></html>",
		"a sentence":    "Service temporarily unavailable",
		"another JSON":  `{"error":{"message":"quota exceeded"}}`,
		"another XML":   `<?xml version="1.0"?><rss version="2.0"><channel><item><title>Concert</title></item></channel></rss>`,
		"zeros":         string(make([]byte, 4096)),
		"not a gzip":    "\x1f\x8b\x08\x00 but no more than its first bytes",
		"two documents": string(f.Render(nil)) + string(f.Render(nil)),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			got, receipt, err := f.fetch(t, serveFeedBody(t, []byte(body)), catalogue.Validators{})
			assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
			assert.Empty(t, got)
			assert.Zero(t, receipt)
		})
	}
}

func feedNotModified(t *testing.T, f FeedUnderTest) {
	const changed = "Wed, 30 Jun 2021 21:00:00 GMT"
	want := sampleRecords(3)
	body := f.Render(want)
	type request struct{ match, since string }
	var asked []request
	url := serveFeed(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, request{r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")})
		w.Header().Set("ETag", `W/"7"`)
		w.Header().Set("Last-Modified", changed)
		if r.Header.Get("If-None-Match") == `W/"7"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(body)
	})
	whole := catalogue.Validators{ETag: `W/"7"`, LastModified: changed}

	got, receipt, err := f.fetch(t, url, catalogue.Validators{})
	require.NoError(t, err)
	requireRecords(t, want, got)
	assert.Equal(t, whole, receipt.Validators)

	got, receipt, err = f.fetch(t, url, receipt.Validators)
	require.NoError(t, err)
	assert.Empty(t, got)
	assert.Equal(t, catalogue.Receipt{NotModified: true, Validators: whole}, receipt)

	got, receipt, err = f.fetch(t, url, catalogue.Validators{ETag: `"6"`})
	require.NoError(t, err)
	requireRecords(t, want, got)
	assert.Equal(t, whole, receipt.Validators)
	assert.False(t, receipt.NotModified)

	assert.Equal(t, []request{{}, {`W/"7"`, changed}, {`"6"`, ""}}, asked)
}

func feedNotModifiedUnasked(t *testing.T, f FeedUnderTest) {
	url := serveFeed(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	_, receipt, err := f.fetch(t, url, catalogue.Validators{})
	assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	assert.Zero(t, receipt)
}

func feedCompressed(t *testing.T, f FeedUnderTest) {
	want := sampleRecords(200)
	body := f.Render(want)
	ways := map[string]struct {
		encoding string
		body     []byte
	}{
		"for the connection":   {"gzip", gzipFeed(body)},
		"as a file":            {"", gzipFeed(body)},
		"a file, once more":    {"gzip", gzipFeed(gzipFeed(body))},
		"said, but not done":   {"gzip", body},
		"in several members":   {"gzip", append(gzipFeed(body[:100]), gzipFeed(body[100:])...)},
		"by the name identity": {"identity", body},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			url := serveFeed(t, func(w http.ResponseWriter, _ *http.Request) {
				if way.encoding != "" {
					w.Header().Set("Content-Encoding", way.encoding)
				}
				_, _ = w.Write(way.body)
			})
			got, receipt, err := f.fetch(t, url, catalogue.Validators{})
			require.NoError(t, err)
			requireRecords(t, want, got)
			assert.EqualValues(t, len(body), receipt.Bytes, "bytes after decompression")
		})
	}
	t.Run("in a way nobody asked for", func(t *testing.T) {
		url := serveFeed(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			_, _ = w.Write(body)
		})
		_, _, err := f.fetch(t, url, catalogue.Validators{})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		assert.ErrorContains(t, err, "br")
	})
}

func feedStatus(t *testing.T, f FeedUnderTest) {
	tests := map[string]struct {
		status     int
		retryAfter string
		least      time.Duration
		most       time.Duration
	}{
		"a fault of the provider":       {http.StatusInternalServerError, "", 0, 0},
		"not found":                     {http.StatusNotFound, "", 0, 0},
		"not allowed":                   {http.StatusForbidden, "", 0, 0},
		"a success that is no feed":     {http.StatusNoContent, "", 0, 0},
		"unavailable for some seconds":  {http.StatusServiceUnavailable, "17", 17 * time.Second, 17 * time.Second},
		"too often, until a date":       {http.StatusTooManyRequests, time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat), 5 * time.Minute, 10 * time.Minute},
		"until a date that is past":     {http.StatusServiceUnavailable, "Wed, 30 Jun 2021 21:00:00 GMT", 0, 0},
		"for longer than makes sense":   {http.StatusServiceUnavailable, "99999999999999999", time.Minute, 24 * time.Hour},
		"for a time that does not read": {http.StatusServiceUnavailable, "soon", 0, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			url := serveFeed(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.retryAfter != "" {
					w.Header().Set("Retry-After", tt.retryAfter)
				}
				w.WriteHeader(tt.status)
				if tt.status != http.StatusNoContent {
					_, _ = w.Write(f.Render(sampleRecords(1_000)))
				}
			})
			got, receipt, err := f.fetch(t, url, catalogue.Validators{})
			assert.Empty(t, got, "records of an answer that was refused")
			assert.Zero(t, receipt)
			e, ok := errors.AsType[*fault.Error](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, fault.Unavailable, e.Kind)
			assert.Contains(t, err.Error(), strconv.Itoa(tt.status))
			assert.Less(t, len(err.Error()), 2_000)
			if e.RetryAfter < tt.least || e.RetryAfter > tt.most {
				t.Errorf("RetryAfter is %v, want %v to %v", e.RetryAfter, tt.least, tt.most)
			}
		})
	}
}

func feedAway(t *testing.T, f FeedUnderTest) {
	t.Run("nobody listens", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		got, _, err := f.fetch(t, server.URL+"/feed", catalogue.Validators{})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		assert.Empty(t, got)
	})
	t.Run("it hangs up", func(t *testing.T) {
		url := serveFeed(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		got, _, err := f.fetch(t, url, catalogue.Validators{})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		assert.Empty(t, got)
	})
	t.Run("it sends round in circles", func(t *testing.T) {
		var asked int
		url := serveFeed(t, func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, "/again", http.StatusFound)
		})
		_, _, err := f.fetch(t, url, catalogue.Validators{})
		assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		assert.LessOrEqual(t, asked, 20, "requests")
	})
}

func feedCancelled(t *testing.T, f FeedUnderTest) {
	t.Run("before it began", func(t *testing.T) {
		url := serveFeedBody(t, f.Render(sampleRecords(3)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, _, err := readFeed(ctx, f.Open(t), url, catalogue.Validators{})
		assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		assert.Empty(t, got)
	})
	t.Run("between two records", func(t *testing.T) {
		url := serveFeedBody(t, f.Render(sampleRecords(1_000)))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var seen int
		_, err := f.Open(t).Fetch(ctx, feedSource(url), catalogue.Validators{}, func(catalogue.Record) error {
			seen++
			if seen == 2 {
				cancel()
			}
			return nil
		})
		assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		assert.Equal(t, 2, seen, "records handed over")
	})
	t.Run("while the provider is silent", func(t *testing.T) {
		body := f.Render(sampleRecords(1_000))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		url := serveFeed(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(body[:len(body)/2])
			_ = http.NewResponseController(w).Flush()
			cancel()
			<-r.Context().Done()
		})
		_, _, err := readFeed(ctx, f.Open(t), url, catalogue.Validators{})
		assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
	})
}

func feedDeadline(t *testing.T, f FeedUnderTest) {
	url := serveFeed(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err := readFeed(ctx, f.Open(t), url, catalogue.Validators{})
	assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
}

func feedBadURL(t *testing.T, f FeedUnderTest) {
	for _, url := range []string{"", "feed", "/feed", "ftp://provider.example/feed", "http://", "http://[::1", "file:///feed", "http://a b/"} {
		_, _, err := f.fetch(t, url, catalogue.Validators{})
		assert.Equal(t, fault.Invalid, fault.KindOf(err), "%q: %v", url, err)
	}
}

func feedParallel(t *testing.T, f FeedUnderTest) {
	feed := f.Open(t)
	var wg sync.WaitGroup
	for i := range 8 {
		want := sampleRecords(50 * (i + 1))
		url := serveFeedBody(t, f.Render(want))
		wg.Go(func() {
			got, _, err := readFeed(t.Context(), feed, url, catalogue.Validators{})
			if assert.NoError(t, err) && len(got) == len(want) {
				for j := range want {
					assert.True(t, sameRecord(want[j], got[j]), "reading %d, record %d", i, j)
				}
				return
			}
			t.Errorf("reading %d: %d records, want %d", i, len(got), len(want))
		})
	}
	wg.Wait()
}

func (f FeedUnderTest) fetch(t *testing.T, url string, since catalogue.Validators) ([]catalogue.Record, catalogue.Receipt, error) {
	t.Helper()
	return readFeed(t.Context(), f.Open(t), url, since)
}

func readFeed(ctx context.Context, feed ports.Feed, url string, since catalogue.Validators) (got []catalogue.Record, receipt catalogue.Receipt, err error) {
	receipt, err = feed.Fetch(ctx, feedSource(url), since, func(r catalogue.Record) error {
		got = append(got, r)
		return nil
	})
	return got, receipt, err
}

func feedSource(url string) catalogue.Source {
	return catalogue.Source{ID: "default", URL: url, Location: time.UTC}
}

func serveFeed(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections() // an idle connection of the adapter is the adapter's to close, not ours to wait for
		server.Close()
	})
	return server.URL + "/feed"
}

func serveFeedBody(t *testing.T, body []byte) string {
	t.Helper()
	return serveFeed(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
}

func gzipFeed(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}

// sampleRecords are n events of bases that have three each.
func sampleRecords(n int) []catalogue.Record {
	records := make([]catalogue.Record, n)
	for i := range records {
		records[i] = sampleRecord(i + 1)
	}
	return records
}

func sampleRecord(position int) catalogue.Record {
	base := strconv.Itoa((position-1)/3 + 1)
	own := strconv.Itoa(position)
	r := catalogue.Record{
		Position: position,
		Base: catalogue.Fields{
			{Name: catalogue.BaseID, Value: base},
			{Name: catalogue.BaseSellMode, Value: "online"},
			{Name: catalogue.BaseTitle, Value: "Camela & “friends” No. " + base},
		},
		Event: catalogue.Fields{
			{Name: catalogue.EventStart, Value: "2021-06-30T21:00:00"},
			{Name: catalogue.EventEnd, Value: "2021-06-30T22:00:00"},
			{Name: catalogue.EventID, Value: own},
			{Name: catalogue.EventSoldOut, Value: "false"},
			{Name: "house_rule", Value: "no one knows this field"},
		},
	}
	for z := range position % 4 {
		r.Zones = append(r.Zones, catalogue.Fields{
			{Name: catalogue.ZoneID, Value: "186"}, // the same in all of them, as real feeds have it
			{Name: catalogue.ZoneCapacity, Value: strconv.Itoa(z)},
			{Name: catalogue.ZonePrice, Value: fmt.Sprintf("%d.00", 15+z)},
			{Name: catalogue.ZoneName, Value: "Platea <" + own + ">"},
		})
	}
	return r
}

func requireRecords(t *testing.T, want, got []catalogue.Record) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if !sameRecord(want[i], got[i]) {
			t.Fatalf("record %d:\n got %+v\nwant %+v", i+1, got[i], want[i])
		}
	}
	require.Len(t, got, len(want), "records")
}

// sameRecord takes no fields and none given as the same.
func sameRecord(a, b catalogue.Record) bool {
	return a.Position == b.Position && a.Flaw == b.Flaw && a.Damaged == b.Damaged &&
		slices.Equal(a.Base, b.Base) && slices.Equal(a.Event, b.Event) &&
		slices.EqualFunc(a.Zones, b.Zones, slices.Equal)
}
