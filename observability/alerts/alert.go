package alerts

import (
	"time"
)

// Severity is what somebody does about an alert.
type Severity string

// The severities.
const (
	Page   Severity = "page"   // wakes somebody
	Ticket Severity = "ticket" // waits for the next working day
	None   Severity = "none"   // is for machines
)

// Alert is something that somebody is told.
type Alert struct {
	Name     string
	Severity Severity
	// Expr is the condition in PromQL. A %s for each of Windows stands for a duration.
	Expr    string
	Windows []time.Duration
	For     time.Duration // that it has to hold
	// SymptomOf are the dependencies whose failure explains it.
	SymptomOf []string
	// Burn tells the rules of one alert apart that differ in how fast an error budget is used up; empty for one rule.
	Burn    string
	Summary string // one line, in the syntax of Prometheus's templates
	Detail  string // what it means for users
	// Dashboard is the uid of the one that shows it, with the query of variables where it has any.
	Dashboard string
}

// Runbook is where it says what to do, without the page.
func (a Alert) Runbook() string { return RunbookPage + "#" + a.Anchor() }

// RunbookPage is the page of runbook entries as Alertmanager's messages link to it.
const RunbookPage = "https://github.com/marquee-events/marquee/blob/main/docs/operations/runbook.md"

// Pace is how many times faster than in earnest all durations of the rules are: 1 for the rules that are shipped.
type Pace float64

// Earnest is the pace of the rules that are shipped.
const Earnest Pace = 1

// shorten is d at the pace, and not less than half a second.
func (p Pace) shorten(d time.Duration) time.Duration {
	if d == 0 {
		return 0
	}
	return max(time.Duration(float64(d)/float64(p)).Round(time.Millisecond), time.Second/2)
}
