package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/search"
)

// GetStatus answers GET /status.
func (o *operations) GetStatus(ctx context.Context, _ GetStatusRequestObject) (GetStatusResponseObject, error) {
	return statusAnswer{report: o.status.Report(ctx), version: o.version, sender: o.sender}, nil
}

type statusAnswer struct {
	report  search.Report
	version string
	*sender
}

// VisitGetStatusResponse writes the answer.
func (a statusAnswer) VisitGetStatusResponse(w http.ResponseWriter) error {
	body, err := json.Marshal(statusJSON(a.report, a.version))
	if err != nil {
		return err
	}
	answerHeaders(w.Header(), cacheNever)
	return a.whole(w, written{body: append(body, '\n')})
}

func statusJSON(r search.Report, version string) ServiceStatus {
	status := ServiceStatus{
		Status: Health(r.Health), Problem: r.Problem, At: known(r.At), Version: version,
		Feeds: make([]FeedStatus, 0, len(r.Feeds)),
	}
	for _, f := range r.Feeds {
		feed := FeedStatus{
			Provider: f.Provider, Status: Health(f.Health), Problem: f.Problem,
			LastConcluded: known(f.Feed.LastConcluded), Current: runJSON(f.Feed.Current),
			Available: f.Feed.Available, Known: f.Feed.Known, Rejected: f.Feed.Rejected,
		}
		if f.Age >= 0 {
			feed.AgeSeconds = new(int64(f.Age / time.Second))
		}
		status.Feeds = append(status.Feeds, feed)
	}
	return status
}

// runJSON is null for a provider of which no run is known.
func runJSON(r catalogue.Run) *RunStatus {
	if r.State == "" {
		return nil
	}
	run := &RunStatus{State: RunStatusState(r.State), BegunAt: r.BegunAt.UTC(), Applied: r.Applied}
	if r.Failure != "" {
		// Why is for operators: it may name hosts that are nobody else's business.
		run.Failure = "the feed was not read to its end"
	}
	if r.Chunks >= 0 {
		run.Chunks = &r.Chunks
	}
	return run
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}
