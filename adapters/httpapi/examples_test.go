package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/adapters/tokenbucket"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

// exemplary is the catalogue that the description's examples are of.
func exemplary(t *testing.T) *billboard {
	t.Helper()
	b := newBillboard(t)
	e := shown("291", "Camela en concierto", "2021-06-30T21:00:00", "2021-06-30T22:00:00")
	e.FirstSeen = time.Date(2021, 6, 1, 10, 0, 0, 0, time.UTC)
	e.Facts.Organizer, e.Facts.City, e.Facts.Category = "1", "Madrid", "music"
	e.Facts.SaleStart, e.Facts.SaleEnd = must(event.ParseMoment("2020-07-01T02:00:00", madrid)), e.Facts.End
	platea := event.Zone{ID: "40", Name: "Platea", Capacity: 248, Price: 200_000, Numbered: true}
	grada := event.Zone{ID: "38", Name: "Grada", Capacity: 2, Price: 305_000}
	b.tell(t, e.FirstSeen, catalogue.Added, e, platea, grada)
	platea.Capacity, platea.Price = 241, 150_000
	b.tell(t, e.FirstSeen.Add(14*24*time.Hour), catalogue.Updated, e, platea, grada)
	return b
}

func serveExamples(t *testing.T, o httpapi.Options) *service {
	t.Helper()
	b := exemplary(t)
	fresh := following(t, b)
	o.Version, o.Clock = "1.4.0", func() time.Time { return noon }
	if o.Answers == nil {
		o.Answers = keeping(fresh)
	}
	standing := feeds{feeds: []catalogue.Feed{{
		Provider: "default", LastConcluded: noon.Add(-7 * time.Minute), LastBelieved: noon.Add(-7 * time.Minute), Available: 4121, Known: 9310, Rejected: 1,
		Current: catalogue.Run{State: catalogue.Incomplete, BegunAt: noon.Add(-time.Minute), Failure: "the provider answered 503"},
	}}}
	return serve(t, service{
		events: search.NewEvents(b, 100), details: search.NewDetails(b), changes: search.NewChanges(b, fresh, time.Now),
		status: statusOf(standing, search.Expected{Provider: "default", Interval: time.Minute}), options: o,
	})
}

// examplesOf are what a parameter, a header or a body has as examples, one or several by name.
func examplesOf(one any, several openapi3.Examples) []any {
	var all []any
	if one != nil {
		all = append(all, one)
	}
	for _, name := range slices.Sorted(maps.Keys(several)) {
		all = append(all, several[name].Value.Value)
	}
	return all
}

