package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// process is a server that runs from a binary of this machine, and its folder.
type process struct {
	dir        string
	as         *syscall.Credential // nil: as whoever runs this
	env        []string            // beside the environment of whoever runs this
	command    func(port int) []string
	stopSignal syscall.Signal
	guard      *guard

	pid   int           // 0: none was started
	ended chan struct{} // closed when it has
}

func newProcess(name string) (*process, error) {
	dir, err := os.MkdirTemp("", "marquee-test-"+name+"-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // servers tell their folder so
		return nil, err
	}
	g, err := newGuard(dir, "", "")
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	return &process{dir: dir, guard: g}, nil
}

func (p *process) start(ctx context.Context, port int) error {
	log, err := os.Create(p.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// The server outlives ctx, which is for its start alone.
	cmd := p.cmd(context.WithoutCancel(ctx), p.command(port)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.pid, p.ended = cmd.Process.Pid, ended
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its log
	}()
	return p.guard.watch(p.pid)
}

// cmd is in a session of its own, so that Ctrl-C reaches whoever started the server and not the server itself.
func (p *process) cmd(ctx context.Context, command ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = p.dir
	if len(p.env) > 0 {
		cmd.Env = append(os.Environ(), p.env...)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Setsid: true}
	return cmd
}

func (p *process) running(context.Context) bool {
	if p.pid == 0 {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) stop(ctx context.Context) error {
	if err := p.thaw(ctx); err != nil {
		return err
	}
	if err := syscall.Kill(p.pid, p.stopSignal); err != nil {
		return err
	}
	return p.hasEnded(ctx)
}

// kill holds all of the server before it counts who is to go, so that nobody comes after. A child that lives on for a
// moment would keep the next start from the data.
func (p *process) kill(ctx context.Context) error {
	if err := p.freeze(ctx); err != nil {
		return err
	}
	all, err := family(ctx, p.pid)
	if err != nil {
		return err
	}
	for _, member := range all {
		if err := signal(member.pid, syscall.SIGKILL); err != nil {
			return err
		}
	}
	err = until(ctx, func() (bool, error) {
		now, err := processes(ctx)
		left := slices.ContainsFunc(all, func(member relative) bool {
			found, ok := now[member.pid]
			return ok && found.state != zombie
		})
		return !left, err
	})
	if err != nil {
		return err
	}
	return p.hasEnded(ctx)
}

func (p *process) hasEnded(ctx context.Context) error {
	select {
	case <-p.ended:
		return p.guard.watch()
	case <-ctx.Done():
		return fmt.Errorf("it is still running: %w", ctx.Err())
	}
}

// freeze lets the guard know whom it stops: a child that stands still does not notice that its parent is gone.
func (p *process) freeze(ctx context.Context) error {
	return p.signalAll(ctx, syscall.SIGSTOP, true)
}

func (p *process) thaw(ctx context.Context) error {
	return p.signalAll(ctx, syscall.SIGCONT, false)
}

// signalAll repeats itself until all members of the family stand still, or none does: there may be new ones.
func (p *process) signalAll(ctx context.Context, s syscall.Signal, still bool) error {
	return until(ctx, func() (bool, error) {
		all, err := family(ctx, p.pid)
		if err != nil {
			return false, err
		}
		pids := make([]int, len(all))
		for i, member := range all {
			pids[i] = member.pid
		}
		if err := p.guard.watch(pids...); err != nil {
			return false, err
		}
		done := true
		for _, member := range all {
			if member.state == zombie || (member.state == stopped) == still {
				continue
			}
			done = false
			if err := signal(member.pid, s); err != nil {
				return false, err
			}
		}
		return done, nil
	})
}

func (p *process) run(ctx context.Context, command ...string) error {
	cmd := p.cmd(ctx, command...)
	cmd.WaitDelay = time.Second // a child of its own may hold its output
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(command[0]), err, tail(string(out)))
	}
	return nil
}

func (p *process) logFile() string { return filepath.Join(p.dir, "log") }

func (p *process) log(context.Context) string {
	log, err := os.ReadFile(p.logFile())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(log))
}

func (p *process) end(ctx context.Context) error {
	var err error
	if p.running(ctx) {
		err = p.kill(ctx)
	} else {
		err = p.guard.watch() // it may have ended by itself, and its number be another's by now
	}
	return errors.Join(err, p.guard.end(ctx))
}

func chown(path string, to *syscall.Credential) error {
	return os.Chown(path, int(to.Uid), int(to.Gid))
}

// joinEnd ends a machine for which nothing more can be done after err.
func joinEnd(ctx context.Context, err error, m machine) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, m.end(ctx))
}

// signal sends to a process that may have just ended.
func signal(pid int, s syscall.Signal) error {
	if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %v to process %d: %w", s, pid, err)
	}
	return nil
}

// until repeats look until it finds what it looks for.
func until(ctx context.Context, look func() (bool, error)) error {
	for {
		found, err := look()
		if found || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		pause(ctx)
	}
}
