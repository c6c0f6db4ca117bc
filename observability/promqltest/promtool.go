package promqltest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Promtool runs the program that comes with Prometheus and returns what it says; it fails the test where the program fails. make
// test builds it and says where it is. Without it the test fails, or is skipped among the quick ones, which have no tools.
func Promtool(t testing.TB, args ...string) string {
	t.Helper()
	folder := os.Getenv("MARQUEE_TEST_TOOLS") //nolint:forbidigo // it is for tests, which make tells of their tools by it
	if folder == "" {
		if testing.Short() {
			t.Skip("promtool is not there: make test builds it, make test-short does without")
		}
		t.Fatal("MARQUEE_TEST_TOOLS does not say where promtool is: make test builds it and says so")
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(folder, "promtool"), args...).CombinedOutput() //nolint:gosec // a tool of ours
	if err != nil {
		t.Fatalf("promtool: %v: %s", err, out)
	}
	return string(out)
}
