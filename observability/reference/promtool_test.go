package reference

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/promqltest"
)

// Prometheus itself reads the queries of the pages: the parser of promqltest takes a little more than it does.
func TestPrometheusReadsTheQueriesInPages(t *testing.T) {
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
	require.Contains(t, promqltest.Promtool(t, "check", "rules", "--lint=none", path), "SUCCESS")
}
