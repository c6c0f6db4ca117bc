package httpapi_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/adapters/httpapi"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/search"
)

var twoFeeds = feeds{feeds: []catalogue.Feed{
	{
		Provider: "city", LastConcluded: noon.Add(-7 * time.Minute), LastBelieved: noon.Add(-7 * time.Minute), Available: 4121, Known: 9310, Rejected: 1,
		Current: catalogue.Run{State: catalogue.Incomplete, Chunks: 0, BegunAt: noon.Add(-time.Minute), Failure: "the provider answered 503"},
	},
	{
		Provider: "opera", LastConcluded: noon.Add(-30 * time.Second), LastBelieved: noon.Add(-30 * time.Second), Available: 12, Known: 12,
		Current: catalogue.Run{State: catalogue.Reading, Chunks: -1, Applied: 3, BegunAt: noon.Add(-time.Second)},
	},
}}

func TestStatus(t *testing.T) {
	s := serve(t, service{
		options: httpapi.Options{Version: "1.4.0"},
		status:  statusOf(twoFeeds, search.Expected{Provider: "city", Interval: time.Minute}, search.Expected{Provider: "new", Interval: time.Minute}),
	})
	got := s.get(t, "/status")
	golden(t, "status.json", got.body)
	assert.Equal(t, http.StatusOK, got.StatusCode, "degraded is an answer, not a failure")
	assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
}

func TestStatusWithoutAnything(t *testing.T) {
	got := serve(t, service{}).get(t, "/status")
	assert.JSONEq(t, `{"status":"ok","problem":"","at":"2021-06-30T12:00:00Z","version":"","feeds":[]}`, got.body)
}

func TestStatusWithoutStore(t *testing.T) {
	got := serve(t, service{status: statusOf(feeds{err: errors.New("no connection to 10.1.2.3")})}).get(t, "/status")
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.JSONEq(t, `{"status":"degraded","problem":"the store does not answer; what is shown was true at the time told","at":null,"version":"","feeds":[]}`, got.body)
}
