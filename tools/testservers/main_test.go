package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

// programVariable makes this test binary the program.
const programVariable = "MARQUEE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// nobodyWaits is longer than anything here takes.
const nobodyWaits = 2 * time.Minute

func TestTheCommandHasServersAndItsExitCodeIsPassedOn(t *testing.T) {
	tests := map[string]struct {
		command []string
		code    int
		out     string
	}{
		"it passes":             {[]string{"sh", "-c", `printf %s "$MARQUEE_TEST_SERVERS ${MARQUEE_TEST_POSTGRES_URL%%:*} ${MARQUEE_TEST_REDIS_URL%%:*}"`}, 0, "required postgres redis"},
		"it fails":              {[]string{"--", "sh", "-c", "exit 7"}, 7, ""},
		"a signal ends it":      {[]string{"sh", "-c", "kill -KILL $$"}, 137, ""},
		"there is no such file": {[]string{"/nowhere/command"}, 127, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := begin(t, test.command...)
			assert.Equal(t, test.code, p.wait(t))
			assert.Equal(t, test.out, p.said(t, "out"))
			p.leavesNothing(t)
		})
	}
}

func TestSignalsReachTheCommand(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			p := begin(t, "sh", "-c", `trap 'exit 5' INT TERM; : > "$TMPDIR/ready"; while :; do sleep 0.1; done`)
			p.waitFor(t, "ready")
			require.NoError(t, p.cmd.Process.Signal(s))
			assert.Equal(t, 5, p.wait(t))
			p.leavesNothing(t)
		})
	}
}

func TestInterruptedWhileServersStart(t *testing.T) {
	p := begin(t, "sh", "-c", `: > "$TMPDIR/ready"`)
	p.waitFor(t, "marquee-test-*") // the first folder
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	assert.Equal(t, 130, p.wait(t))
	p.leavesNothing(t)
}

// Nothing can be caught here. The servers have to notice by themselves.
func TestKilled(t *testing.T) {
	p := begin(t, "sh", "-c", `: > "$TMPDIR/ready"; read -r line`)
	p.waitFor(t, "ready")
	require.NoError(t, p.cmd.Process.Kill())
	p.wait(t)
	p.leavesNothing(t)
}

func TestNoServersAreToBeHad(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := begin(t, "/bin/true")
	assert.Equal(t, 1, p.wait(t))
	assert.Regexp(t, `^testservers: the tests need PostgreSQL and Redis, and there is no .*no redis-server here: install Docker, or the packages postgresql and redis-server
$`, p.said(t, "err"))
	p.leavesNothing(t)
}

func TestWithoutACommandItSaysWhatToExport(t *testing.T) {
	p := begin(t)
	require.Eventually(t, func() bool {
		return strings.Count(p.said(t, "out"), "\n") == 4
	}, nobodyWaits, 10*time.Millisecond)
	assert.Regexp(t, `^export MARQUEE_TEST_POSTGRES_URL='postgres://[^']+'
export MARQUEE_TEST_REDIS_URL='redis://[^']+'
export MARQUEE_TEST_BROWSER='[^']+'
export MARQUEE_TEST_SERVERS='required'
$`, p.said(t, "out"))
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	assert.Equal(t, 0, p.wait(t))
	p.leavesNothing(t)
}

// program is one that was started, with a folder that it takes for the machine's temporary one.
type program struct {
	cmd *exec.Cmd
	dir string
}

func begin(t *testing.T, command ...string) *program {
	t.Helper()
	server.SharedPostgres(t) // where a test has no servers, neither has the program
	self, err := os.Executable()
	require.NoError(t, err)
	p := &program{dir: t.TempDir()}
	for _, dir := range []string{p.dir, filepath.Dir(p.dir)} {
		require.NoError(t, os.Chmod(dir, 0o711)) // servers may run as another user
	}
	p.cmd = exec.Command(self, command...)
	p.cmd.Env = append(os.Environ(), programVariable+"=yes", "TMPDIR="+p.dir)
	p.cmd.Stdout, p.cmd.Stderr = p.file(t, "out"), p.file(t, "err")
	end, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = end.Close()
		if p.cmd.ProcessState == nil { // the test failed half-way
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	return p
}

// file is a file and no buffer, so that the end of the program is not the end of all that hold its output.
func (p *program) file(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(p.dir, name))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func (p *program) said(t *testing.T, where string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, where))
	require.NoError(t, err)
	return string(text)
}

// wait returns the exit code, -1 for a program that was killed.
func (p *program) wait(t *testing.T) int {
	t.Helper()
	watchdog := time.AfterFunc(nobodyWaits, func() { _ = p.cmd.Process.Kill() })
	defer watchdog.Stop()
	if _, exited := errors.AsType[*exec.ExitError](p.cmd.Wait()); !exited {
		require.NotNil(t, p.cmd.ProcessState)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) waitFor(t *testing.T, pattern string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(p.files(t, pattern)) > 0 }, nobodyWaits, time.Millisecond)
}

func (p *program) files(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.dir, pattern))
	require.NoError(t, err)
	return files
}

// leavesNothing knows processes by the folder that they work in or that they were told. Without /proc it knows none.
func (p *program) leavesNothing(t *testing.T) {
	t.Helper()
	left := func() (all []string) {
		all = p.files(t, "marquee-test-*")
		processes, err := filepath.Glob("/proc/[0-9]*")
		require.NoError(t, err)
		for _, process := range processes {
			folder, _ := os.Readlink(filepath.Join(process, "cwd")) // one that has just ended has none
			command, _ := os.ReadFile(filepath.Join(process, "cmdline"))
			told := bytes.Contains(command, []byte(p.dir+"/marquee-test-"))
			if told || strings.HasPrefix(folder, p.dir+"/marquee-test-") {
				all = append(all, process+" "+string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
			}
		}
		return all
	}
	if p.cmd.ProcessState.Exited() {
		assert.Empty(t, left())
		return
	}
	assert.Eventually(t, func() bool { return len(left()) == 0 }, nobodyWaits, 10*time.Millisecond, "a killed program cannot wait for that")
}
