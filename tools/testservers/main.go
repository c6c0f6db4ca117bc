// Command testservers runs a command beside the servers that the tests need, PostgreSQL and Redis, and ends them with
// it, however that ends. The exit code is the command's. Without a command it prints what a shell needs to find the
// servers, and keeps them until it is interrupted.
//
//	testservers [--] [command [argument…]]
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/marquee-events/marquee/tools/testservers/server"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "testservers:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(command []string) (code int, err error) {
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	// All of its life, so that no second Ctrl-C leaves anything behind.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	servers, interrupted, err := start(signals)
	if err != nil || interrupted != 0 {
		return exitCode(interrupted), err
	}
	defer func() { err = errors.Join(err, servers.End()) }()

	if len(command) == 0 {
		for _, variable := range servers.Environ() {
			name, value, _ := strings.Cut(variable, "=")
			fmt.Fprintf(os.Stdout, "export %s='%s'\n", name, value)
		}
		fmt.Fprintln(os.Stderr, "the servers are there until Ctrl-C")
		<-signals
		return 0, nil
	}
	return beside(command, servers.Environ(), signals)
}

// start gives up on a signal, which it then returns.
func start(signals <-chan os.Signal) (*server.Shared, syscall.Signal, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	type result struct {
		servers *server.Shared
		err     error
	}
	done := make(chan result, 1)
	go func() {
		servers, err := server.StartShared(ctx, os.Stderr)
		done <- result{servers, err}
	}()
	select {
	case r := <-done:
		return r.servers, 0, r.err
	case s := <-signals:
		cancel()
		r := <-done
		if r.servers != nil {
			r.err = r.servers.End()
		} else {
			r.err = nil // that of being cancelled
		}
		number, _ := s.(syscall.Signal)
		return nil, number, r.err
	}
}

// beside runs the command, and passes on to it the signals that come.
func beside(command, environ []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.CommandContext(context.Background(), command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), environ...)
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s) // it may have just ended
		case err := <-done:
			exit, failed := errors.AsType[*exec.ExitError](err)
			if !failed {
				return 0, err
			}
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return exitCode(status.Signal()), nil
			}
			return exit.ExitCode(), nil
		}
	}
}

// exitCode is what a shell says of a command that a signal ended.
func exitCode(s syscall.Signal) int {
	if s == 0 {
		return 0
	}
	return 128 + int(s)
}
