package feedsim_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/marquee-events/marquee/adapters/feedsim"
)

// moody is a provider behind a server, with an HTTP client that undoes nothing: no compression, no redirects.
type moody struct {
	*feedsim.Moody
	t      *testing.T
	url    string
	client *http.Client
}

func newMoody(t *testing.T, feed http.Handler, o feedsim.MoodyOptions) moody {
	t.Helper()
	m := moody{Moody: feedsim.NewMoody(feed, o), t: t}
	server := httptest.NewServer(m.Moody)
	transport := &http.Transport{DisableCompression: true}
	m.url = server.URL
	m.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		m.Behave() // nobody is kept waiting
		transport.CloseIdleConnections()
		server.Close()
	})
	return m
}

// stillFeed says the same every time.
func stillFeed(t *testing.T, o feedsim.Options) (h http.Handler, content []byte) {
	t.Helper()
	doc := newSim(t, o).At(today)
	return feedsim.Handler(still{doc}), render(t, doc)
}

func (m moody) send(ctx context.Context, method, path string) *http.Response {
	m.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, m.url+path, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	response, err := m.client.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { response.Body.Close() })
	return response
}

// reading is an answer, and what ended it.
type reading struct {
	answer
	err error
}

func (m moody) do(method, path string) reading {
	m.t.Helper()
	response := m.send(m.t.Context(), method, path)
	body, err := io.ReadAll(response.Body)
	return reading{answer{response.StatusCode, response.Header, body}, err}
}

func (m moody) fetch() reading {
	m.t.Helper()
	return m.do(http.MethodGet, "/feed.xml")
}

func (r reading) String() string {
	return fmt.Sprintf("%d %v, %d bytes, %v: %.200q", r.status, r.header, len(r.body), r.err, r.body)
}

