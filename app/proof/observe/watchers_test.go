package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/observability/alerts"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

const deployed = "../../../deploy"

// pace is how much faster than in earnest the rules are: what takes five minutes there takes 2.5 seconds here.
const pace alerts.Pace = 120

// look is how often Prometheus looks, in place of every 15 seconds.
const look = "500ms"

// shipped is a file of deploy.
func shipped(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{deployed}, path...)...))
	require.NoError(t, err)
	return string(text)
}

// replaced has another text in place of every one that is looked for, of which there has to be one: a file that is shipped may not
// have changed unnoticed.
func replaced(t *testing.T, text, find, put string) string {
	t.Helper()
	require.Contains(t, text, find, "in a file that is shipped")
	return strings.ReplaceAll(text, find, put)
}

// prometheus is a Prometheus with the configuration that is shipped, but for where things are and how fast time passes.
type prometheus struct {
	*server.Instance
	client  http.Client
	targets string // file of addresses

	mu    sync.Mutex
	known []string
}

var found = regexp.MustCompile(`(?s)dns_sd_configs:.*?refresh_interval: \S+\n`)

// startPrometheus watches Alertmanager too, and a collector where there is one.
func startPrometheus(t *testing.T, alertmanager, collector string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "rules"), 0o700))
	rules, err := alerts.Rules(pace)
	require.NoError(t, err)
	p := &prometheus{targets: filepath.Join(dir, "targets.json")}
	p.watch(t)
	config := shipped(t, "prometheus", "prometheus.yml")
	config = replaced(t, config, "_interval: 15s", "_interval: "+look)
	config = replaced(t, config, "alertmanager:9093", strings.TrimPrefix(alertmanager, "http://"))
	config = replaced(t, config, "collector:8888", strings.TrimPrefix(collector, "http://"))
	if collector == "" {
		config = replaced(t, config, `  - job_name: collector
    static_configs:
      - targets: []
`, "")
	}
	require.Regexp(t, found, config)
	config = found.ReplaceAllString(config, fmt.Sprintf("file_sd_configs: [{files: [%q], refresh_interval: 1s}]\n", p.targets))
	for name, text := range map[string]string{"prometheus.yml": config, "rules/marquee.yml": string(rules)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	p.Instance = server.StartProgram(t, server.Program{
		Name: "prometheus", Ready: "/-/ready",
		Command: func(address, data string) []string {
			return []string{
				prooftest.Tool(t, "prometheus"), "--config.file=" + filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path=" + data,
				"--web.listen-address=" + address, "--enable-feature=exemplar-storage", "--rules.alert.resend-delay=1s", "--log.level=warn",
			}
		},
	})
	return p
}

// watch has Prometheus look at more processes.
func (p *prometheus) watch(t *testing.T, addresses ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = append(p.known, addresses...)
	if p.known == nil {
		p.known = []string{}
	}
	text, err := json.Marshal([]map[string]any{{"targets": p.known}})
	require.NoError(t, err)
	// It may read at any moment, so a file takes the place of another at once.
	require.NoError(t, os.WriteFile(p.targets+".new", text, 0o600))
	require.NoError(t, os.Rename(p.targets+".new", p.targets))
}

// forget has it look no more at a process, whose going is nobody's concern.
func (p *prometheus) forget(t *testing.T, address string) {
	t.Helper()
	p.mu.Lock()
	p.known = slices.DeleteFunc(p.known, func(known string) bool { return known == address })
	p.mu.Unlock()
	p.watch(t)
}

// get asks the API and reads data into it.
func (p *prometheus) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL()+path, nil)
	if err != nil {
		return err
	}
	answer, err := p.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	var envelope struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&envelope); err != nil {
		return err
	}
	if envelope.Status != "success" {
		return errors.New(envelope.Error)
	}
	return json.Unmarshal(envelope.Data, into)
}

// count is how many series a query answers now.
func (p *prometheus) count(ctx context.Context, query string) (int, error) {
	var data struct {
		Result []json.RawMessage `json:"result"`
	}
	err := p.get(ctx, "/api/v1/query?query="+url.QueryEscape(query), &data)
	return len(data.Result), err
}

// states are the states in which an alert is now, by its rules.
func (p *prometheus) states(ctx context.Context) (map[string]map[string]bool, error) {
	var data struct {
		Alerts []struct {
			State  string            `json:"state"`
			Labels map[string]string `json:"labels"`
		} `json:"alerts"`
	}
	err := p.get(ctx, "/api/v1/alerts", &data)
	states := map[string]map[string]bool{}
	for _, a := range data.Alerts {
		name := ruleName(a.Labels)
		if states[name] == nil {
			states[name] = map[string]bool{}
		}
		states[name][a.State] = true
	}
	return states, err
}

// ruleName tells rules of one alert apart.
func ruleName(labels map[string]string) string {
	return strings.TrimSpace(labels["alertname"] + " " + labels["burn"])
}

// shorter makes the durations of Alertmanager's routes short, but for how long a ticket waits for what explains it.
func shorter(config string, ticketWait time.Duration) string {
	return strings.NewReplacer("group_wait: 1m", "group_wait: "+ticketWait.String(), "group_wait: 10s", "group_wait: 1s",
		"group_interval: 10m", "group_interval: 1s", "group_interval: 2m", "group_interval: 1s", "group_interval: 1m", "group_interval: 1s").Replace(config)
}

// startAlertmanager has the configuration that is shipped, but for the secrets, which lead to the receivers, and for how long it
// waits.
func startAlertmanager(t *testing.T, r *receivers, ticketWait time.Duration) *server.Instance {
	t.Helper()
	secrets := t.TempDir()
	for name, path := range map[string]string{"slack_url": slackPath, "teams_url": teamsPath, "heartbeat_url": heartbeatPath} {
		require.NoError(t, os.WriteFile(filepath.Join(secrets, name), []byte(r.URL+path), 0o600))
	}
	templates, err := filepath.Abs(filepath.Join(deployed, "alertmanager", "templates"))
	require.NoError(t, err)
	config := shipped(t, "alertmanager", "alertmanager.yml")
	config = replaced(t, config, "/etc/alertmanager/secrets", secrets)
	config = replaced(t, config, "/etc/alertmanager/templates", templates)
	config = shorter(config, ticketWait)
	path := filepath.Join(secrets, "alertmanager.yml")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	return server.StartProgram(t, server.Program{
		Name: "alertmanager", Ready: "/-/ready",
		Command: func(address, data string) []string {
			return []string{prooftest.Tool(t, "alertmanager"), "--config.file=" + path, "--storage.path=" + data, "--web.listen-address=" + address, "--cluster.listen-address=", "--log.level=warn"}
		},
	})
}
