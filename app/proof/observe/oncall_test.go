package observe

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/observability/alerts"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// onCall is who would be told: Prometheus, Alertmanager and the receivers, and what they were seen to do.
type onCall struct {
	t            *testing.T
	prometheus   *prometheus
	alertmanager *server.Instance
	receivers    *receivers
	ticketWait   time.Duration

	mu      sync.Mutex
	seen    map[string]map[string]bool // states of rules, ever
	now     map[string]map[string]bool
	proven  map[string]bool
	looking int
}

// newOnCall has tickets wait for as long as told before anybody hears of them, so that what explains them can keep them back.
func newOnCall(t *testing.T, ticketWait time.Duration, collector string) *onCall {
	t.Helper()
	r := newReceivers(t)
	o := &onCall{t: t, receivers: r, ticketWait: ticketWait, seen: map[string]map[string]bool{}, proven: map[string]bool{}}
	o.alertmanager = startAlertmanager(t, r, ticketWait)
	o.prometheus = startPrometheus(t, o.alertmanager.URL(), collector)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { o.look(ctx) })
	t.Cleanup(func() {
		cancel()
		done.Wait()
		if t.Failed() {
			t.Logf("told: %v\nmessages: %q\nAlertmanager: %s\nPrometheus: %s", r.told, r.wrong(), o.alertmanager.Log(), o.prometheus.Log())
		}
	})
	return o
}

// look takes note of the states of alerts, often enough not to miss that one is pending.
func (o *onCall) look(ctx context.Context) {
	for ctx.Err() == nil {
		if now, err := o.prometheus.states(ctx); err == nil {
			o.mu.Lock()
			o.now = now
			o.looking++
			for rule, states := range now {
				for state := range states {
					if o.seen[rule] == nil {
						o.seen[rule] = map[string]bool{}
					}
					o.seen[rule][state] = true
				}
			}
			o.mu.Unlock()
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (o *onCall) is(rule, state string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now[rule][state]
}

func (o *onCall) was(rule, state string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen[rule][state]
}

// fault is what is done to the service, and who has to be told of it.
type fault struct {
	what string
	do   func()
	undo func()
	// told are the rules that have to fire and whose alerts have to reach people; kept those that fire as well, and are kept
	// back because another one says it all.
	told, kept []string
}

// prove does a fault, and returns when people know that it is over.
func (o *onCall) prove(f fault) {
	o.t.Helper()
	began := time.Now()
	before, resolved := map[string]int{}, map[string]int{}
	for _, rule := range slices.Concat(f.told, f.kept) {
		before[rule], resolved[rule] = o.receivers.heard("firing", rule), o.receivers.heard("resolved", alertOf(rule))
	}
	f.do()
	for _, rule := range slices.Concat(f.told, f.kept) {
		prooftest.Until(o.t, f.what+": "+rule+" fires", func() bool { return o.is(rule, "firing") || o.was(rule, "firing") && slices.Contains(f.kept, rule) })
		if holds(rule) {
			assert.True(o.t, o.was(rule, "pending"), "%s: %s was not pending before it fired", f.what, rule)
		}
	}
	fired := time.Now()
	for _, rule := range f.told {
		prooftest.Until(o.t, f.what+": people hear of "+rule, func() bool { return o.receivers.heard("firing", rule) > before[rule] })
	}
	heard := time.Now()
	if len(f.kept) > 0 {
		time.Sleep(o.ticketWait + 2*time.Second) // by then people would have heard of the last of them
	}
	for _, rule := range f.kept {
		assert.Equal(o.t, before[rule], o.receivers.heard("firing", rule), "%s: people hear of %s, which another alert explains", f.what, rule)
	}
	f.undo()
	for _, rule := range slices.Concat(f.told, f.kept) {
		if !isSlow(rule) {
			o.recovers(f.what, rule)
		}
		if !isSlow(rule) && slices.Contains(f.told, rule) {
			prooftest.Until(o.t, f.what+": people hear that "+rule+" is over", func() bool { return o.receivers.heard("resolved", alertOf(rule)) > resolved[rule] })
		}
		o.proven[rule] = true
	}
	o.t.Logf("%-45s fired after %4.1f s, heard of after %4.1f s, over after %5.1f s: %s", f.what, fired.Sub(began).Seconds(), heard.Sub(began).Seconds(), time.Since(began).Seconds(),
		strings.Join(slices.Concat(f.told, f.kept), ", "))
}

// recovers waits until an alert is over.
func (o *onCall) recovers(what, rule string) {
	o.t.Helper()
	prooftest.Until(o.t, what+": "+rule+" is over", func() bool { return !o.is(rule, "firing") })
}

// isSlow tells of the rules that look back over days: they take minutes to be over even here, and are waited for at the end.
func isSlow(rule string) bool { return strings.HasSuffix(rule, " slow") }

func alertOf(rule string) string {
	name, _, _ := strings.Cut(rule, " ")
	return name
}

// holds is whether the condition of a rule has to hold for a while before it fires.
func holds(rule string) bool {
	i := slices.IndexFunc(alerts.All(), func(a alerts.Alert) bool { return strings.TrimSpace(a.Name+" "+a.Burn) == rule })
	return i >= 0 && alerts.All()[i].For > 0
}

// ends checks what has to hold however many faults there were.
func (o *onCall) ends() {
	o.t.Helper()
	prooftest.Until(o.t, "the Watchdog is heard of", func() bool { return o.receivers.heartbeats() > 0 })
	require.True(o.t, o.is("Watchdog", "firing"))
	require.Empty(o.t, o.receivers.wrong(), "messages")
}