// What comes is what the name says. Misbehaviours that end only when somebody ends them have tests of their own.
func TestMisbehaviours(t *testing.T) {
	const size = 200 // events
	feed, good := stillFeed(t, feedsim.Options{Seed: 5, Events: size})
	bases := len(parse(t, good).bases)

	whole := func(r reading) bool { return r.status == http.StatusOK && r.err == nil }
	says := func(text string) func(*testing.T, reading) bool {
		return func(_ *testing.T, r reading) bool { return whole(r) && bytes.Contains(r.body, []byte(text)) }
	}
	refuses := func(status int, retryAfter string) func(*testing.T, reading) bool {
		return func(_ *testing.T, r reading) bool {
			return r.status == status && r.err == nil && r.header.Get("Retry-After") == retryAfter
		}
	}
	// A good beginning: a few events whole, and an end in the middle.
	begins := func(b []byte) bool {
		return bytes.HasPrefix(good, b) && bytes.Count(b, []byte("</base_event>")) == 3 && !bytes.HasSuffix(b, []byte(">"))
	}
	checks := map[feedsim.Misbehaviour]func(*testing.T, reading) bool{
		feedsim.ServerError: refuses(http.StatusInternalServerError, ""),
		feedsim.Unavailable: refuses(http.StatusServiceUnavailable, "3"),
		feedsim.RateLimited: refuses(http.StatusTooManyRequests, "3"),
		feedsim.NotModified: refuses(http.StatusNotModified, ""),
		feedsim.Redirect: func(_ *testing.T, r reading) bool {
			return r.status == http.StatusFound && r.header.Get("Location") == "/moved/feed.xml"
		},
		feedsim.RedirectLoop: func(_ *testing.T, r reading) bool {
			return r.status == http.StatusFound && r.header.Get("Location") == "/round/feed.xml"
		},
		feedsim.CutConnection: func(_ *testing.T, r reading) bool {
			return r.status == http.StatusOK && errors.Is(r.err, io.ErrUnexpectedEOF) && begins(r.body)
		},
		feedsim.CutDocument: func(_ *testing.T, r reading) bool { return whole(r) && begins(r.body) },
		feedsim.CutGzip: func(t *testing.T, r reading) bool {
			z, err := gzip.NewReader(bytes.NewReader(r.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(z)
			return whole(r) && r.header.Get("Content-Encoding") == "gzip" && errors.Is(err, io.ErrUnexpectedEOF) && begins(got)
		},
		feedsim.LengthTooLong: func(_ *testing.T, r reading) bool {
			return errors.Is(r.err, io.ErrUnexpectedEOF) && bytes.Equal(r.body, good) && r.header.Get("Content-Length") == strconv.Itoa(1<<30)
		},
		feedsim.LengthShort: func(_ *testing.T, r reading) bool {
			return whole(r) && bytes.Equal(r.body, good[:1000]) && r.header.Get("Content-Length") == "1000"
		},
		feedsim.EmptyBody: func(_ *testing.T, r reading) bool { return whole(r) && len(r.body) == 0 },
		feedsim.Garbage: func(_ *testing.T, r reading) bool {
			return whole(r) && len(r.body) > 1<<10 && !utf8.Valid(r.body) && !bytes.HasPrefix(r.body, []byte{0x1f, 0x8b})
		},
		feedsim.HTML: func(t *testing.T, r reading) bool {
			return says("<!DOCTYPE html>")(t, r) && strings.HasPrefix(r.header.Get("Content-Type"), "text/html")
		},
		feedsim.JSON: func(_ *testing.T, r reading) bool { return whole(r) && json.Valid(r.body) },
		feedsim.Latin1: func(t *testing.T, r reading) bool {
			text, err := charmap.ISO8859_1.NewDecoder().Bytes(r.body)
			if err != nil {
				t.Fatal(err)
			}
			text = bytes.Replace(text, []byte(`encoding="ISO-8859-1"`), []byte(`encoding="UTF-8"`), 1)
			return whole(r) && !utf8.Valid(r.body) && sameTitles(t, text, good)
		},
		feedsim.Latin1AsUTF8: func(t *testing.T, r reading) bool {
			text, err := charmap.ISO8859_1.NewDecoder().Bytes(r.body)
			if err != nil {
				t.Fatal(err)
			}
			return whole(r) && !utf8.Valid(r.body) && sameTitles(t, text, good)
		},
		feedsim.UTF16: func(_ *testing.T, r reading) bool {
			want := bytes.Replace(good, []byte(`encoding="UTF-8"`), []byte(`encoding="UTF-16"`), 1)
			return whole(r) && string(r.body[:2]) == "\xff\xfe" && fromUTF16(r.body[2:]) == string(want)
		},
		feedsim.GzipFile: func(t *testing.T, r reading) bool {
			return whole(r) && r.header.Get("Content-Encoding") == "" && bytes.Equal(unzip(t, r.body), good)
		},
		feedsim.GzipBomb: func(t *testing.T, r reading) bool {
			text := unzip(t, r.body)
			list := strings.Fields(string(text))
			return whole(r) && strings.Join(list, "") == `<?xmlversion="1.0"encoding="UTF-8"?><eventListversion="1.0"><output></output></eventList>` &&
				len(text) > 8<<20 && len(text) < 10<<20 && len(r.body) < len(text)/900
		},
		feedsim.EntityBomb:     says(`<!ENTITY j "&i;&i;`),
		feedsim.ExternalEntity: says(`<!ENTITY secret SYSTEM "file:///etc/passwd">`),
		feedsim.DeepNesting: func(_ *testing.T, r reading) bool {
			return whole(r) && bytes.Count(r.body, []byte("<a>")) == 100_000 && bytes.Count(r.body, []byte("</a>")) == 100_000
		},
		feedsim.GiantAttribute: func(_ *testing.T, r reading) bool {
			before, behind, _ := bytes.Cut(r.body, []byte(` title="`))
			title, rest, _ := bytes.Cut(behind, []byte(`">`))
			f := parse(t, slices.Concat(before, []byte(` title="">`), rest))
			return whole(r) && f.events() == 1 && len(title) == 16<<20
		},
		feedsim.EmptyList: func(t *testing.T, r reading) bool {
			f := parse(t, r.body)
			return whole(r) && f.root == "eventList" && len(f.bases) == 0 && bytes.Contains(r.body, []byte("<output>"))
		},
		feedsim.NoOutput: func(t *testing.T, r reading) bool {
			return whole(r) && parse(t, r.body).root == "eventList" && !bytes.Contains(r.body, []byte("<output"))
		},
		feedsim.TwoRoots: func(_ *testing.T, r reading) bool {
			return whole(r) && bytes.HasPrefix(r.body, good) && bytes.HasPrefix(r.body[len(good):], []byte("<eventList"))
		},
		feedsim.TrailingText: func(_ *testing.T, r reading) bool {
			return whole(r) && bytes.HasPrefix(r.body, good) && bytes.HasPrefix(r.body[len(good):], []byte("\nWarning: "))
		},
		feedsim.EveryEventTwice: func(t *testing.T, r reading) bool {
			f := parse(t, r.body)
			for i := 0; i < len(f.bases); i += 2 {
				if f.bases[i].id != f.bases[i+1].id {
					t.Fatalf("%s and %s", f.bases[i].id, f.bases[i+1].id)
				}
			}
			return whole(r) && len(f.bases) == 2*bases
		},
		feedsim.HalfGone: func(t *testing.T, r reading) bool {
			left := len(parse(t, r.body).bases)
			return whole(r) && left > bases*2/5 && left < bases*3/5
		},
		feedsim.RecordsMalformed: func(_ *testing.T, r reading) bool {
			var others []byte
			rest := r.body
			for _, record := range feedsim.MalformedRecords() {
				before, behind, found := bytes.Cut(rest, []byte("\n    "+record.XML))
				if !found || !bytes.HasSuffix(before, []byte("</base_event>")) {
					return false
				}
				others, rest = append(others, before...), behind
			}
			return whole(r) && bytes.Equal(append(others, rest...), good)
		},
		feedsim.NoAnswer: nil, feedsim.SlowDrip: nil, feedsim.Stall: nil,
	}

	m := newMoody(t, feed, feedsim.MoodyOptions{Unpacked: 9 << 20})
	for _, how := range feedsim.Misbehaviours() {
		check, known := checks[how]
		delete(checks, how)
		if !known {
			t.Errorf("%s is without a check", how)
		}
		if how.Description() == "" {
			t.Errorf("%s has no description", how)
		}
		if check == nil {
			continue
		}
		t.Run(string(how), func(t *testing.T) {
			m := m
			m.t = t
			if err := m.Misbehave(how, 1); err != nil {
				t.Fatal(err)
			}
			if r := m.fetch(); !check(t, r) {
				t.Errorf("not what it %s: %s", how.Description(), r)
			}
			if r := m.fetch(); !whole(r) || !bytes.Equal(r.body, good) || r.header.Get("ETag") == "" {
				t.Errorf("it does not behave afterwards: %s", r)
			}
			if r := m.do(http.MethodGet, "/feed.xml?misbehave="+string(how)); !check(t, r) {
				t.Errorf("not what it %s when asked for with the request: %s", how.Description(), r)
			}
		})
	}
	for how := range checks {
		t.Errorf("%s is not listed", how)
	}
}

// sameTitles compares what is most likely to suffer.
func sameTitles(t *testing.T, got, want []byte) bool {
	t.Helper()
	a, b := parse(t, got), parse(t, want)
	return slices.EqualFunc(a.bases, b.bases, func(a, b base) bool { return a.title == b.title })
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

// What is retold has no validators: with them a client would ask whether the feed is still the broken one.
func TestWhatIsRetoldHasNoValidators(t *testing.T) {
	feed, good := stillFeed(t, feedsim.Options{Events: 50})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	tag := m.fetch().header.Get("ETag")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+"/feed.xml?misbehave=two_roots", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("If-None-Match", tag)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := m.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.HasPrefix(body, good) {
		t.Errorf("%d with %d bytes, %v", response.StatusCode, len(body), err)
	}
	for _, name := range []string{"ETag", "Vary", "Content-Encoding"} {
		if value := response.Header.Get(name); value != "" {
			t.Errorf("%s is %q", name, value)
		}
	}
}

// The other dialect is told apart by its names alone.
func TestMisbehavioursInTheOtherDialect(t *testing.T) {
	feed, good := stillFeed(t, feedsim.Options{Events: 50, Dialect: feedsim.PlanList})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	bases := len(parse(t, good).bases)
	for how, want := range map[feedsim.Misbehaviour]int{feedsim.EveryEventTwice: 2 * bases, feedsim.EmptyList: 0} {
		if f := parse(t, m.do(http.MethodGet, "/feed.xml?misbehave="+string(how)).body); f.root != "planList" || len(f.bases) != want {
			t.Errorf("%s: %d base plans in %s, want %d", how, len(f.bases), f.root, want)
		}
	}
	body := string(m.do(http.MethodGet, "/feed.xml?misbehave=malformed_records").body)
	for _, want := range []string{
		`<base_plan base_plan_id="malformed-price-abc" sell_mode="online"`, `<plan plan_start_date="next Friday" plan_end_date=`, ` plan_id="1" sell_from=`,
		"</plan>\n    </base_plan>",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, name := range []string{"event_", "<event", "</event"} {
		if strings.Contains(body, name) {
			t.Errorf("there is %s in it", name)
		}
	}
}

// A feed without events has no place between them.
func TestMisbehavioursOfAnEmptyFeed(t *testing.T) {
	const empty = `<?xml version="1.0" encoding="UTF-8"?><planList version="1.0"><output></output></planList>`
	m := newMoody(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, empty) }), feedsim.MoodyOptions{})
	if r := m.do(http.MethodGet, "/?misbehave=cut_document"); r.err != nil || string(r.body) != empty[:len(empty)/2] {
		t.Errorf("cut: %s", r)
	}
	if r := m.do(http.MethodGet, "/?misbehave=cut_connection"); r.err == nil || string(r.body) != empty[:len(empty)/2] {
		t.Errorf("connection cut: %s", r)
	}
	if r := m.do(http.MethodGet, "/?misbehave=half_gone"); r.err != nil || string(r.body) != empty {
		t.Errorf("half gone: %s", r)
	}
	if r := m.do(http.MethodGet, "/?misbehave=malformed_records"); !strings.Contains(string(r.body), `<output>`+"\n    "+`<base_plan `) || !bytes.HasSuffix(r.body, []byte("</base_plan></output></planList>")) {
		t.Errorf("malformed: %s", r)
	}
}

// A feed that is written in small pieces is cut at the same places.
func TestMisbehavioursOfAFeedInDribs(t *testing.T) {
	content := render(t, newSim(t, feedsim.Options{Events: 30}).At(today))
	pieces := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for piece := range slices.Chunk(content, 7) {
			if _, err := w.Write(piece); err != nil {
				return // and goes on as if nothing had happened
			}
		}
	})
	whole := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	one, other := newMoody(t, pieces, feedsim.MoodyOptions{}), newMoody(t, whole, feedsim.MoodyOptions{})
	for _, how := range []feedsim.Misbehaviour{
		feedsim.HalfGone, feedsim.EveryEventTwice, feedsim.CutDocument, feedsim.Latin1, feedsim.UTF16, feedsim.RecordsMalformed, feedsim.LengthShort, feedsim.TwoRoots,
	} {
		path := "/feed.xml?misbehave=" + string(how)
		if a, b := one.do(http.MethodGet, path), other.do(http.MethodGet, path); a.err != nil || b.err != nil || !bytes.Equal(a.body, b.body) {
			t.Errorf("%s: %d bytes and %d, %v, %v", how, len(a.body), len(b.body), a.err, b.err)
		}
	}
}

