package feedxml

import (
	"bytes"
	"context"
	"errors"
	"io"
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

// roundTrip is a provider without a network, for tests in which time stands still.
type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// answer is a 200 with this body.
func answer(body io.Reader) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body)}
}

// silent is a body that says nothing until the request is given up.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, errors.New("use of closed network connection")
}

// dripping gives a byte after each pause.
type dripping struct {
	ctx   context.Context
	pause time.Duration
}

func (d dripping) Read(p []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(d.pause):
		p[0] = ' '
		return 1, nil
	}
}

func TestTimeouts(t *testing.T) {
	timeouts := Timeouts{Answer: 20 * time.Second, Idle: 30 * time.Second, Total: 10 * time.Minute}
	half := generatedFeed(10, 3)
	half = half[:len(half)/2]
	tests := map[string]struct {
		provider roundTrip
		pause    time.Duration // that each takes
		ends     time.Duration
		message  string
	}{
		"no answer": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, 0, timeouts.Answer, "an answer took longer than 20s"},
		"no body": {func(r *http.Request) (*http.Response, error) {
			return answer(silent{r.Context()}), nil
		}, 0, timeouts.Idle, "the next byte of the feed took longer than 30s"},
		"silence in its midst": {func(r *http.Request) (*http.Response, error) {
			return answer(io.MultiReader(bytes.NewReader(half), silent{r.Context()})), nil
		}, 0, timeouts.Idle, "the next byte of the feed took longer than 30s"},
		"silence in its midst, compressed": {func(r *http.Request) (*http.Response, error) {
			zipped := gzipped(half)
			return answer(io.MultiReader(bytes.NewReader(zipped[:len(zipped)-30]), silent{r.Context()})), nil
		}, 0, timeouts.Idle, "the next byte of the feed took longer than 30s"},
		"a slow drip": {func(r *http.Request) (*http.Response, error) {
			return answer(dripping{r.Context(), 29 * time.Second}), nil
		}, 0, timeouts.Total, "the whole feed took longer than 10m0s"},
		"a refusal without end": {func(r *http.Request) (*http.Response, error) {
			refusal := answer(silent{r.Context()})
			refusal.StatusCode = http.StatusBadGateway
			return refusal, nil
		}, 0, timeouts.Answer, "502 Bad Gateway"},
		"a refusal that drips": {func(r *http.Request) (*http.Response, error) {
			refusal := answer(dripping{r.Context(), time.Second})
			refusal.StatusCode = http.StatusBadGateway
			return refusal, nil
		}, 0, timeouts.Answer, "502 Bad Gateway"},
		"records that take their time": {func(*http.Request) (*http.Response, error) {
			return answer(bytes.NewReader(generatedFeed(5, 3))), nil
		}, time.Minute, 5 * time.Minute, ""},
		"records that take too much of it": {func(*http.Request) (*http.Response, error) {
			return answer(bytes.NewReader(generatedFeed(50, 3))), nil
		}, 7 * time.Minute, 14 * time.Minute, "the whole feed took longer than 10m0s"}, // noticed when each returns
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				feed := New(Options{Transport: tt.provider, Timeouts: timeouts, Retries: once})
				began := time.Now()
				_, err := feed.Fetch(t.Context(), catalogue.Source{URL: "http://provider.example/feed"}, catalogue.Validators{}, func(catalogue.Record) error {
					time.Sleep(tt.pause)
					return nil
				})
				assert.Equal(t, tt.ends, time.Since(began))
				if tt.message == "" {
					assert.NoError(t, err)
					return
				}
				assert.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
				assert.ErrorContains(t, err, tt.message)
			})
		})
	}
}

// once is for tests of what one attempt does.
var once = Retries{Most: -1}

// ask makes one reading, in one attempt, of a server that handles requests so.
func ask(t *testing.T, o Options, handler http.HandlerFunc) (catalogue.Receipt, error) {
	t.Helper()
	o.Retries = once
	server := httptest.NewServer(handler)
	defer server.Close()
	feed := New(o)
	defer feed.Close()
	return feed.Fetch(t.Context(), catalogue.Source{URL: server.URL}, catalogue.Validators{}, func(catalogue.Record) error { return nil })
}

func TestRequestTellsWhoAsksForWhat(t *testing.T) {
	var got *http.Request
	_, err := ask(t, Options{UserAgent: "marquee/1.2.3 (+https://example.org/about)"}, func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = w.Write(generatedFeed(1, 1))
	})
	require.NoError(t, err)
	assert.Equal(t, http.MethodGet, got.Method)
	assert.Equal(t, "marquee/1.2.3 (+https://example.org/about)", got.Header.Get("User-Agent"))
	assert.Equal(t, "gzip", got.Header.Get("Accept-Encoding"))
	assert.True(t, strings.HasPrefix(got.Header.Get("Accept"), "application/xml"), got.Header.Get("Accept"))
	assert.Empty(t, got.Header.Values("If-None-Match"))
	assert.Empty(t, got.Header.Values("If-Modified-Since"))
}

