package prooftest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// Broker is a NATS server of a test's own. It can be killed, frozen and started again at the same address; the Instance's URL is
// where it tells how it is.
type Broker struct {
	*server.Instance
	Client string // URL for those who publish and consume
}

type brokerOrders struct{ Dir, Client, Health string }

// BrokerLife is what a test binary does that StartBroker has started.
func BrokerLife(orders []byte) error {
	var o brokerOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	at := brokerOptions(o.Dir)
	for _, listener := range []struct {
		address string
		host    *string
		port    *int
	}{{o.Client, &at.Host, &at.Port}, {o.Health, &at.HTTPHost, &at.HTTPPort}} {
		host, port, err := net.SplitHostPort(listener.address)
		if err != nil {
			return err
		}
		if *listener.port, err = strconv.Atoi(port); err != nil {
			return err
		}
		*listener.host = host
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	return serveBroker(at, func(string) {}, func() { <-ctx.Done() })
}

// StartBroker starts one that ends with the test, and returns once it takes connections. The test binary's TestMain has to give
// BrokerLife to Child.
func StartBroker(t testing.TB) *Broker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	client := server.FreeAddress(t)
	b := &Broker{Client: (&url.URL{Scheme: "nats", Host: client}).String()}
	b.Instance = server.StartProgram(t, server.Program{
		Name: "NATS", Ready: "/healthz",
		Command: func(address, dir string) []string {
			orders, err := json.Marshal(brokerOrders{Dir: dir, Client: client, Health: address})
			if err != nil {
				t.Fatal(err)
			}
			return []string{"/usr/bin/env", ordersVariable + "=" + string(orders), self}
		},
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("broker: %s", b.Log())
		}
	})
	return b
}

// ServeBroker is a NATS server that has written down what it acknowledges, on a port of its own. It calls started with its URL,
// and ends when Told returns.
func ServeBroker(dir string, started func(url string)) error {
	return serveBroker(brokerOptions(dir), started, Told)
}

func brokerOptions(dir string) *natsserver.Options {
	return &natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, SyncAlways: true, StoreDir: dir}
}

func serveBroker(o *natsserver.Options, started func(url string), told func()) error {
	s, err := natsserver.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(Patience) {
		return fmt.Errorf("the broker took no connections for %s", Patience)
	}
	started(s.ClientURL())
	told()
	return nil
}