// A feed that cannot be written is neither changed nor taken for a whole one.
func TestAProviderThatFailsByItself(t *testing.T) {
	m := newMoody(t, feedsim.Handler(still{broken{}}), feedsim.MoodyOptions{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+"/feed.xml?misbehave=two_roots", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := m.client.Do(request)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if err == nil {
		t.Error("read to the end")
	}
	m = newMoody(t, http.NotFoundHandler(), feedsim.MoodyOptions{})
	if r := m.do(http.MethodGet, "/feed.xml?misbehave=two_roots"); r.status != http.StatusNotFound || string(r.body) != "404 page not found\n" {
		t.Errorf("not what the feed answers: %s", r)
	}
}

func TestHalfIsTheSameHalf(t *testing.T) {
	sim := newSim(t, feedsim.Options{Events: 300})
	m := newMoody(t, feedsim.Handler(sim), feedsim.MoodyOptions{})
	if err := m.Misbehave(feedsim.HalfGone, 0); err != nil {
		t.Fatal(err)
	}
	ever := map[string]bool{}
	for range 20 {
		for _, b := range parse(t, m.fetch().body).bases {
			ever[b.id] = true
		}
	}
	m.Behave()
	gone := 0
	bases := parse(t, m.fetch().body).bases
	for _, b := range bases {
		if !ever[b.id] {
			gone++
		}
	}
	if gone < len(bases)/3 {
		t.Errorf("of %d base events only %d were missing in each of twenty fetches", len(bases), gone)
	}
}

func TestRedirects(t *testing.T) {
	feed, good := stillFeed(t, feedsim.Options{Events: 50})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	m.client.CheckRedirect = nil // as clients do: ten at most
	if err := m.Misbehave(feedsim.Redirect, 2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r := m.do(http.MethodGet, "/feed.xml?key=1"); r.err != nil || !bytes.Equal(r.body, good) {
			t.Errorf("the feed is not where it was redirected to: %s", r)
		}
	}
	if how, times := m.Mood(); how != "" || times != 0 {
		t.Errorf("who follows a redirect was counted or was not: %s %d", how, times)
	}
	if r := m.do(http.MethodGet, "/feed.xml?key=1&misbehave=redirect"); !bytes.Equal(r.body, good) {
		t.Errorf("who follows was sent on again: %s", r)
	}

	if err := m.Misbehave(feedsim.RedirectLoop, 1); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+"/feed.xml", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := m.client.Do(request)
	if err == nil {
		response.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "stopped after 10 redirects") {
		t.Errorf("sent round, and it ended with %v", err)
	}
}

func TestTheGzipBombAsItIsMeant(t *testing.T) {
	feed, _ := stillFeed(t, feedsim.Options{Events: 10})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	r := m.do(http.MethodGet, "/feed.xml?misbehave=gzip_bomb")
	if len(r.body) > 8<<20 {
		t.Errorf("%d bytes are sent", len(r.body))
	}
	const member = 1 << 20
	one := unzip(t, newMoody(t, feed, feedsim.MoodyOptions{Unpacked: 1}).do(http.MethodGet, "/?misbehave=gzip_bomb").body)
	if len(one) < member || len(one) > 2*member || !bytes.Contains(one, bytes.Repeat([]byte(" "), member)) {
		t.Errorf("the smallest unpacks to %d bytes", len(one))
	}
}

// Some misbehaviours end only when somebody ends them: the client, Behave, or the server.
func TestWhoIsKeptWaiting(t *testing.T) {
	feed, good := stillFeed(t, feedsim.Options{Events: 50})
	waiting := map[feedsim.Misbehaviour]int{feedsim.NoAnswer: 0, feedsim.SlowDrip: 1, feedsim.Stall: 500} // bytes that come before
	for how, bytesBefore := range waiting {
		t.Run(string(how), func(t *testing.T) {
			ended := make(chan struct{}, 1)
			m := feedsim.NewMoody(feed, feedsim.MoodyOptions{Drip: time.Hour})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { ended <- struct{}{} }()
				m.ServeHTTP(w, r)
			}))
			defer server.Close()
			transport := &http.Transport{DisableCompression: true}
			defer transport.CloseIdleConnections()
			ways := map[string]func(leave context.CancelFunc){
				"the client leaves":    func(leave context.CancelFunc) { leave() },
				"the provider behaves": func(context.CancelFunc) { m.Behave() },
				"the server closes":    func(context.CancelFunc) { server.CloseClientConnections() },
			}
			for name, end := range ways {
				ctx, leave := context.WithCancel(t.Context())
				if err := m.Misbehave(how, 1); err != nil {
					t.Fatal(err)
				}
				result := make(chan error, 1)
				come := make(chan struct{})
				go func() {
					request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/feed.xml", nil)
					if err != nil {
						result <- err
						return
					}
					response, err := transport.RoundTrip(request)
					if err == nil {
						defer response.Body.Close()
						body := make([]byte, bytesBefore)
						if _, err = io.ReadFull(response.Body, body); err == nil && !bytes.HasPrefix(good, body) {
							err = fmt.Errorf("it begins with %q", body)
						}
						close(come)
						if err == nil {
							_, err = io.ReadAll(response.Body)
						}
					}
					result <- err
				}()
				if bytesBefore > 0 {
					<-come
				} else { // taken, once the mood is over
					for how, _ := m.Mood(); how != ""; how, _ = m.Mood() {
						select {
						case err := <-result:
							t.Fatalf("%s: answered, with %v", name, err)
						case <-time.After(time.Millisecond):
						}
					}
				}
				select {
				case <-ended:
					t.Errorf("%s: it ended before", name)
				default:
				}
				end(leave)
				<-ended
				if err := <-result; err == nil {
					t.Errorf("%s: read to the end", name)
				}
				leave()
			}
		})
	}
}

