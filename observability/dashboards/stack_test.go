package dashboards_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/observability/promqltest"
)

const root = "../../"

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(root + path)
	require.NoError(t, err)
	// The library takes a key that overrides a merged one for a second one; the later one counts, as everywhere.
	require.NoError(t, yaml.UnmarshalWithOptions(text, into, yaml.AllowDuplicateMapKey()), path)
}

type service struct {
	Image       string
	Profiles    []string
	Environment map[string]string
	Ports       []string
	Volumes     []string
	MemLimit    string `yaml:"mem_limit"`
	ReadOnly    bool   `yaml:"read_only"`
	Logging     struct{ Options map[string]string }
}

func services(t *testing.T) map[string]service {
	t.Helper()
	var compose struct{ Services map[string]service }
	readYAML(t, "docker-compose.yml", &compose)
	require.NotEmpty(t, compose.Services)
	return compose.Services
}

func TestTheStackIsBounded(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z/-]+:v?\d+\.\d+\.\d+$`)
	watched := 0
	for name, s := range services(t) {
		for _, port := range s.Ports {
			assert.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s is open to the network at %s", name, port)
		}
		if len(s.Profiles) != 1 || s.Profiles[0] != "observe" {
			continue
		}
		watched++
		assert.Regexp(t, pinned, s.Image, name)
		assert.NotEmpty(t, s.MemLimit, name)
		assert.True(t, s.ReadOnly, name)
		assert.NotEmpty(t, s.Logging.Options["max-size"], name)
	}
	assert.Equal(t, 6, watched)
}

// Every process tells of itself where it is told to, and to nobody unless it is; Prometheus reaches all of them.
func TestProcessesAreWatched(t *testing.T) {
	all := services(t)
	for _, name := range []string{"marquee", "api", "consume", "fetch"} {
		env := all[name].Environment
		assert.Equal(t, ":8081", env["MARQUEE_ADMIN_ADDR"], name)
		assert.Equal(t, "${MARQUEE_OTLP_ENDPOINT:-}", env["OTEL_EXPORTER_OTLP_ENDPOINT"], name)
	}
}

// What the services of the stack read is there, and is YAML.
func TestTheStacksFilesAreThere(t *testing.T) {
	for name, s := range services(t) {
		for _, volume := range s.Volumes {
			folder, _, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(folder, "./") {
				continue
			}
			assert.True(t, strings.HasSuffix(volume, ":ro"), "%s: %s", name, volume)
			files, err := filepath.Glob(root + folder + "/*.yml")
			require.NoError(t, err)
			for _, file := range files {
				var content map[string]any
				readYAML(t, strings.TrimPrefix(file, root), &content)
				assert.NotEmpty(t, content, file)
			}
		}
	}
	for _, file := range []string{"otel-collector/collector.yml", "otel-collector/datadog.yml", "tempo/tempo.yml", "loki/loki.yml"} {
		assert.FileExists(t, root+"deploy/"+file)
	}
}

// A second file of the collector replaces lists, so it has to name again what the first one has.
func TestDatadogReplacesNothing(t *testing.T) {
	type config struct {
		Receivers, Processors, Exporters, Connectors map[string]any
		Service                                      struct {
			Pipelines map[string]map[string][]string
		}
	}
	var base, added config
	readYAML(t, "deploy/otel-collector/collector.yml", &base)
	readYAML(t, "deploy/otel-collector/datadog.yml", &added)
	require.NotEmpty(t, base.Service.Pipelines)
	for name, pipeline := range base.Service.Pipelines {
		for part, before := range pipeline {
			if now, replaced := added.Service.Pipelines[name][part]; replaced {
				assert.Subset(t, now, before, "%s of %s", part, name)
			}
		}
	}
	for name, pipeline := range added.Service.Pipelines {
		for part, names := range pipeline {
			for _, one := range names {
				known := false
				for _, c := range []config{base, added} {
					for _, defined := range []map[string]any{c.Receivers, c.Processors, c.Exporters, c.Connectors} {
						_, ok := defined[one]
						known = known || ok
					}
				}
				assert.True(t, known, "%s of %s: %s is defined nowhere", part, name, one)
			}
		}
	}
}

// The sources have the UIDs that dashboards and links take for granted, and lead to one another.
func TestSources(t *testing.T) {
	var provisioned struct {
		Datasources []struct {
			UID, Type, URL string
			JSONData       map[string]any `yaml:"jsonData"`
		}
	}
	readYAML(t, "deploy/grafana/provisioning/datasources/datasources.yml", &provisioned)
	all := services(t)
	uids := map[string]bool{}
	for _, s := range provisioned.Datasources {
		assert.Equal(t, s.Type, s.UID, "a source is known by its type, of which there is one each")
		uids[s.UID] = true
		host := regexp.MustCompile(`^http://(\w+):\d+$`).FindStringSubmatch(s.URL)
		require.NotNil(t, host, s.URL)
		assert.Contains(t, all, host[1])
	}
	for _, uid := range []string{"prometheus", "tempo", "loki", "alertmanager"} {
		assert.True(t, uids[uid], uid)
	}

	text, err := os.ReadFile(root + "deploy/grafana/provisioning/datasources/datasources.yml")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`datasourceUid: (\w+)`).FindAllSubmatch(text, -1) {
		assert.True(t, uids[string(found[1])], string(found[1]))
	}
	// Grafana takes a single dollar sign for a variable of its environment.
	assert.NotRegexp(t, `[^$]\$[^$]`, string(text))
	for _, found := range regexp.MustCompile(`query: (\w.*)`).FindAllSubmatch(text, -1) {
		promqltest.Check(t, strings.ReplaceAll(string(found[1]), "$$__tags", `route="/search"`))
	}
}
