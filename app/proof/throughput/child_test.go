//go:build linux

package throughput

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
	"go.uber.org/fx"

	"github.com/marquee-events/marquee/app/config"
	"github.com/marquee-events/marquee/app/wiring"
	"github.com/marquee-events/marquee/observability"
)

// ordersVariable makes this test binary a process of the service, or a broker. It says on its standard output where it can be
// reached, and stops in order when its standard input ends, which it also does when the test is killed.
const ordersVariable = "MARQUEE_TEST_THROUGHPUT_ORDERS"

// orders are what a process is started with.
type orders struct {
	BrokerDir string   // of a broker, empty for a process of the service
	Roles     []string // of a process of the service
	Variables []string // that configure it
}

// live is the life of a process.
func live(raw string) error {
	var o orders
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	if o.BrokerDir != "" {
		return serveBroker(o.BrokerDir)
	}
	return serveRoles(o)
}

// toldToStop returns when the input has ended.
func toldToStop() { _, _ = io.Copy(io.Discard, os.Stdin) }

func serveBroker(dir string) error {
	broker, err := nats.NewServer(&nats.Options{Host: "127.0.0.1", Port: nats.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: dir})
	if err != nil {
		return err
	}
	broker.Start()
	if !broker.ReadyForConnections(patience) {
		return fmt.Errorf("the broker was not ready after %s", patience)
	}
	fmt.Fprintln(os.Stdout, broker.ClientURL())
	toldToStop()
	broker.Shutdown()
	broker.WaitForShutdown()
	return nil
}

func serveRoles(o orders) error {
	c, _, err := config.Load(o.Variables)
	if err != nil {
		return err
	}
	roles, err := wiring.ParseRoles(o.Roles)
	if err != nil {
		return err
	}
	var at *wiring.Addresses
	app := wiring.Process(wiring.Settings{Config: c, Roles: roles, Build: observability.Build{Version: "test"}}, fx.Populate(&at))
	starting, cancel := context.WithTimeout(context.Background(), app.StartTimeout())
	defer cancel()
	if err := app.Start(starting); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "http://"+at.Of(wiring.Admin))

	told := make(chan struct{})
	go func() {
		defer close(told)
		toldToStop()
	}()
	select {
	case <-told:
	case s := <-app.Wait():
		return fmt.Errorf("the process ended by itself, with %d", s.ExitCode)
	}
	stopping, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	return app.Stop(stopping)
}

// process is one that runs beside the test, and ends before it.
type process struct {
	pid int
	url string // where it said that it can be reached
}

// start starts a process and returns once it has said where it can be reached.
func start(t *testing.T, name string, o orders) process {
	t.Helper()
	raw, err := json.Marshal(o)
	require.NoError(t, err)
	var log bytes.Buffer // written by the process until it is waited for
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{ordersVariable + "=" + string(raw)} // nothing of this machine's settings
	cmd.Stderr = &log
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		late.Stop()
		if err != nil {
			t.Errorf("the %s was to stop in order: %v", name, err)
		}
		if t.Failed() {
			t.Logf("log of the %s:\n%s", name, &log)
		}
	})
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n') // the pipe ends with the process
		said <- line
	}()
	select {
	case line := <-said:
		require.NotEmpty(t, line, "the %s ended instead of starting", name)
		return process{pid: cmd.Process.Pid, url: line[:len(line)-1]}
	case <-time.After(patience):
		require.FailNow(t, "it does not start", "the %s said nothing for %s", name, patience)
		return process{}
	}
}
