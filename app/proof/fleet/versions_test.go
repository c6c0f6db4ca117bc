package fleet

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/app/proof/prooftest"
)

// While a new version replaces the one from before the newest migration, both read, write and answer, on the old schema and
// on the new one, and while the one becomes the other.
func TestTwoVersionsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the version before this one")
	}
	t.Parallel()
	newest := newestMigration(t)
	if newest == "" {
		t.Log("there is one migration, so no version is from before the newest")
		return
	}
	was, is := previousVersion(t, newest), thisVersion(t)
	d := newDeployment(t)
	old := d.begin("the old version", was)
	d.loader.asks(old.isReady().API)
	d.moreRuns()
	require.Equal(t, []string{strconv.Itoa(migrations(t) - 1)}, d.schema(), "the version before %s makes the schema before it", newest)

	began := time.Now()
	up := exec.CommandContext(t.Context(), is, "migrate", "up")
	up.Env = d.environ
	out, err := up.CombinedOutput()
	require.NoError(t, err, "%s", out)
	took := time.Since(began).Round(time.Millisecond)
	t.Logf("migrated in %s, beside the old version: %s", took, out)
	require.Equal(t, []string{strconv.Itoa(migrations(t))}, d.schema())
	d.moreRuns()
	d.agree(old)

	current := d.begin("the new version", is)
	d.loader.asks(old.isReady().API, current.isReady().API)
	d.moreRuns()
	d.agree(old, current)

	d.loader.asks(current.isReady().API)
	old.stop()
	d.moreRuns()
	d.agree(current)

	again := d.begin("the old version, again", was)
	d.loader.asks(again.isReady().API, current.isReady().API)
	d.moreRuns()
	d.agree(again, current)

	d.loader.asks(again.isReady().API)
	current.stop()
	d.moreRuns()
	d.agree(again)
	d.loader.stop()
	assert.Equal(t, []string{"0"}, query(t, d.database, "SELECT count(*)::text FROM parked"))
	if !t.Failed() {
		account.versions = fmt.Sprintf("the version before %s and this one, before it, beside it (%s) and after it: %s runs concluded; %d searches, each of them answered",
			newest, took, query(t, d.database, concludedRuns)[0], d.loader.asked.Load())
	}
}

const folder = "adapters/postgres/migrations"

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../..")
	require.NoError(t, err)
	return dir
}

// migrations counts the steps of the schema, which are numbered from 1.
func migrations(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), folder, "*.sql"))
	require.NoError(t, err)
	return len(files)
}

// newestMigration is its name, empty where there is but one.
func newestMigration(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), folder, "*.sql"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	if len(files) == 1 {
		return ""
	}
	slices.Sort(files)
	return filepath.Base(files[len(files)-1])
}

// previousVersion builds the program from the commit before a migration was added, and returns where it is.
func previousVersion(t *testing.T, migration string) string {
	t.Helper()
	commit := "HEAD" // where it is not in the history yet
	if added := git(t, "log", "--diff-filter=A", "-1", "--format=%H", "--", folder+"/"+migration); added != "" {
		commit = added + "^"
		known := exec.CommandContext(t.Context(), "git", "rev-parse", "--verify", "--quiet", commit)
		known.Dir = root(t)
		if known.Run() != nil {
			t.Fatalf("the version before %s needs the history: git fetch --unshallow", migration)
		}
	}
	dir := t.TempDir()
	archive := filepath.Join(dir, "source.tar")
	git(t, "archive", "--format=tar", "--output="+archive, commit)
	unpack := exec.CommandContext(t.Context(), "tar", "-xf", archive, "-C", dir)
	out, err := unpack.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoFileExists(t, filepath.Join(dir, folder, migration))
	t.Logf("the old version is %s", git(t, "log", "-1", "--format=%h %s", commit))
	return build(t, dir)
}