func TestRedirectsAreFollowedUpToABound(t *testing.T) {
	for hops, wantErr := range map[int]bool{0: false, 1: false, 5: false, 6: true, 50: true} {
		var asked int
		receipt, err := ask(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked <= hops {
				http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
				return
			}
			_, _ = w.Write(generatedFeed(1, 1))
		})
		if wantErr {
			requireCode(t, CodeMisdirected, err)
			assert.ErrorContains(t, err, "more than 5 redirects")
			assert.Equal(t, 6, asked)
			continue
		}
		assert.NoError(t, err, "%d redirects", hops)
		assert.NotZero(t, receipt.Bytes)
	}
	_, err := ask(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/hostname", http.StatusFound)
	})
	assert.Equal(t, fault.Unavailable, fault.KindOf(err))
	assert.ErrorContains(t, err, "scheme")
}

func TestRedirectNeverGivesUpEncryption(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	feed := New(Options{Transport: secure.Client().Transport})
	defer feed.Close()
	_, err := feed.Fetch(t.Context(), catalogue.Source{URL: secure.URL}, catalogue.Validators{}, nil)
	assert.ErrorContains(t, err, "https down to http")
}

func TestErrorsDoNotTellTheURL(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	feed := New(Options{Retries: Retries{Wait: time.Millisecond}})
	defer feed.Close()
	for _, url := range []string{
		strings.Replace(server.URL, "http://", "http://user:secret@", 1) + "/feed?key=secret",
		"http://[::1/?key=secret", "ftp://host/?key=secret", "http://host/\x7f?key=secret",
	} {
		_, err := feed.Fetch(t.Context(), catalogue.Source{URL: url}, catalogue.Validators{}, nil)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "secret")
	}
}

func TestRefusalQuotesTheAnswerBounded(t *testing.T) {
	_, err := ask(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "upstream\x00 is down; "+strings.Repeat("padding ", 100_000))
	})
	requireCode(t, CodeRefused, err)
	assert.ErrorContains(t, err, `the provider answered 502 Bad Gateway: "upstream\x00 is down; padding`)
	assert.Less(t, len(err.Error()), 300)
}

func TestAnotherReadingUsesTheConnection(t *testing.T) {
	clients := make(map[string]bool)
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clients[r.RemoteAddr] = true
		w.WriteHeader(status)
		_, _ = w.Write(generatedFeed(50, 3))
	}))
	defer server.Close()
	feed := New(Options{Retries: once})
	defer feed.Close()
	for _, status = range []int{http.StatusOK, http.StatusServiceUnavailable, http.StatusOK} {
		_, _ = feed.Fetch(t.Context(), catalogue.Source{URL: server.URL}, catalogue.Validators{}, func(catalogue.Record) error { return nil })
	}
	assert.Len(t, clients, 1, "connections")
}

func TestCompressedFeedIsBounded(t *testing.T) {
	bomb := gzipped([]byte("<eventList><output>" + strings.Repeat(" ", 4<<20)))
	require.Less(t, len(bomb), 16<<10)
	_, err := ask(t, Options{Limits: Limits{Bytes: 1 << 20}}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb) })
	requireCode(t, CodeTooLarge, err)

	thrice := gzipped(gzipped(gzipped(generatedFeed(1, 1))))
	_, err = ask(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(thrice) })
	requireCode(t, CodeGarbled, err)
}

func TestCorruptCompressionIsGarbled(t *testing.T) {
	sound := gzipped(generatedFeed(1_000, 3))
	checksum := bytes.Clone(sound)
	checksum[len(checksum)-8] ^= 1
	for name, body := range map[string][]byte{
		"a flipped checksum": checksum,
		"trailing bytes":     append(bytes.Clone(sound), "garbage of twenty bytes"...),
		"noise":              append(bytes.Clone(sound[:len(sound)/2]), bytes.Repeat([]byte{0xff}, 1000)...),
	} {
		_, err := ask(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
		t.Log(name)
		requireCode(t, CodeGarbled, err)
	}
}

func TestServersLabelIsTheLastResort(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml; charset=ISO-8859-1")
		_, _ = io.WriteString(w, one("venue='Caf\xe9'"))
	}))
	defer server.Close()
	feed := New(Options{})
	defer feed.Close()
	var got []catalogue.Record
	_, err := feed.Fetch(t.Context(), catalogue.Source{URL: server.URL}, catalogue.Validators{}, func(r catalogue.Record) error {
		got = append(got, r)
		return nil
	})
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.Equal(t, "Café", got[0].Event[0].Value)
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2021, time.June, 30, 21, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"0":                             0,
		"17":                            17 * time.Second,
		"-17":                           0,
		"1.5":                           0,
		"86400":                         maxRetryAfter,
		"18446744073709551615":          maxRetryAfter,
		"Wed, 30 Jun 2021 21:05:00 GMT": 5 * time.Minute,
		"Wed, 30 Jun 2021 20:05:00 GMT": 0,
		"Thu, 01 Jul 2021 21:05:00 GMT": maxRetryAfter,
		"tomorrow":                      0,
	} {
		assert.Equal(t, want, retryAfter(http.Header{"Retry-After": {value}}, now), "%q", value)
	}
}

func TestOversizedValidatorsAreNotKept(t *testing.T) {
	receipt, err := ask(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"`+strings.Repeat("x", 2_000)+`"`)
		w.Header().Set("Last-Modified", "Wed, 30 Jun 2021 21:00:00 GMT")
		_, _ = w.Write(generatedFeed(1, 1))
	})
	require.NoError(t, err)
	assert.Equal(t, catalogue.Validators{LastModified: "Wed, 30 Jun 2021 21:00:00 GMT"}, receipt.Validators)
}
