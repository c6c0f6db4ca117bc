package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/adapters/httpapi/apitest"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

func document(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	require.NoError(t, err)
	return doc
}

func TestDocumentIsValid(t *testing.T) {
	require.NoError(t, document(t).Validate(t.Context(), openapi3.EnableExamplesValidation()))
}

// Real answers, held against the document: status, headers, body.
func TestAnswersAreAsDocumented(t *testing.T) {
	plain := service{}
	limited := service{options: httpapi.Options{Limiter: once()}}
	full := service{
		options: httpapi.Options{Version: "1.4.0"},
		status:  statusOf(twoFeeds, search.Expected{Provider: "new"}),
	}
	tests := map[string]struct {
		service service
		times   int
		target  string
		status  int
	}{
		"everything":      {plain, 1, "/search", 200},
		"nothing":         {plain, 1, "/search?starts_at=2030-01-01T00:00:00Z", 200},
		"limited":         {limited, 1, "/search", 200},
		"large":           {service{events: many(1000)}, 1, "/search", 200},
		"no date-time":    {plain, 1, "/search?starts_at=x", 400},
		"no such day":     {plain, 1, "/search?ends_at=2021-09-31T00:00:00Z", 400},
		"twice":           {plain, 1, "/search?ends_at=x&ends_at=y", 400},
		"too many":        {service{events: search.NewEvents(summer, 1)}, 1, "/search", 400},
		"long":            {plain, 1, "/search?" + strings.Repeat("x", 9000), 414},
		"too often":       {limited, 2, "/search", 429},
		"internal":        {service{events: failing(errSecret)}, 1, "/search", 500},
		"unavailable":     {service{events: failing(fault.New(fault.Unavailable, "soon"))}, 1, "/search", 503},
		"status":          {full, 1, "/status", 200},
		"empty status":    {plain, 1, "/status", 200},
		"no store":        {service{status: statusOf(feeds{err: errSecret})}, 1, "/status", 200},
		"status, long":    {plain, 1, "/status?" + strings.Repeat("x", 9000), 414},
		"status, limited": {limited, 2, "/status", 429},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.service.options.Limiter != nil {
				tt.service.options.Limiter = once()
			}
			s := serve(t, tt.service)
			var got answer
			for range tt.times {
				got = s.get(t, tt.target)
			}
			require.Equal(t, tt.status, got.StatusCode, got.body)
			require.NoError(t, asDocumented(got))
		})
	}
}

// Would the test above see it?
func TestUndocumentedAnswersAreSeen(t *testing.T) {
	s := serve(t, service{})
	for name, spoil := range map[string]func(*answer){
		"a status":        func(a *answer) { a.StatusCode = http.StatusTeapot },
		"a content type":  func(a *answer) { a.Header.Set("Content-Type", "text/html") },
		"a missing field": func(a *answer) { a.body = strings.Replace(a.body, `"end_time":"22:00:00",`, "", 1) },
		"a text as price": func(a *answer) { a.body = strings.Replace(a.body, `"min_price":15`, `"min_price":"15"`, 1) },
		"null as title":   func(a *answer) { a.body = strings.Replace(a.body, `"Los Morancos"`, "null", 1) },
		"a date":          func(a *answer) { a.body = strings.Replace(a.body, `"2021-06-30"`, `"30 June"`, 1) },
		"a time":          func(a *answer) { a.body = strings.Replace(a.body, `"21:00:00"`, `"9pm"`, 1) },
		"an id":           func(a *answer) { a.body = strings.Replace(a.body, camela.ID.String(), "291", 1) },
	} {
		got := s.get(t, "/search")
		before := got.body
		spoil(&got)
		assert.Error(t, asDocumented(got), "%s, body changed: %t", name, before != got.body)
	}
}

func asDocumented(a answer) error {
	return apitest.Validate(a.Response, []byte(a.body))
}