// A drip goes on as long as somebody listens.
func TestTheDripGoesOn(t *testing.T) {
	feed, good := stillFeed(t, feedsim.Options{Events: 50})
	m := newMoody(t, feed, feedsim.MoodyOptions{Drip: time.Nanosecond})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	body := m.send(ctx, http.MethodGet, "/feed.xml?misbehave=slow_drip").Body
	for i := range 100 {
		got := make([]byte, 1)
		if _, err := io.ReadFull(body, got); err != nil || got[0] != good[i] {
			t.Fatalf("byte %d: %q, %v", i, got, err)
		}
	}
}

func TestTimesAreCounted(t *testing.T) {
	feed, _ := stillFeed(t, feedsim.Options{Events: 10})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	status := func(method, path string) int { return m.do(method, path).status }
	const bad, good = http.StatusInternalServerError, http.StatusOK
	if err := m.Misbehave(feedsim.ServerError, 2); err != nil {
		t.Fatal(err)
	}
	for n, step := range []struct {
		method, path string
		want, left   int
	}{
		{http.MethodHead, "/feed.xml", good, 2},
		{http.MethodGet, "/feed.xml?misbehave=json", good, 2},
		{http.MethodGet, "/feed.xml", bad, 1},
		{http.MethodGet, "/misbehaviours", good, 1},
		{http.MethodPost, "/feed.xml", http.StatusMethodNotAllowed, 1},
		{http.MethodGet, "/another/feed.xml", bad, 0},
		{http.MethodGet, "/feed.xml", good, 0},
	} {
		got := status(step.method, step.path)
		if how, left := m.Mood(); got != step.want || left != step.left || (how == "") != (left == 0) {
			t.Errorf("step %d: %d, then %q for %d", n, got, how, left)
		}
	}
	if err := m.Misbehave(feedsim.ServerError, 0); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if got := status(http.MethodGet, "/feed.xml"); got != bad {
			t.Fatalf("until told otherwise, and it answers %d", got)
		}
	}
	m.Behave()
	if got := status(http.MethodGet, "/feed.xml"); got != good {
		t.Errorf("told to behave, and it answers %d", got)
	}
}

