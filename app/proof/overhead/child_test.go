package overhead

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
)

// orders are what a process is started with.
type orders struct {
	Fill    bool     // read the feed into the catalogue and end; otherwise answer questions about it
	Bare    bool     // nothing watches requests, and nothing limits them
	Environ []string // what OpenTelemetry reads for itself included
}

// word is what a process says: once where it listens, and then its account whenever it is asked for it.
type word struct {
	API, Admin string        // URLs
	CPU        time.Duration // that this process was on a processor, since it began
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for _, variable := range o.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	c, _, err := config.Load(o.Environ)
	if err != nil {
		return err
	}
	settings := wiring.Settings{Config: c, Build: observability.Build{Version: "test"}}
	if o.Fill {
		return fill(settings)
	}
	settings.Roles = wiring.Roles{API: true}
	var at *wiring.Addresses
	options := []fx.Option{fx.Populate(&at)}
	if o.Bare {
		settings.Log = io.Discard
		options = append(options, bare)
	}
	say := json.NewEncoder(os.Stdout)
	started := func() {
		_ = say.Encode(word{API: "http://" + at.Of(wiring.PublicAPI), Admin: "http://" + at.Of(wiring.Admin)})
	}
	told := func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); { // each line asks for the account
			_ = say.Encode(word{CPU: onProcessor()})
		}
	}
	return prooftest.Serve(settings, started, told, options...)
}

// onProcessor is how long this process was on a processor. The kernel knows it more precisely than the ticks of /proc tell.
func onProcessor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // which the test does not take for an account
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// process is one that runs beside the test, and ends before it.
type process struct {
	t *testing.T
	word
	*prooftest.Process
	words chan word
}

func start(t *testing.T, o orders) *process {
	t.Helper()
	var log prooftest.Tail
	p := &process{t: t, words: make(chan word, 1)}
	p.Process = prooftest.Start(t, o, &log, func(line []byte) {
		var w word
		if json.Unmarshal(line, &w) == nil {
			p.words <- w
		}
	})
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the end of the log of a process that was told %v:\n%s", o.Environ, &log)
		}
	})
	if !o.Fill {
		p.word = p.hear()
	}
	return p
}

// stop stops it in order: what it still has to export, it exports.
func (p *process) stop() {
	if err := p.Stop(); err != nil {
		p.t.Errorf("a process was to stop in order: %v", err)
	}
}

func (p *process) hear() word {
	p.t.Helper()
	select {
	case w := <-p.words:
		return w
	case <-p.Ended():
		require.FailNow(p.t, "a process ended instead of saying something")
	case <-time.After(prooftest.Patience):
		require.FailNow(p.t, "a process says nothing", "for %s", prooftest.Patience)
	}
	return word{}
}

// account is how long it was on a processor so far.
func (p *process) account() time.Duration {
	p.t.Helper()
	require.NoError(p.t, p.Tell("account"))
	cpu := p.hear().CPU
	require.Positive(p.t, cpu)
	return cpu
}
