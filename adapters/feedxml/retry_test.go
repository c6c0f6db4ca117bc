package feedxml

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// hasty are retries as they are, but for the waits.
var hasty = Retries{Wait: time.Millisecond}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func body(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

func TestWhatIsWorthARetry(t *testing.T) {
	feed := generatedFeed(3, 1)
	head, _, _ := bytes.Cut(feed, []byte("<base_event"))
	zipped := gzipped(generatedFeed(1_000, 1))
	bounded := Options{Limits: Limits{Bytes: 1 << 10}}
	patient := Options{Timeouts: Timeouts{Answer: 20 * time.Millisecond, Idle: 20 * time.Millisecond}}
	unhurried := Options{Timeouts: Timeouts{Idle: 250 * time.Millisecond}} // enough for a record on a busy machine
	stalled := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(head)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	tests := map[string]struct {
		provider http.HandlerFunc
		options  Options
		code     string
		again    bool
	}{
		"500":                               {status(500), Options{}, CodeRefused, true},
		"502":                               {status(502), Options{}, CodeRefused, true},
		"503":                               {status(503), Options{}, CodeRefused, true},
		"504":                               {status(504), Options{}, CodeRefused, true},
		"too many requests":                 {status(429), Options{}, CodeRefused, true},
		"request time-out":                  {status(408), Options{}, CodeRefused, true},
		"no answer":                         {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, patient, CodeUnreachable, true},
		"a connection that breaks":          {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Options{}, CodeUnreachable, true},
		"silence before the first record":   {stalled, patient, CodeUnreachable, true},
		"an empty body":                     {body(nil), Options{}, CodeCut, true},
		"an empty body, compressed":         {body(gzipped(nil)), Options{}, CodeCut, true},
		"an end before the first record":    {body(head), Options{}, CodeCut, true},
		"an end in its first bytes":         {body(zipped[:5]), Options{}, CodeCut, true},
		"a break before the first record":   {broken(head), Options{}, CodeCut, true},
		"400":                               {status(400), Options{}, CodeRefused, false},
		"401":                               {status(401), Options{}, CodeRefused, false},
		"403":                               {status(403), Options{}, CodeRefused, false},
		"404":                               {status(404), Options{}, CodeRefused, false},
		"410":                               {status(410), Options{}, CodeRefused, false},
		"a success that is no feed":         {status(204), Options{}, CodeRefused, false},
		"a 304 that nobody asked for":       {status(304), Options{}, CodeRefused, false},
		"a page":                            {body([]byte("<!DOCTYPE html><html><body>Back soon</body></html>")), Options{}, CodeGarbled, false},
		"words":                             {body([]byte("quota exceeded")), Options{}, CodeGarbled, false},
		"an encoding that nobody knows":     {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "br") }, Options{}, CodeGarbled, false},
		"too large":                         {body(append(bytes.Clone(head), strings.Repeat(" ", 2<<10)...)), bounded, CodeTooLarge, false},
		"too many redirects":                {http.RedirectHandler("/", http.StatusFound).ServeHTTP, Options{}, CodeMisdirected, false},
		"an end behind the first record":    {body(feed[:len(feed)-30]), Options{}, CodeCut, false},
		"a break behind the first record":   {broken(feed[:len(feed)-30]), Options{}, CodeCut, false},
		"silence behind the first record":   {func(w http.ResponseWriter, r *http.Request) { stalledAfter(w, r, feed[:len(feed)-30]) }, unhurried, CodeUnreachable, false},
		"garbage behind the first record":   {body(append(bytes.Clone(feed[:len(feed)-30]), "<<<>>>"...)), Options{}, CodeGarbled, false},
		"a redirect to an unknown protocol": {http.RedirectHandler("gopher://host/", http.StatusFound).ServeHTTP, Options{}, CodeMisdirected, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tt.provider)
			defer server.Close()
			requireRetries(t, server.URL, tt.options, tt.code, tt.again)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		requireRetries(t, server.URL, Options{}, CodeUnreachable, true)
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		server := httptest.NewUnstartedServer(body(feed))
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // it is told of a bad certificate
		server.StartTLS()
		defer server.Close()
		requireRetries(t, server.URL, Options{}, CodeUnreachable, false)
	})
}

