package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
	"github.com/marquee-events/marquee/ports"
)

func TestMain(m *testing.M) {
	// net/http keeps a connection that it closes early for half a second, so that the client can read why; closing
	// the server does not end that sooner.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// shelf is a catalogue of a few events that never changes.
type shelf []event.Event

func (s shelf) Search(_ context.Context, q catalogue.Query) (catalogue.Page, error) {
	if err := q.Validate(); err != nil {
		return catalogue.Page{}, err
	}
	var found []event.Event
	total := 0
	for _, e := range s {
		if !q.Matches(&e) {
			continue
		}
		total++
		if q.After == nil || q.Order.Compare(q.Order.PositionOf(&e), *q.After) > 0 {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b event.Event) int { return q.Order.Compare(q.Order.PositionOf(&a), q.Order.PositionOf(&b)) })
	found = found[min(q.Offset, len(found)):]
	page := catalogue.Page{Events: found[:min(q.Limit, len(found))]}
	if q.WantTotal {
		page.Total = total
	}
	return page, nil
}

var madrid = must(time.LoadLocation("Europe/Madrid"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// listed makes an event of times as a provider in Madrid tells them; no prices stand for an event without zones.
func listed(base, id, title, start, end string, prices ...string) event.Event {
	identity := event.Identity{Provider: "default", Base: base, Event: id}
	e := event.Event{ID: identity.ID(), Identity: identity, Facts: event.Facts{
		Title: title,
		Start: must(event.ParseMoment(start, madrid)),
		End:   must(event.ParseMoment(end, madrid)),
	}}
	for _, p := range prices {
		e.Facts.Prices = e.Facts.Prices.Include(must(event.ParsePrice(p)))
	}
	return e
}

var (
	camela    = listed("291", "291", "Camela en concierto", "2021-06-30T21:00:00", "2021-06-30T22:00:00", "20", "15", "30.00")
	pantomima = listed("322", "1642", `Pantomima "Full" \ <b>`, "2021-07-01T20:00:00", "2021-07-01T21:30:00", "0", "55.5")
	morancos  = listed("1591", "1642", "Los Morancos", "2021-07-31T20:00:00", "2021-08-01T01:20:00", "19.9999")
	museum    = listed("444", "1642", "Museo\u2028Málaga 🎭", "2021-12-01T10:00:00", "2021-12-31T18:00:00")
	summer    = shelf{camela, pantomima, morancos, museum}
)

// feeds is a store that knows how the providers stand.
type feeds struct {
	feeds []catalogue.Feed
	err   error
}

func (f feeds) Feeds(context.Context) ([]catalogue.Feed, error) { return slices.Clone(f.feeds), f.err }

var noon = time.Date(2021, 6, 30, 12, 0, 0, 0, time.UTC)

func statusOf(f feeds, expected ...search.Expected) *search.Status {
	return search.NewStatus(f, expected, func() time.Time { return noon })
}

type service struct {
	events  httpapi.Events
	details httpapi.Details
	changes httpapi.Changes
	status  httpapi.Status
	options httpapi.Options
	around  func(http.Handler) http.Handler
	handler http.Handler // as it is served
	base    string
	logged  *logBuffer
	beyond  bool // it answers what no use case has it answer, and the description does not know
}

// serve starts a service on loopback; what is not set is a shelf with a few events.
func serve(t *testing.T, s service) *service {
	t.Helper()
	s.logged = &logBuffer{}
	logger := slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.options.Logger = logger
	if s.events == nil {
		s.events = search.NewEvents(summer, 1000)
	}
	if s.status == nil {
		s.status = statusOf(feeds{})
	}
	var handler http.Handler = httpapi.New(httpapi.UseCases{Events: s.events, Details: s.details, Changes: s.changes, Status: s.status}, s.options)
	if s.around != nil {
		handler = s.around(handler)
	}
	s.handler = handler
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := httpapi.NewServer(handler, httpapi.ServerOptions{Logger: logger})
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, server.Serve(ln), http.ErrServerClosed) })
	t.Cleanup(func() {
		client.CloseIdleConnections()
		assert.NoError(t, server.Close())
		running.Wait()
	})
	s.base = "http://" + ln.Addr().String()
	return &s
}

// knownRoutes are those that are told to who asks for another one.
const knownRoutes = "/changes, /events, /events/{id}, /openapi.json, /search, /status"

// client asks for what it is told to, and for nothing else: http.DefaultClient asks for compressed answers, and says nothing of it.
var client = &http.Client{Transport: &http.Transport{DisableCompression: true}}

type answer struct {
	*http.Response
	body string
}

func (s *service) ask(t *testing.T, method, target string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.base+target, http.NoBody)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if !s.beyond {
		apitest.Check(t, response, body)
	}
	return answer{response, string(body)}
}

func (s *service) get(t *testing.T, target string, header ...string) answer {
	t.Helper()
	return s.ask(t, http.MethodGet, target, header...)
}

// problem checks the envelope of an error and returns its code and message.
func (a answer) problem(t *testing.T) (code, message string) {
	t.Helper()
	var envelope map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(a.body), &envelope), "body %q", a.body)
	require.Len(t, envelope, 2, "body %q", a.body)
	assert.JSONEq(t, "null", string(envelope["data"]))
	var problem map[string]string
	require.NoError(t, json.Unmarshal(envelope["error"], &problem))
	require.Len(t, problem, 2)
	assert.Equal(t, "application/json", a.Header.Get("Content-Type"))
	assert.Equal(t, "no-store", a.Header.Get("Cache-Control"), "errors must not be kept")
	assert.NotEmpty(t, a.Header.Get("X-Request-Id"))
	assert.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	return problem["code"], problem["message"]
}

func (a answer) titles(t *testing.T) []string {
	t.Helper()
	require.Equal(t, http.StatusOK, a.StatusCode, a.body)
	var found struct {
		Data struct {
			Events []struct{ Title string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &found))
	titles := []string{}
	for _, e := range found.Data.Events {
		titles = append(titles, e.Title)
	}
	return titles
}

// golden compares with a file; with UPDATE_GOLDEN=1 it is written instead.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// eventsFunc is a use case that does one thing, whatever it is asked.
type eventsFunc func(ctx context.Context, r event.TimeRange) (catalogue.Page, error)

func (f eventsFunc) All(ctx context.Context, r event.TimeRange) (catalogue.Page, error) {
	return f(ctx, r)
}

func (f eventsFunc) Page(ctx context.Context, r search.PageRequest) (search.Page, error) {
	page, err := f(ctx, r.Criteria.Range)
	return search.Page{Page: page, Number: r.Number}, err
}

func failing(err error) httpapi.Events {
	return eventsFunc(func(context.Context, event.TimeRange) (catalogue.Page, error) { return catalogue.Page{}, err })
}

// limiterFunc is a limiter that does one thing.
type limiterFunc func(client, class string) (ports.Budget, error)

func (f limiterFunc) Allow(_ context.Context, client, class string) (ports.Budget, error) {
	return f(client, class)
}
