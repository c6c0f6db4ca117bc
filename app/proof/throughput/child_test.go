//go:build linux

package throughput

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"strings"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
)

// orders are what a process of the service, or a broker, is started with. It says on its standard output where it can be reached.
type orders struct {
	BrokerDir string   // of a broker, empty for a process of the service
	Roles     []string // of a process of the service
	Variables []string // that configure it
}

// live is the life of a process.
func live(raw []byte) error {
	var o orders
	if err := json.Unmarshal(raw, &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	if o.BrokerDir != "" {
		return prooftest.ServeBroker(o.BrokerDir, func(url string) { fmt.Fprintln(os.Stdout, url) })
	}
	c, _, err := config.Load(o.Variables)
	if err != nil {
		return err
	}
	roles, err := wiring.ParseRoles(o.Roles)
	if err != nil {
		return err
	}
	var at *wiring.Addresses
	return prooftest.Serve(wiring.Settings{Config: c, Roles: roles, Build: observability.Build{Version: "test"}},
		func() { fmt.Fprintln(os.Stdout, "http://"+at.Of(wiring.Admin)) }, prooftest.Told, fx.Populate(&at))
}

// process is one that runs beside the test, and ends before it.
type process struct {
	pid int
	url string // where it said that it can be reached
}

// start starts a process and returns once it has said where it can be reached.
func start(t *testing.T, name string, o orders) process {
	t.Helper()
	var log prooftest.Tail
	said := make(chan string, 1)
	p := prooftest.Start(t, o, &log, func(line []byte) { said <- strings.TrimSuffix(string(line), "\n") })
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("the %s was to stop in order: %v", name, err)
		}
		if t.Failed() {
			t.Logf("the end of the log of the %s:\n%s", name, &log)
		}
	})
	select {
	case url := <-said:
		return process{pid: p.PID(), url: url}
	case <-p.Ended():
		require.FailNow(t, "it does not start", "the %s ended instead", name)
	case <-time.After(prooftest.Patience):
		require.FailNow(t, "it does not start", "the %s said nothing for %s", name, prooftest.Patience)
	}
	return process{}
}
