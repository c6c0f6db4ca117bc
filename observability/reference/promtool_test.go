package reference

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// Prometheus itself reads the queries of the pages: the parser of promqltest takes a little more than it does.
func TestPrometheusReadsTheQueriesInPages(t *testing.T) {
	folder := os.Getenv("MARQUEE_TEST_TOOLS")
	if folder == "" {
		if testing.Short() {
			t.Skip("without tools")
		}
		t.Fatal("MARQUEE_TEST_TOOLS does not say where promtool is: make test builds it and says so")
	}
	type rule struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var rules []rule
	for _, query := range queriesInPages(t) {
		rules = append(rules, rule{fmt.Sprintf("page:query%d", len(rules)), query})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "pages", "rules": rules}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "pages.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	out, err := exec.CommandContext(t.Context(), filepath.Join(folder, "promtool"), "check", "rules", "--lint=none", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "SUCCESS")
}
