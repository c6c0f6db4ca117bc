package dashboards_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/dashboards"
)

var update = flag.Bool("update", false, "write the files of the dashboards anew")

const folder = "../../deploy/grafana/dashboards"

// The files that Grafana reads are those that the code makes, and there are no others.
func TestFilesAreCurrent(t *testing.T) {
	made := map[string]string{}
	for _, d := range dashboards.All() {
		text, err := d.JSON()
		require.NoError(t, err)
		made[d.File] = string(text)
		if *update {
			require.NoError(t, os.MkdirAll(folder, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(folder, d.File), text, 0o644))
		}
	}
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, len(made), "files in %s", folder)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		require.NoError(t, err)
		if made[entry.Name()] == string(text) {
			continue
		}
		// The difference is not shown: thousands of lines of JSON help nobody.
		assert.Fail(t, "a file is not current", "%s and the code differ; the code is right: run `go test ./observability/dashboards -update`", entry.Name())
	}
}