// broken is an answer whose connection breaks after its first bytes.
func broken(first []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(first)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func stalledAfter(w http.ResponseWriter, r *http.Request, first []byte) {
	_, _ = w.Write(first)
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// requireRetries reads a feed that always fails, and looks at what was tried.
func requireRetries(t *testing.T, url string, o Options, code string, again bool) {
	t.Helper()
	o.Retries = hasty
	var retries []int
	o.OnRetry = func(_ context.Context, provider string, attempt int, wait time.Duration, err error) {
		assert.Equal(t, "city-hall", provider)
		assert.Positive(t, wait)
		requireCode(t, code, err)
		retries = append(retries, attempt)
	}
	feed := New(o)
	defer feed.Close()
	_, err := feed.Fetch(t.Context(), catalogue.Source{ID: "city-hall", URL: url}, catalogue.Validators{}, func(catalogue.Record) error { return nil })
	requireCode(t, code, err)
	if !again {
		assert.Empty(t, retries)
		assert.NotContains(t, err.Error(), "attempts")
		return
	}
	assert.Equal(t, []int{1, 2, 3}, retries)
	assert.True(t, strings.HasPrefix(err.Error(), "4 attempts, the last: "), "%v", err)
}

// script answers one request after the other, the last for ever.
func script(asked *int, answers ...roundTrip) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		*asked++
		return answers[min(*asked, len(answers))-1](r)
	}
}

func refusing(code int, retryAfter string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		refusal := answer(strings.NewReader("later"))
		refusal.StatusCode = code
		if retryAfter != "" {
			refusal.Header.Set("Retry-After", retryAfter)
		}
		return refusal, nil
	}
}

func serving(body []byte) roundTrip {
	return func(*http.Request) (*http.Response, error) { return answer(bytes.NewReader(body)), nil }
}

func hanging(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// from is a source at a provider that only a roundTrip knows.
func from(id string) catalogue.Source {
	return catalogue.Source{ID: id, URL: "http://provider.example/feed"}
}

func ignore(catalogue.Record) error { return nil }

func TestRecordsComeOnceAfterRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		whole := generatedFeed(3, 1)
		feed := New(Options{Transport: script(&asked, refusing(503, ""), serving(nil), serving(whole))})
		var records int
		receipt, err := feed.Fetch(t.Context(), from("a"), catalogue.Validators{}, func(catalogue.Record) error {
			records++
			return nil
		})
		require.NoError(t, err)
		assert.Equal(t, 3, asked)
		assert.Equal(t, 3, records)
		assert.EqualValues(t, len(whole), receipt.Bytes)
	})
}

func TestTheErrorOfEachIsItsOwnAlsoAfterARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		full := error(fault.New(fault.Unavailable, "the broker is away"))
		feed := New(Options{Transport: script(&asked, refusing(503, ""), serving(generatedFeed(3, 1)))})
		_, err := feed.Fetch(t.Context(), from("a"), catalogue.Validators{}, func(catalogue.Record) error { return full })
		assert.Same(t, full, err)
		assert.Equal(t, 2, asked)
	})
}

func TestWaitsGrowAndVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		var asked int
		feed := New(Options{
			Transport: script(&asked, refusing(503, "")),
			Retries:   Retries{Most: 6, Wait: time.Second, LongestWait: 8 * time.Second},
			OnRetry: func(_ context.Context, _ string, _ int, wait time.Duration, _ error) {
				waits = append(waits, wait)
			},
		})
		began := time.Now()
		_, err := feed.Fetch(t.Context(), from("a"), catalogue.Validators{}, ignore)
		requireCode(t, CodeRefused, err)
		require.Len(t, waits, 6)
		var sum time.Duration
		round := 0
		for i, about := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second, 8 * time.Second} {
			assert.InDelta(t, about, waits[i], float64(about/4), "wait %d", i+1)
			sum += waits[i]
			if waits[i] == about {
				round++
			}
		}
		assert.Less(t, round, 6, "readers that failed together do not come back together")
		assert.Equal(t, sum, time.Since(began), "what is told is what is waited")
	})
}

