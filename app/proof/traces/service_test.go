package traces

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// service is a process for each role, and the collector that all of them export to.
type service struct {
	*collector
	fetch, consume, api *server.Instance
	public              string // URL of the API
}

// startService starts a service that reads its feed once. Whoever fetches and consumes decides by itself what is traced; the
// API leaves that to its callers, where they have decided.
func startService(t *testing.T) *service {
	t.Helper()
	for _, kv := range os.Environ() { // what this machine says of telemetry is not for these processes
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "OTEL_") {
			t.Setenv(name, "")
		}
	}
	address := freeAddress(t)
	s := &service{collector: startCollector(t), public: "http://" + address}
	common := []string{
		"MARQUEE_DATABASE_URL=" + newDatabase(t), "MARQUEE_REDIS_URL=" + server.StartRedis(t).URL(), "MARQUEE_BROKER_URL=" + startBroker(t),
		"MARQUEE_PROVIDER_URL=" + startProvider(t, feedEvents), "MARQUEE_FETCH_INTERVAL=1h", "MARQUEE_HTTP_ADDR=" + address,
		"MARQUEE_CONSUMERS=1", // one message after the other: only the last conclusion is tried, and comes true
		"MARQUEE_LOG_SAMPLE=1",
	}
	s.consume = startProcess(t, "consume", common, s.exports("consume", "grpc", "always_on"))
	s.api = startProcess(t, "api", common, s.exports("api", "http/protobuf", "parentbased_always_on"))
	s.fetch = startProcess(t, "fetch", common, s.exports("fetch", "http/protobuf", "always_on"))
	return s
}

// stop ends all of it in order, so that nothing is still on its way.
func (s *service) stop() {
	for _, p := range []*server.Instance{s.fetch, s.consume, s.api, s.Instance} {
		p.Stop()
	}
}

// binary is the service as it is shipped.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("MARQUEE_PROOF_BINARY")
	if path == "" {
		t.Fatal("MARQUEE_PROOF_BINARY does not name the program: make test builds it and says so")
	}
	return path
}

// startProcess starts a process of one role with settings as KEY=value. Its URL is that of the admin listener.
func startProcess(t *testing.T, role string, settings ...[]string) *server.Instance {
	t.Helper()
	p := server.StartProgram(t, server.Program{
		Name: role, Ready: "/readyz", Env: slices.Concat(settings...),
		Command: func(address, data string) []string {
			return []string{"/usr/bin/env", "MARQUEE_ADMIN_ADDR=" + address, "MARQUEE_DATA_DIR=" + data, binary(t), "serve", "--roles", role}
		},
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", role, p.Log())
		}
	})
	return p
}
