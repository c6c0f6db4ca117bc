package traces

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// service is a process for each role, and the collector that all of them export to.
type service struct {
	*collector
	fetch, consume, api *server.Instance
	public              string // URL of the API, which searches in the store
	remembers           *server.Instance
	memory              string // URL of that which searches in memory
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
	address, another := server.FreeAddress(t), server.FreeAddress(t)
	s := &service{collector: &collector{prooftest.StartCollector(t)}, public: "http://" + address, memory: "http://" + another}
	common := []string{
		"MARQUEE_DATABASE_URL=" + server.Database(t, server.SharedPostgres(t), ""), "MARQUEE_REDIS_URL=" + server.StartRedis(t).URL(), "MARQUEE_BROKER_URL=" + prooftest.StartBroker(t).Client,
		"MARQUEE_PROVIDER_URL=" + startProvider(t, feedEvents), "MARQUEE_FETCH_INTERVAL=1h",
		"MARQUEE_CONSUMERS=1", // one message after the other: only the last conclusion is tried, and comes true
		"MARQUEE_LOG_SAMPLE=1",
	}
	s.consume = startProcess(t, "consume", common, s.exports("consume", "grpc", "always_on"))
	asked := s.exports("api", "http/protobuf", "parentbased_always_on")
	s.api = startProcess(t, "api", common, asked, []string{"MARQUEE_HTTP_ADDR=" + address, "MARQUEE_SEARCH_INDEX=store"})
	s.remembers = startProcess(t, "api", common, asked, []string{"MARQUEE_HTTP_ADDR=" + another})
	s.fetch = startProcess(t, "fetch", common, s.exports("fetch", "http/protobuf", "always_on"))
	return s
}

// stop ends all of it in order, so that nothing is still on its way.
func (s *service) stop() {
	for _, p := range []*server.Instance{s.fetch, s.consume, s.api, s.remembers, s.Instance} {
		p.Stop()
	}
}

// startProcess starts a process of one role with settings as KEY=value. Its URL is that of the admin listener.
func startProcess(t *testing.T, role string, settings ...[]string) *server.Instance {
	t.Helper()
	return prooftest.Shipped(t, role, slices.Concat(settings...)...)
}
