package overhead

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// side is a way to run the service.
type side struct {
	name    string
	bare    bool
	environ []string
}

// sides begin with all off and end with what is shipped; each in between has one thing more than the one before.
func sides(collector string) []side {
	quiet := "MARQUEE_LOG_LEVEL=ERROR"
	unlimited := "MARQUEE_RATE_LIMIT_RPS=0"
	tracing := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector, "OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1"}
	// All requests are from one address, whose limit is as strict as any other and never reached.
	limited := []string{"MARQUEE_RATE_LIMIT_RPS=1000000", "MARQUEE_RATE_LIMIT_BURST=1000000"}
	return []side{
		{"all off", true, []string{quiet, unlimited}},
		{"metrics", false, []string{quiet, unlimited}},
		{"and tracing", false, append([]string{quiet, unlimited}, tracing...)},
		{"and logs", false, append([]string{unlimited}, tracing...)},
		{"and the limiter: as shipped", false, slices.Concat(limited, tracing)},
	}
}

// runner is a side that runs.
type runner struct {
	side
	*prooftest.Accounted
	*asker

	idle time.Duration   // on a processor in a second in which nobody asks
	each []time.Duration // on a processor for a request, in each round
}

func run(t *testing.T, s side, folder string) *runner {
	t.Helper()
	p := prooftest.StartAccounted(t, orders{Bare: s.bare, Environ: append([]string{
		"MARQUEE_DATA_DIR=" + folder, "MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0",
	}, s.environ...)})
	return &runner{side: s, Accounted: p, asker: newAsker(t, p.API)}
}

func TestBeingWatchedChangesNoAnswer(t *testing.T) {
	collector, folder := newCollector(t), catalogue(t)
	all := sides(collector.url)
	off, shipped := run(t, all[0], folder()), run(t, all[len(all)-1], folder())
	for n := range 300 {
		plain, err := off.answer(question(n))
		require.NoError(t, err)
		watched, err := shipped.answer(question(n))
		require.NoError(t, err)
		require.Equal(t, plain, watched, question(n))
		require.NotEmpty(t, plain)
	}
	const counted = `marquee_http_requests_total{code="200"`
	assert.NotContains(t, off.metrics(), counted, "what is off is off")
	assert.Contains(t, shipped.metrics(), counted)
	off.End()
	assert.Zero(t, collector.spans.Load())
	shipped.End()
	assert.Positive(t, collector.spans.Load())
}

func (r *runner) metrics() string {
	r.t.Helper()
	admin := newAsker(r.t, r.Admin)
	body, err := admin.read("/metrics")
	require.NoError(r.t, err)
	return string(body)
}

func TestOverhead(t *testing.T) {
	if !*judge {
		t.Skip("a measurement, of minutes: make proof-overhead")
	}
	collector, folder := newCollector(t), catalogue(t)
	var all []*runner
	for _, s := range sides(collector.url) {
		all = append(all, run(t, s, folder()))
	}
	for _, r := range all {
		r.ask(turns * perTurn()) // what is asked often is kept from here on, and all that is made once is made
	}
	measureIdle(all)
	measure(all)
	ratios := show(os.Stdout, all)
	takeProfiles(t, all)
	for _, r := range all {
		r.End()
	}
	assert.Positive(t, collector.spans.Load())
	assert.LessOrEqual(t, median(ratios), bound, "times the processor time of a request with all off")
}

// In each round a process has so many turns of being asked. A round takes longer than spans wait for being exported.
const (
	turns = 4
	turn  = 500 * time.Millisecond
)

func perTurn() (questions int) { return *rate * int(turn) / int(time.Second) }

func measureIdle(all []*runner) {
	const quiet = 10 * time.Second // spans of before leave within the first five
	var before []time.Duration
	<-time.After(quiet)
	for _, r := range all {
		before = append(before, r.Account())
	}
	<-time.After(quiet)
	for i, r := range all {
		r.idle = time.Duration(float64(r.Account()-before[i]) / quiet.Seconds())
	}
}

// measure accounts for each round, in which every process has several turns, so that whatever else goes on at this machine meets
// all of them. Turns go forth and back, so that none always comes after the same other.
func measure(all []*runner) {
	began, before := make([]time.Time, len(all)), make([]time.Duration, len(all))
	look := func(i int) (time.Time, time.Duration) { return time.Now(), all[i].Account() }
	for i := range all {
		began[i], before[i] = look(i)
	}
	order := slices.Clone(all)
	for range *rounds {
		for range turns {
			for _, r := range order {
				r.ask(perTurn())
			}
			slices.Reverse(order)
		}
		for i, r := range all {
			if !r.bare {
				_ = r.metrics()
			}
			at, cpu := look(i)
			idle := time.Duration(at.Sub(began[i]).Seconds() * float64(r.idle))
			r.each = append(r.each, (cpu-before[i]-idle)/time.Duration(turns*perTurn()))
			began[i], before[i] = at, cpu
		}
	}
}

// show prints the figures and returns, for each round, how many times the processor time of a request is what it is with all off.
func show(w io.Writer, all []*runner) (shipped []float64) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d requests a second, %d rounds of %d turns of %s\tCPU µs a request: min\tmedian\tmax\ttimes all off: min\tmedian\tmax\tidle, ms/s\t\n", *rate, *rounds, turns, turn)
	for _, r := range all {
		var micros, ratios []float64
		for round, cpu := range r.each {
			micros = append(micros, float64(cpu)/1e3)
			ratios = append(ratios, float64(cpu)/float64(all[0].each[round]))
		}
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.1f\t\n", r.name, slices.Min(micros), median(micros), slices.Max(micros),
			slices.Min(ratios), median(ratios), slices.Max(ratios), r.idle.Seconds()*1e3)
		shipped = ratios
	}
	table.Flush()
	fmt.Fprintf(w, "promised: as shipped, the median is at most %.1f times all off\n", bound)
	return shipped
}

func median(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

// takeProfiles profiles the first and the last while they are asked, if somebody wants to look.
func takeProfiles(t *testing.T, all []*runner) {
	t.Helper()
	if *profiles == "" {
		return
	}
	for _, r := range []*runner{all[0], all[len(all)-1]} {
		const seconds = 10
		taken := make(chan []byte)
		admin := newAsker(t, r.Admin)
		go func() {
			profile, err := admin.read(fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds))
			assert.NoError(t, err)
			taken <- profile
		}()
		r.ask(*rate * seconds)
		name := strings.NewReplacer(" ", "-", ":", "").Replace(r.name) + ".pprof"
		require.NoError(t, os.WriteFile(filepath.Join(*profiles, name), <-taken, 0o600))
	}
}