func git(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir = root(t)
	var errs bytes.Buffer
	command.Stderr = &errs
	out, err := command.Output()
	require.NoError(t, err, "git %s needs a clone with the history: %s", args[0], &errs)
	return strings.TrimSpace(string(out))
}

// thisVersion is the program as it is now.
func thisVersion(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("MARQUEE_PROOF_BINARY"); path != "" {
		return path
	}
	return build(t, root(t))
}

func build(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "marquee")
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "./app/marquee")
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// deployment is a database, a broker and a provider whose feed changes with each reading.
type deployment struct {
	t        *testing.T
	database string
	environ  []string
	provider *provider
	client   *client
	loader   *loader
}

func newDeployment(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{t: t, provider: newProvider(t, programme{seed: *seed, events: 600}), client: newClient(t, &http.Transport{})} // the version before has another description
	d.provider.move(true)
	d.database = newDatabase(t)
	broker := begin(t, orders{Name: "broker", Broker: t.TempDir()})
	d.environ = []string{
		"MARQUEE_DATABASE_URL=" + d.database, "MARQUEE_BROKER_URL=" + broker.isReady().Broker, "MARQUEE_PROVIDER_URL=" + d.provider.URL,
		"MARQUEE_HTTP_ADDR=127.0.0.1:0", "MARQUEE_ADMIN_ADDR=127.0.0.1:0", "MARQUEE_RATE_LIMIT_RPS=0", "MARQUEE_LOG_FORMAT=json",
		"MARQUEE_FETCH_INTERVAL=1s", "MARQUEE_DATA_DIR=" + t.TempDir(),
	}
	d.loader = load(t, d.client, askedPerSecond)
	return d
}

func (d *deployment) schema() []string {
	d.t.Helper()
	return query(d.t, d.database, "SELECT max(version_id)::text FROM goose_db_version WHERE is_applied")
}

const concludedRuns = "SELECT count(*)::text FROM runs WHERE state = 'concluded'"

// moreRuns waits until further runs are concluded.
func (d *deployment) moreRuns() {
	d.t.Helper()
	count := func() int {
		n, err := strconv.Atoi(query(d.t, d.database, concludedRuns)[0])
		require.NoError(d.t, err)
		return n
	}
	before := count()
	until(d.t, "two more runs are concluded", func() bool { return count() >= before+2 })
}

// agree stops the feed for a moment, and waits until all answer with what it says, in the same bytes.
func (d *deployment) agree(with ...*process) {
	d.t.Helper()
	issue := d.provider.move(false)
	var bodies [][]byte
	var differ string
	shows := func() bool {
		bodies, differ = nil, ""
		for _, p := range with {
			body, err := d.client.search(d.t.Context(), p.isReady().API, everything)
			require.NoError(d.t, err)
			got, err := answered(body)
			require.NoError(d.t, err)
			bodies = append(bodies, body)
			if differ = d.differs(issue, got); differ != "" {
				return false
			}
			if !bytes.Equal(bodies[0], body) {
				differ = "they answer in other bytes"
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(prooftest.Patience); !shows(); time.Sleep(20 * time.Millisecond) {
		require.False(d.t, time.Now().After(deadline), "issue %d: %s", issue, differ)
	}
	d.provider.move(true)
}

// differs tells one difference of an answer to an issue. What left the feed stays.
func (d *deployment) differs(issue int, got map[string]view) string {
	for _, l := range d.provider.programme.issue(issue) {
		answer, known := got[idOf(l.base).String()]
		if (known || l.mode == "online") && answer != l.view() {
			return l.base + " is another one"
		}
	}
	return ""
}

// begin starts a process that does everything, and returns when it is ready.
func (d *deployment) begin(name, binary string) *process {
	d.t.Helper()
	p := begin(d.t, orders{Name: name, Command: []string{binary, "serve"}, Environ: d.environ})
	d.t.Cleanup(d.loader.stop) // before the process is
	p.isReady()
	return p
}
