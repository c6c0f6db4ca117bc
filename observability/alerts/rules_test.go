package alerts_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/alerts"
)

var update = flag.Bool("update", false, "write the rules for Prometheus anew")

// deployed is where the files for Prometheus are.
const deployed = "../../deploy/prometheus"

func TestRulesAreCurrent(t *testing.T) {
	rules, err := alerts.Rules(alerts.Earnest)
	require.NoError(t, err)
	rules = append([]byte("# Written by `go test ./observability/alerts -update` from the alerts in observability/alerts. Change them there.\n"), rules...)
	path := filepath.Join(deployed, "rules", "marquee.yml")
	if *update {
		require.NoError(t, os.WriteFile(path, rules, 0o644))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(rules), string(written), "the rules differ from the alerts: run `go test ./observability/alerts -update`")
}
