package prooftest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// Shipped starts a process of the program as it is shipped, with settings as KEY=value. It can be killed and started again, and
// its URL is that of the admin listener.
func Shipped(t testing.TB, roles string, settings ...string) *server.Instance {
	t.Helper()
	return shipped(t, "/readyz", roles, settings)
}

// ShippedAlive starts one like Shipped, which need not become ready.
func ShippedAlive(t testing.TB, roles string, settings ...string) *server.Instance {
	t.Helper()
	return shipped(t, "/livez", roles, settings)
}

func shipped(t testing.TB, started, roles string, settings []string) *server.Instance {
	t.Helper()
	program := built(t, "MARQUEE_PROOF_BINARY")
	p := server.StartProgram(t, server.Program{
		Name: "marquee", Ready: started,
		Command: func(address, data string) []string {
			set := append([]string{"/usr/bin/env", "MARQUEE_ADMIN_ADDR=" + address, "MARQUEE_DATA_DIR=" + data}, settings...)
			return append(set, program, "serve", "--roles", roles)
		},
	})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", roles, p.Log())
		}
	})
	return p
}

// Binary is the program as it is shipped.
func Binary(t testing.TB) string {
	t.Helper()
	return built(t, "MARQUEE_PROOF_BINARY")
}

// Tool is one of the programs that watch the service.
func Tool(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(built(t, "MARQUEE_TEST_TOOLS"), name)
}

// built is what make builds and tells of in a variable.
func built(t testing.TB, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Fatalf("%s is not set: make test builds what it names, and sets it", variable)
	}
	return path
}