func TestARetryComesWhenTheProviderAsksFor(t *testing.T) {
	tests := map[string]struct {
		retryAfter func() string
		patience   time.Duration // of the caller
		asked      int
		ends       time.Duration
		told       time.Duration // by the error
	}{
		"seconds":               {func() string { return "7" }, time.Hour, 2, 7 * time.Second, 0},
		"a date":                {func() string { return time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat) }, time.Hour, 2, 7 * time.Second, 0},
		"as long as it may":     {func() string { return "10" }, time.Hour, 2, 10 * time.Second, 0},
		"too long":              {func() string { return "11" }, time.Hour, 1, 0, 11 * time.Second},
		"a date too far":        {func() string { return time.Now().Add(time.Minute).UTC().Format(http.TimeFormat) }, time.Hour, 1, 0, time.Minute},
		"longer than is left":   {func() string { return "7" }, 5 * time.Second, 1, 0, 7 * time.Second},
		"exactly what is left":  {func() string { return "7" }, 7 * time.Second, 1, 0, 7 * time.Second},
		"a little less than it": {func() string { return "7" }, 7*time.Second + 1, 2, 7 * time.Second, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked int
				feed := New(Options{Transport: script(&asked, refusing(503, tt.retryAfter()), serving(generatedFeed(1, 1)))})
				ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
				defer cancel()
				began := time.Now()
				_, err := feed.Fetch(ctx, from("a"), catalogue.Validators{}, ignore)
				assert.Equal(t, tt.ends, time.Since(began))
				assert.Equal(t, tt.asked, asked)
				if tt.told == 0 {
					require.NoError(t, err)
					return
				}
				e, ok := errors.AsType[*fault.Error](err)
				require.True(t, ok, "%v", err)
				assert.Equal(t, tt.told, e.RetryAfter)
			})
		})
	}
	t.Run("sooner than we would", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var asked int
			feed := New(Options{Transport: script(&asked, refusing(503, "1"), serving(generatedFeed(1, 1))), Retries: Retries{Wait: 8 * time.Second}})
			began := time.Now()
			_, err := feed.Fetch(t.Context(), from("a"), catalogue.Validators{}, ignore)
			require.NoError(t, err)
			assert.GreaterOrEqual(t, time.Since(began), 6*time.Second)
		})
	})
}

func TestRetriesHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		feed := New(Options{
			Transport: script(&asked, refusing(503, "")),
			Retries:   Retries{Wait: time.Millisecond, Budget: 5, Refill: time.Minute},
			Breaker:   Breaker{Failures: -1},
		})
		requests := func(provider string) int {
			asked = 0
			_, err := feed.Fetch(t.Context(), from(provider), catalogue.Validators{}, ignore)
			requireCode(t, CodeRefused, err)
			return asked
		}
		assert.Equal(t, 4, requests("a"))
		assert.Equal(t, 3, requests("a"), "two were left")
		assert.Equal(t, 1, requests("a"))
		assert.Equal(t, 4, requests("b"), "each provider has its own")
		time.Sleep(2 * time.Minute)
		assert.Equal(t, 3, requests("a"))
		assert.Equal(t, 1, requests("a"))
		time.Sleep(time.Hour)
		assert.Equal(t, 4, requests("a"))
		assert.Equal(t, 3, requests("a"), "it does not save up more than there was at first")
	})
}

func TestAllAttemptsTogetherAreBounded(t *testing.T) {
	tests := map[string]struct {
		provider roundTrip
		timeouts Timeouts
		ends     time.Duration
		asked    int
	}{
		"no answer ever":     {hanging, Timeouts{Answer: 2 * time.Second, Total: 5 * time.Second}, 5 * time.Second, 2},
		"no time for a wait": {refusing(503, ""), Timeouts{Total: 700 * time.Millisecond}, 500 * time.Millisecond, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked int
				feed := New(Options{Transport: script(&asked, tt.provider), Timeouts: tt.timeouts})
				began := time.Now()
				_, err := feed.Fetch(t.Context(), from("a"), catalogue.Validators{}, ignore)
				assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
				assert.InDelta(t, tt.ends, time.Since(began), float64(tt.ends/4))
				assert.LessOrEqual(t, time.Since(began), tt.timeouts.Total)
				assert.Equal(t, tt.asked, asked)
			})
		})
	}
}

func TestAWaitEndsWithItsCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		ctx, cancel := context.WithCancel(t.Context())
		feed := New(Options{
			Transport: script(&asked, refusing(502, "")),
			OnRetry:   func(context.Context, string, int, time.Duration, error) { time.AfterFunc(time.Millisecond, cancel) },
		})
		began := time.Now()
		_, err := feed.Fetch(ctx, from("a"), catalogue.Validators{}, ignore)
		assert.Equal(t, fault.Canceled, fault.KindOf(err), "%v", err)
		assert.ErrorContains(t, err, "502 Bad Gateway", "what was waited for")
		assert.Equal(t, time.Millisecond, time.Since(began))
		assert.Equal(t, 1, asked)
	})
}

func TestEachAttemptAsksForTheSame(t *testing.T) {
	var matches []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		matches = append(matches, r.Header.Get("If-None-Match"))
		w.WriteHeader([]int{503, 304}[len(matches)-1])
		_, _ = io.WriteString(w, "")
	}))
	defer server.Close()
	feed := New(Options{Retries: hasty})
	defer feed.Close()
	receipt, err := feed.Fetch(t.Context(), catalogue.Source{URL: server.URL}, catalogue.Validators{ETag: `"7"`}, ignore)
	require.NoError(t, err)
	assert.True(t, receipt.NotModified)
	assert.Equal(t, []string{`"7"`, `"7"`}, matches)
}