// target is the request of an operation with examples of parameters: those that it needs, and more.
func target(path string, operation *openapi3.Operation, more ...string) string {
	query := url.Values{}
	for _, p := range operation.Parameters {
		p := p.Value
		switch examples := examplesOf(p.Example, p.Examples); {
		case p.In == openapi3.ParameterInPath:
			path = strings.Replace(path, "{"+p.Name+"}", fmt.Sprint(examples[0]), 1)
		case p.Required:
			query.Set(p.Name, fmt.Sprint(examples[0]))
		}
	}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func TestExamplesOfParameters(t *testing.T) {
	s := serveExamples(t, httpapi.Options{})
	asked := 0
	for path, item := range apitest.Document().Paths.Map() {
		for _, p := range item.Get.Parameters {
			p := p.Value
			examples := examplesOf(p.Example, p.Examples)
			if p.Name != "cursor" { // which is taken from an answer
				require.NotEmpty(t, examples, "%s of %s", p.Name, path)
			}
			for _, example := range examples {
				more := []string{p.Name, fmt.Sprint(example)}
				if p.In == openapi3.ParameterInPath {
					more = nil
				}
				got := s.get(t, target(path, item.Get, more...))
				assert.Equal(t, http.StatusOK, got.StatusCode, "%s: %s", got.Request.URL, got.body)
				asked++
			}
		}
	}
	assert.Greater(t, asked, 24)
}

// Every example of an answer is what a real service answers. One that is in the description and not in this table fails the test.
func TestExamplesOfAnswers(t *testing.T) {
	s := serveExamples(t, httpapi.Options{})
	at := func(operation string, status int) string { return fmt.Sprint(operation, " ", status) }
	get := func(s *service, target string) func() answer { return func() answer { return s.get(t, target) } }
	operations := map[string]*openapi3.Operation{}
	targets := map[string]string{}
	for path, item := range apitest.Document().Paths.Map() {
		operations[item.Get.OperationID], targets[item.Get.OperationID] = item.Get, target(path, item.Get)
	}

	asked := map[string]func() answer{
		at("searchEvents", 200): get(s, "/search?ends_at="+fmt.Sprint(examplesOf(nil, operations["searchEvents"].Parameters.GetByInAndName("query", "ends_at").Examples)[0])),
		at("listEvents", 200):   get(s, targets["listEvents"]),
		at("getEvent", 200):     get(s, targets["getEvent"]),
		at("getStatus", 200):    get(s, targets["getStatus"]),
		at("searchEvents", 400): get(s, "/search?starts_at=2021-13-01"),
		at("listEvents", 400):   get(s, strings.Replace(targets["listEvents"], "starts_at=2021-06-01T00%3A00%3A00Z", "starts_at=2021-13-01", 1)),
		at("getEvent", 400):     get(s, "/events/291"),
		at("listChanges", 400):  get(s, "/changes?limit=0"),
		at("listEvents", 404):   get(s, targets["listEvents"]+"&city=Atlantis"),
		at("getEvent", 404):     get(s, "/events/26601705-2514-5283-be40-b97bebd51251"),
		at("listEvents", 410): func() answer {
			elsewhere := serve(t, service{events: search.NewEvents(newBillboard(t, season(3)...), 10)})
			return s.get(t, elsewhere.get(t, july+"&pageSize=1").links(t)["next"])
		},
		at("listChanges", 410): func() answer {
			return s.get(t, "/changes?after="+serveChanges(t, newBillboard(t, season(3)...)).get(t, "/changes").part(t).Next)
		},
	}
	for id, target := range targets {
		asked[at(id, 413)] = func() answer {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+target, strings.NewReader(strings.Repeat("x", 200_000)))
			require.NoError(t, err)
			response, err := client.Do(r)
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			return answer{response, string(body)}
		}
		path, _, _ := strings.Cut(target, "?")
		asked[at(id, 414)] = get(s, path+"?"+strings.Repeat("x", 9000-len(path)))
		asked[at(id, 429)] = func() answer {
			limited := serveExamples(t, httpapi.Options{Limiter: tokenbucket.New(tokenbucket.Options{RPS: 1, Burst: 1})})
			limited.get(t, target)
			return limited.get(t, target)
		}
		broken := func(err error) *service {
			e := failing(err)
			return serve(t, service{beyond: true, events: e, details: failingWith{err}, changes: failingWith{err}, status: failingWith{err}})
		}
		asked[at(id, 500)] = get(broken(errSecret), target)
		asked[at(id, 503)] = get(broken(fault.Wrap(fault.Unavailable, "read events", errSecret)), target)
	}
	// How it stands is told in any case; that would have to panic.
	asked[at("getStatus", 500)] = get(serve(t, service{status: failingWith{}}), "/status")

	executed, refused := 0, map[string]bool{}
	for id, operation := range operations {
		for status, response := range operation.Responses.Map() {
			media := response.Value.Content.Get("application/json")
			if media == nil {
				continue
			}
			for _, example := range examplesOf(media.Example, media.Examples) {
				key := id + " " + status
				ask, known := asked[key]
				require.True(t, known, "nobody asks for the example of %s", key)
				got := ask()
				require.Equal(t, status, fmt.Sprint(got.StatusCode), "%s: %s", key, got.body)
				want, err := json.Marshal(example)
				require.NoError(t, err)
				executed++
				// One example stands for the refusals of all routes. It has to be the answer of one of them.
				if status == "400" && response.Ref != "" {
					refused[response.Ref] = refused[response.Ref] || assert.ObjectsAreEqual(asJSON(t, string(want)), asJSON(t, got.body))
					continue
				}
				assert.JSONEq(t, string(want), got.body, key)
			}
		}
	}
	assert.Equal(t, map[string]bool{"#/components/responses/Invalid": true}, refused)
	assert.Greater(t, executed, 30)
}

func asJSON(t *testing.T, text string) (v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

func TestExamplesOfHeaders(t *testing.T) {
	s := serveExamples(t, httpapi.Options{})
	headers := apitest.Document().Components.Headers
	document := apitest.Document().Paths.Value("/events").Get
	list := s.get(t, target("/events", document))
	hit := s.get(t, target("/events", document))
	for name, got := range map[string]string{"ETag": list.Header.Get("ETag"), "Vary": list.Header.Get("Vary"), "Link": strings.Split(list.Header.Get("Link"), ", ")[0]} {
		assert.Equal(t, headers[name].Value.Example, got, name)
	}
	const hits = `^Marquee; hit; ttl=\d+; detail=memory$`
	assert.Regexp(t, hits, headers["Cache-Status"].Value.Example)
	assert.Regexp(t, hits, hit.Header.Get("Cache-Status"))
	const waits = `^wait;dur=\d+$`
	assert.Regexp(t, waits, headers["Server-Timing"].Value.Example)
	assert.Regexp(t, waits, s.get(t, "/changes?after=latest&wait=1").Header.Get("Server-Timing"))
}

// failingWith is any use case that fails, or panics without an error.
type failingWith struct{ err error }

func (f failingWith) Of(context.Context, event.ID) (search.Detail, error) {
	return search.Detail{}, f.err
}

func (f failingWith) Head(context.Context) (catalogue.Version, error) {
	return catalogue.Version{}, f.err
}

func (f failingWith) After(context.Context, catalogue.Version, int, time.Duration) (search.ToldChanges, error) {
	return search.ToldChanges{}, f.err
}

func (f failingWith) Report(context.Context) search.Report { panic("a bug") }
