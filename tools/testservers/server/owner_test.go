package server

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// childVariable makes a test of this file the one that another looks at from outside.
const childVariable = "MARQUEE_TEST_CHILD"

func child(t *testing.T, test string, environ ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(append(os.Environ(), childVariable+"=yes"), environ...)
	return cmd
}

// isChild is false where go test runs a test that is nothing by itself. It passes then: a skipped one looks as if
// something was missing.
func isChild() bool { return os.Getenv(childVariable) != "" }

func TestServersEndWithATestThatIsKilled(t *testing.T) {
	SharedPostgres(t)
	tmp := t.TempDir()
	for _, dir := range []string{tmp, filepath.Dir(tmp)} {
		require.NoError(t, os.Chmod(dir, 0o711)) // servers may run as another user
	}
	cmd := child(t, "TestThatIsKilled", "TMPDIR="+tmp)
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Equal(t, -1, cmd.ProcessState.ExitCode(), "%s", out)
	_, all, ok := strings.Cut(string(out), "they are ")
	require.True(t, ok, "%s", out)

	var pids []int
	for field := range strings.FieldsSeq(all) {
		var pid int
		_, err := fmt.Sscan(field, &pid)
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	if find(t.Context()).docker == "" { // else the folder is there until the container is gone
		require.Greater(t, len(pids), 4, "the frozen PostgreSQL has children")
	}
	assert.Eventually(t, func() bool {
		now, err := processes(t.Context())
		require.NoError(t, err)
		for _, pid := range pids {
			if found, ok := now[pid]; ok && found.state != zombie {
				return false
			}
		}
		left, err := os.ReadDir(tmp)
		require.NoError(t, err)
		return len(left) == 0
	}, time.Minute, 10*time.Millisecond)
}

func TestThatIsKilled(t *testing.T) {
	if !isChild() {
		return
	}
	pg := StartPostgres(t)
	redis := StartRedis(t)
	pg.Freeze()
	fmt.Fprint(os.Stdout, "they are ")
	for _, i := range []*Instance{pg, redis} {
		if p, ok := i.server.at.(*process); ok {
			all, err := family(t.Context(), p.pid)
			require.NoError(t, err)
			for _, member := range all {
				fmt.Fprint(os.Stdout, member.pid, " ")
			}
		}
	}
	self, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	require.NoError(t, self.Kill())
	select {}
}

func TestServersThatAreNotToBeHad(t *testing.T) {
	SharedPostgres(t)
	for test, line := range map[string]string{
		"TestThatSharesPostgres": "this test needs PostgreSQL, and MARQUEE_TEST_POSTGRES_URL is not set: run make test, or make test-servers beside it",
		"TestThatSharesRedis":    "this test needs Redis, and MARQUEE_TEST_REDIS_URL is not set: run make test, or make test-servers beside it",
		"TestThatHasItsOwn":      "no redis-server here: install Docker, or the packages postgresql and redis-server",
	} {
		for required, verdict := range map[string]string{"required": "--- FAIL: " + test, "": "--- SKIP: " + test} {
			t.Run(test+required, func(t *testing.T) {
				cmd := child(t, test, "PATH="+t.TempDir(), postgresVariable+"=", redisVariable+"=", serversVariable+"="+required)
				out, err := cmd.CombinedOutput()
				assert.Equal(t, required != "", err != nil, "it fails when they are required: %v", err)
				assert.Contains(t, string(out), verdict)
				assert.Contains(t, string(out), line+"\n")
			})
		}
	}
}

func TestThatSharesPostgres(t *testing.T) {
	if isChild() {
		SharedPostgres(t)
	}
}

func TestThatSharesRedis(t *testing.T) {
	if isChild() {
		SharedRedis(t)
	}
}

func TestThatHasItsOwn(t *testing.T) {
	if isChild() {
		StartRedis(t)
	}
}

func TestServersAreLeftOutOfShort(t *testing.T) {
	cmd := child(t, "TestThat(SharesPostgres|SharesRedis|HasItsOwn)", serversVariable+"="+required)
	cmd.Args = append(cmd.Args, "-test.short")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, 3, strings.Count(string(out), "--- SKIP"), "%s", out)
}

// Whoever listens on the port of a server that does not run is not taken for it.
func TestThePortOfAServerIsTaken(t *testing.T) {
	for name, start := range map[string]func(testing.TB) (mine, other *Instance){
		"PostgreSQL": func(t testing.TB) (mine, other *Instance) { return StartPostgres(t), StartPostgres(t) },
		"Redis":      func(t testing.TB) (mine, other *Instance) { return StartRedis(t), StartRedis(t) },
	} {
		t.Run(name, func(t *testing.T) {
			mine, other := start(t)
			if _, ok := mine.server.at.(*container); ok {
				t.Skip("a container has its port for good")
			}
			mine.Stop()
			mine.server.port, mine.server.url = other.server.port, other.server.url
			assert.ErrorIs(t, mine.server.start(t.Context()), errPortTaken)
		})
	}
}

// A segment that nobody uses stays until the machine is started anew, and their number is bounded.
func TestPostgresLeavesNoSharedMemory(t *testing.T) {
	var pids []int // of all that made a segment
	t.Run("lives", func(t *testing.T) {
		pg := StartPostgres(t)
		p, ok := pg.server.at.(*process)
		if !ok {
			t.Skip("a container takes its memory along")
		}
		for _, next := range []func(){pg.Backup, pg.Restore, pg.Kill, pg.Start, pg.Stop, pg.Start, pg.Kill} {
			pids = append(pids, p.pid)
			next()
		}
	})
	segments, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Skip(err)
	}
	const creator = 4 // the column
	for line := range strings.Lines(string(segments)) {
		fields := strings.Fields(line)
		for _, pid := range pids {
			assert.NotEqual(t, strconv.Itoa(pid), fields[creator], line)
		}
	}
}

func TestAServerThatDoesNotComeUpShowsItsLog(t *testing.T) {
	SharedRedis(t)
	here := find(t.Context())
	for _, start := range []func() (*server, error){
		func() (*server, error) { return newPostgres(t.Context(), here, false, "no_such_setting=1") },
		func() (*server, error) { return newRedis(t.Context(), here, false, "--no-such-setting", "1") },
	} {
		s, err := start()
		assert.Nil(t, s)
		assert.ErrorContains(t, err, "such")
	}
}

func TestWhatCannotBeDone(t *testing.T) {
	redis := StartRedis(t)
	s := redis.server
	assert.EqualError(t, s.again(t.Context()), "it is running")
	assert.EqualError(t, s.backup(t.Context()), "it has no backups")
	assert.EqualError(t, s.restore(t.Context()), "it has no backups")
	redis.Stop()
	assert.EqualError(t, s.ifRunning(s.at.freeze)(t.Context()), "it is not running")
}
