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
// A process is ready when it was told so and every check passes that decides. It starts as not ready, and says that it is
// starting. Liveness asks nothing of anybody: restarting this process mends no dependency.
//
// What a process depends on, and whether it is ready, are two questions. A dependency without which it can do nothing
// decides (Add). One without which it still does what requests are for does not, and is told all the same (Watch). And what decides may be
// no dependency at all (Require).
type Probes struct {
	running singleflight.Group

	mu     sync.Mutex
	reason string // why it is not ready; empty when it is
	checks []check
}

type check struct {
	name       string
	timeout    time.Duration
	run        func(context.Context) error
	decides    bool
	dependency bool
}

// Failure is a check that did not pass.
type Failure struct {
	Check string `json:"check"`
	Error string `json:"error"`
}

// Readiness is the state of a process as its probe tells it.
type Readiness struct {
	Ready   bool      `json:"ready"`
	Reason  string    `json:"reason,omitempty"` // why it should get no requests, whatever the checks say
	Failing []Failure `json:"failing"`          // the checks that decide, by name
	// NotDecisive are dependencies that do not answer and that the process is ready without, by name.
	NotDecisive []Failure `json:"not_decisive,omitempty"`
}

// NewProbes are of a process that is starting.
func NewProbes() *Probes { return &Probes{reason: "starting"} }

// Add adds a dependency that the process is not ready without. Its check may take up to timeout (two seconds unless set) and
// should end with its context. One that does not fails, and is not started again before it has ended. A name is that of
// one check.
func (p *Probes) Add(name string, timeout time.Duration, run func(context.Context) error) {
	p.add(check{name: name, timeout: timeout, run: run, decides: true, dependency: true})
}

// Watch adds a dependency that the process is ready without. Whether it answers is told, as of one that was added.
func (p *Probes) Watch(name string, timeout time.Duration, run func(context.Context) error) {
	p.add(check{name: name, timeout: timeout, run: run, dependency: true})
}

// Require adds something else that the process is not ready without. It is no dependency, and not among their metrics.
func (p *Probes) Require(name string, timeout time.Duration, run func(context.Context) error) {
	p.add(check{name: name, timeout: timeout, run: run, decides: true})
}

func (p *Probes) add(c check) {
	if c.timeout <= 0 {
		c.timeout = probeTimeout
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checks = append(p.checks, c)
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
	r := Readiness{Reason: p.reason, Failing: []Failure{}}
	p.mu.Unlock()
	for _, c := range p.ask(ctx) {
		switch {
		case c.err == nil:
		case c.decides:
			r.Failing = append(r.Failing, Failure{Check: c.name, Error: errorText(c.err)})
		default:
			r.NotDecisive = append(r.NotDecisive, Failure{Check: c.name, Error: errorText(c.err)})
		}
	}
	r.Ready = r.Reason == "" && len(r.Failing) == 0
	return r
}

// asked is a check, and why it did not pass.
type asked struct {
	check
	err error
}

// ask returns all checks, by name.
func (p *Probes) ask(ctx context.Context) []asked {
	p.mu.Lock()
	checks := make([]asked, len(p.checks))
	for i, c := range p.checks {
		checks[i].check = c
	}
	p.mu.Unlock()
	var all sync.WaitGroup
	for i := range checks {
		all.Go(func() { checks[i].err = p.pass(ctx, checks[i].check) })
	}
	all.Wait()
	slices.SortFunc(checks, func(a, b asked) int { return strings.Compare(a.name, b.name) })
	return checks
}

// tell keeps the gauge of each dependency.
func (p *Probes) tell(ctx context.Context, rec *Recorder) {
	checks := p.ask(ctx)
	if ctx.Err() != nil {
		return // the checks were given up, and say nothing
	}
	for _, c := range checks {
		if !c.dependency {
			continue
		}
		up := 1.0
		if c.err != nil {
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
