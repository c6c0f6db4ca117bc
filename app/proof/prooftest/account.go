package prooftest

import (
	"bufio"
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// word is what a process says that keeps an account: once where it listens, and then the account whenever it is asked for it.
type word struct {
	API, Admin string        // URLs
	CPU        time.Duration // that the process was on a processor, since it began
}

// SayWhere tells who started this process, with StartAccounted, that it listens at these URLs.
func SayWhere(api, admin string) { say(word{API: api, Admin: admin}) }

// TellAccounts tells how long this process was on a processor, whenever it is asked. It returns as Told does.
func TellAccounts() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); { // each line asks for the account
		say(word{CPU: onProcessor()})
	}
}

func say(w word) { _ = json.NewEncoder(os.Stdout).Encode(w) } // who does not hear it ends the process

// onProcessor is how long this process was on a processor. The kernel knows it more precisely than the ticks of /proc tell.
func onProcessor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // which nobody takes for an account
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Accounted is a process that listens and keeps an account of the processor time that it takes.
type Accounted struct {
	*Process
	API, Admin string // URLs

	t     testing.TB
	words chan word
}

// StartAccounted starts a process that calls SayWhere and TellAccounts, and returns once it listens. It ends before the test.
func StartAccounted(t testing.TB, orders any) *Accounted {
	t.Helper()
	var log Tail
	p := &Accounted{t: t, words: make(chan word, 1)}
	p.Process = Start(t, orders, &log, func(line []byte) {
		var w word
		if json.Unmarshal(line, &w) == nil {
			p.words <- w
		}
	})
	t.Cleanup(func() {
		p.End()
		if t.Failed() {
			t.Logf("the end of the log of a process that was told %v:\n%s", orders, &log)
		}
	})
	where := p.hear()
	p.API, p.Admin = where.API, where.Admin
	return p
}

// End stops it in order: what it still has to export, it exports.
func (p *Accounted) End() {
	if err := p.Stop(); err != nil {
		p.t.Errorf("a process was to stop in order: %v", err)
	}
}

// Account is how long it was on a processor so far.
func (p *Accounted) Account() time.Duration {
	p.t.Helper()
	require.NoError(p.t, p.Tell("account"))
	cpu := p.hear().CPU
	require.Positive(p.t, cpu)
	return cpu
}

func (p *Accounted) hear() word {
	p.t.Helper()
	select {
	case w := <-p.words:
		return w
	case <-p.Ended():
		require.FailNow(p.t, "a process ended instead of saying something")
	case <-time.After(Patience):
		require.FailNow(p.t, "a process says nothing", "for %s", Patience)
	}
	return word{}
}
