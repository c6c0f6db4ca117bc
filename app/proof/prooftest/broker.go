package prooftest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// BrokerLife is what a test binary does that StartBroker has started: it is a broker, in the folder that its orders name.
func BrokerLife(orders []byte) error {
	var dir string
	if err := json.Unmarshal(orders, &dir); err != nil {
		return err
	}
	return ServeBroker(dir, func(url string) { _, _ = fmt.Fprintln(os.Stdout, url) })
}

// StartBroker starts a NATS server as a process of its own, which ends with the test, and returns its URL. The test binary's
// TestMain has to give BrokerLife to Child.
func StartBroker(t testing.TB) string {
	t.Helper()
	said := make(chan string, 1)
	var log Tail
	p := Start(t, t.TempDir(), &log, func(line []byte) { said <- strings.TrimSpace(string(line)) })
	t.Cleanup(func() { _ = p.Stop() })
	select {
	case url := <-said:
		return url
	case <-p.Ended():
		t.Fatalf("the broker ended: %v %s", p.Err(), log.String())
		return ""
	}
}
