package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// Expected is a provider that should be there, and how often its feed is read.
type Expected struct {
	Provider string
	Interval time.Duration
}

// Health is what a person or a health check wants to know first.
type Health string

// The healths of the service and of a feed.
const (
	OK       Health = "ok"
	Degraded Health = "degraded"
)

// FeedReport is how one feed stands.
type FeedReport struct {
	Provider string
	Health   Health
	Problem  string        // empty when OK
	Age      time.Duration // since the last concluded run began; negative when there was none
	Feed     catalogue.Feed
}

// Report is how the service stands.
type Report struct {
	Health  Health
	Problem string // of the service itself, beside those of its feeds
	Feeds   []FeedReport
	At      time.Time // when it was true
}

// staleAfter is how many intervals a feed may be behind before it is degraded.
const staleAfter = 3

// reportLife is how long a report is reused: a health check asked by everyone costs one question a second.
const reportLife = time.Second

// Status tells how the service stands. It may be used from many goroutines.
type Status struct {
	feeds    ports.FeedReader
	expected []Expected
	clock    func() time.Time

	mu    sync.Mutex
	asked time.Time
	last  Report
}

// NewStatus reports on the feeds that reader knows and those that are expected. Where none is, a feed is expected as
// often as its last fetcher read it.
func NewStatus(reader ports.FeedReader, expected []Expected, clock func() time.Time) *Status {
	return &Status{feeds: reader, expected: expected, clock: clock}
}

// Report never fails: when the store is away it returns the last known state, marked as degraded.
func (s *Status) Report(ctx context.Context) Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if age := now.Sub(s.asked); !s.asked.IsZero() && age >= 0 && age < reportLife {
		return s.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportLife)
	defer cancel()
	feeds, err := s.feeds.Feeds(ctx)
	s.asked = s.clock() // not before the question: one that took long would answer nobody else
	if err != nil {
		s.last.Health, s.last.Problem = Degraded, "the store does not answer; what is shown was true at the time told"
		return s.last
	}
	s.last = s.judge(feeds, now)
	return s.last
}

func (s *Status) judge(feeds []catalogue.Feed, now time.Time) Report {
	report := Report{Health: OK, At: now}
	for _, e := range s.expected {
		if !slices.ContainsFunc(feeds, func(f catalogue.Feed) bool { return f.Provider == e.Provider }) {
			feeds = append(feeds, catalogue.Feed{Provider: e.Provider})
		}
	}
	for _, f := range feeds {
		fr := FeedReport{Provider: f.Provider, Health: OK, Age: -1, Feed: f}
		if !f.LastConcluded.IsZero() {
			fr.Age = max(now.Sub(f.LastConcluded), 0) // a fetcher's clock may be ahead
		}
		fr.Problem = s.problem(fr)
		if fr.Problem != "" {
			fr.Health, report.Health = Degraded, Degraded
		}
		report.Feeds = append(report.Feeds, fr)
	}
	slices.SortFunc(report.Feeds, func(a, b FeedReport) int {
		return strings.Compare(a.Provider, b.Provider)
	})
	return report
}

// problem is safe to show to anyone: why a reading failed is for operators, and stands in the run.
func (s *Status) problem(f FeedReport) string {
	interval := f.Feed.Interval
	if len(s.expected) > 0 {
		i := slices.IndexFunc(s.expected, func(e Expected) bool { return e.Provider == f.Provider })
		if i < 0 {
			return "" // a provider of the past: its events stay, nobody expects news
		}
		interval = s.expected[i].Interval
	}
	switch {
	case interval == 0:
		return ""
	case f.Age < 0 && f.Feed.Current.Failure != "":
		return "its feed was never read to the end"
	case f.Age < 0:
		return "its feed has not been read yet"
	case f.Age > staleAfter*interval:
		return fmt.Sprintf("its feed was last read to the end %s ago", f.Age.Round(time.Second))
	case f.Feed.LastBelieved.Before(f.Feed.LastConcluded):
		return "its feed was read to the end, but what left it is not believed"
	}
	return ""
}
