package observability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// probeTimeout is how long a readiness check may take where it is not told.
const probeTimeout = 2 * time.Second

// Probes tell an orchestrator whether the process lives and whether it should get requests. They may be used from
// many goroutines.
//
// A process is ready when it was told so and every check passes. It starts as not ready, and says that it is
// starting. Liveness asks nothing of anybody: restarting this process mends no dependency.
type Probes struct {
	running singleflight.Group

	mu     sync.Mutex
	reason string // why it is not ready; empty when it is
	checks []check
}

type check struct {
	name    string
	timeout time.Duration
	run     func(context.Context) error
}

// Failure is a readiness check that did not pass.
type Failure struct {
	Check string `json:"check"`
	Error string `json:"error"`
}

// Readiness is the state of a process as its probe tells it.
type Readiness struct {
	Ready   bool      `json:"ready"`
	Reason  string    `json:"reason,omitempty"` // why it should get no requests, whatever the checks say
	Failing []Failure `json:"failing"`          // by name
}

// NewProbes are of a process that is starting.
func NewProbes() *Probes { return &Probes{reason: "starting"} }

// Add adds a readiness check. It may take up to timeout (two seconds unless set) and should end with its context.
// One that does not fails, and is not started again before it has ended.
func (p *Probes) Add(name string, timeout time.Duration, run func(context.Context) error) {
	if timeout <= 0 {
		timeout = probeTimeout
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checks = append(p.checks, check{name: name, timeout: timeout, run: run})
}

// SetReady says that the process has started and may get requests, if the checks agree.
func (p *Probes) SetReady() { p.set("") }

// NotReady says that the process should get no more requests, and why: it is starting or stopping.
func (p *Probes) NotReady(reason string) {
	if reason == "" {
		reason = "not ready"
	}
	p.set(reason)
}

func (p *Probes) set(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reason = reason
}

// Readiness runs all checks side by side. Callers at the same time share one run of each.
func (p *Probes) Readiness(ctx context.Context) Readiness {
	p.mu.Lock()
	reason, checks := p.reason, slices.Clone(p.checks)
	p.mu.Unlock()

	results := make([]error, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { results[i] = p.pass(ctx, c) })
	}
	all.Wait()

	r := Readiness{Reason: reason, Failing: []Failure{}}
	for i, err := range results {
		if err != nil {
			r.Failing = append(r.Failing, Failure{Check: checks[i].name, Error: errorText(err)})
		}
	}
	slices.SortFunc(r.Failing, func(a, b Failure) int { return strings.Compare(a.Check, b.Check) })
	r.Ready = r.Reason == "" && len(r.Failing) == 0
	return r
}

// tell keeps the gauge of each check.
func (p *Probes) tell(ctx context.Context, rec *Recorder) {
	failing := map[string]bool{}
	for _, f := range p.Readiness(ctx).Failing {
		failing[f.Check] = true
	}
	if ctx.Err() != nil {
		return // the checks were given up, and say nothing
	}
	p.mu.Lock()
	checks := slices.Clone(p.checks)
	p.mu.Unlock()
	for _, c := range checks {
		up := 1.0
		if failing[c.name] {
			up = 0
		}
		rec.dependencyUp.WithLabelValues(rec.checks.label(c.name)).Set(up)
	}
}

// pass is nil when the check passed in time.
func (p *Probes) pass(ctx context.Context, c check) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// The check belongs to all who wait for it, so it does not end with the one that came first.
	result := p.running.DoChan(c.name, func() (_ any, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("the check panicked: %v", r)
			}
		}()
		return nil, c.run(ctx)
	})
	select {
	case r := <-result:
		return r.Err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("no answer within %s", c.timeout)
		}
		return ctx.Err()
	}
}

// Live answers 200 as long as the process can answer at all.
func (p *Probes) Live(w http.ResponseWriter, _ *http.Request) {
	answerProbe(w, http.StatusOK, map[string]bool{"live": true})
}

// Ready answers 200, or 503 with what is wrong.
func (p *Probes) Ready(w http.ResponseWriter, r *http.Request) {
	readiness := p.Readiness(r.Context())
	status := http.StatusOK
	if !readiness.Ready {
		status = http.StatusServiceUnavailable
	}
	answerProbe(w, status, readiness)
}

func answerProbe(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked is gone
}
