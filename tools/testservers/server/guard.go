package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// guard is a small process that cleans up after a server. It does so when the pipe to it is closed, and that happens
// whichever way its owner ends: in order, by a panic or a time-out of go test, or killed.
type guard struct {
	cmd    *exec.Cmd
	orders io.WriteCloser
}

// guardScript reads lines of processes, of which the last counts. It is a script because a copy of a test binary is
// large and slow to start, and because every system that the tests run on has a shell.
//
// PostgreSQL that was killed leaves a segment of shared memory, whose number is in its pid file, and children that
// notice it and may still write: the folder is removed until it is gone.
const guardScript = `
trap '' HUP INT TERM
processes=
while read -r line; do processes=$line; done
[ -z "$processes" ] || kill -KILL $processes
if [ -n "$2" ]; then "$2" unpause "$3"; "$2" rm -f -v "$3"; fi
if [ -f "$1/data/postmaster.pid" ]; then ipcrm -m "$(sed -n '7s/.* //p' "$1/data/postmaster.pid")"; fi
tries=0
while rm -rf "$1"; [ -e "$1" ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
[ ! -e "$1" ]
`

// newGuard guards a folder, and a container if one is named.
func newGuard(dir, docker, container string) (*guard, error) {
	// Not bound to a context: it is what remains when all else has ended.
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", guardScript, "guard", dir, docker, container)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the guard of %s: %w", dir, err)
	}
	return &guard{cmd: cmd, orders: orders}, nil
}

// watch names the processes to kill, in place of those named before.
func (g *guard) watch(pids ...int) error {
	line := strings.Trim(fmt.Sprint(pids), "[]") + "\n"
	_, err := io.WriteString(g.orders, line)
	return err
}

// end returns once all is cleaned up.
func (g *guard) end(ctx context.Context) error {
	if err := g.orders.Close(); err != nil {
		return err
	}
	// The script is bounded, but for an engine that hangs.
	stop := context.AfterFunc(ctx, func() { _ = g.cmd.Process.Kill() })
	defer stop()
	if err := g.cmd.Wait(); err != nil {
		return errors.Join(fmt.Errorf("clean up after a server: %w", err), ctx.Err())
	}
	return nil
}