func TestParallelFetchesMisbehaveAsOftenAsAsked(t *testing.T) {
	feed, _ := stillFeed(t, feedsim.Options{Events: 10})
	m := newMoody(t, feed, feedsim.MoodyOptions{})
	const fetches, times = 40, 17
	if err := m.Misbehave(feedsim.ServerError, times); err != nil {
		t.Fatal(err)
	}
	statuses := make([]int, fetches)
	var group sync.WaitGroup
	for n := range fetches {
		group.Go(func() {
			w := httptest.NewRecorder()
			m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/feed.xml", nil))
			m.Mood()
			statuses[n] = w.Code
		})
	}
	group.Wait()
	slices.Sort(statuses)
	if statuses[fetches-times-1] != http.StatusOK || statuses[fetches-times] != http.StatusInternalServerError {
		t.Errorf("asked for %d, got %v", times, statuses)
	}
}

// Every record is right but for one thing.
func TestMalformedRecords(t *testing.T) {
	names := map[string]bool{}
	for _, r := range feedsim.MalformedRecords() {
		if names[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		names[r.Name] = true
		if want := "malformed-" + r.Name; r.BaseID != want && r.Field != "base_event_id" {
			t.Errorf("%s has the base id %q", r.Name, r.BaseID)
		}
		if r.EventID != "1" && r.Field != "event_id" {
			t.Errorf("%s has the event id %q", r.Name, r.EventID)
		}
		if !strings.HasPrefix(r.Title, "Malformed: "+r.Name) && r.Field != "title" {
			t.Errorf("%s has the title %.100q", r.Name, r.Title)
		}
		missing := strings.HasPrefix(r.Name, "missing-")
		if r.Field != "" && strings.Contains(r.XML, " "+r.Field+`="`) == missing {
			t.Errorf("%s: the attribute %s is there or is not", r.Name, r.Field)
		}
		// A lenient parser finds one base event with one event in each.
		readable := strings.NewReplacer("\x00", "", "&#0;", "").Replace(r.XML)
		decoder := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(readable, "?")))
		decoder.Strict = false
		var base struct {
			ID     string     `xml:"base_event_id,attr"`
			Events []struct{} `xml:"event"`
		}
		if err := decoder.Decode(&base); err != nil || base.ID != r.BaseID || len(base.Events) != 1 {
			t.Errorf("%s: %+v, %v", r.Name, base, err)
		}
	}
	if len(names) < 25 {
		t.Errorf("only %d", len(names))
	}
	first := feedsim.MalformedRecords()
	first[0].Name = "mine"
	if feedsim.MalformedRecords()[0].Name == "mine" {
		t.Error("the table can be changed by who has it")
	}
}
