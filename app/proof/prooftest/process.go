package prooftest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is this test binary, started again. Its methods may be called from any goroutine.
type Process struct {
	command *exec.Cmd
	in      io.WriteCloser
	ended   chan struct{}
	err     error // from then on
}

// Start starts a process with orders for Child, and nothing else of this machine's settings. said gets each line that it says on
// its standard output, one after the other, and log what it writes to its standard error. Whoever starts a process has to end it.
func Start(t testing.TB, orders any, log io.Writer, said func(line []byte)) *Process {
	t.Helper()
	raw, err := json.Marshal(orders)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	p := &Process{command: &exec.Cmd{Path: self, Args: []string{self}}, ended: make(chan struct{})}
	p.command.Env = []string{ordersVariable + "=" + string(raw)}
	p.command.Stderr = log
	p.in, err = p.command.StdinPipe()
	require.NoError(t, err)
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	go func() {
		defer close(p.ended)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadBytes('\n')
			if err != nil { // a line that is cut is none
				break
			}
			said(line)
		}
		p.err = p.command.Wait()
	}()
	return p
}

// PID is the number of the process.
func (p *Process) PID() int { return p.command.Process.Pid }

// Tell writes a line to its standard input, as JSON.
func (p *Process) Tell(order any) error {
	line, err := json.Marshal(order)
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	return err
}

// Finish tells it to stop in order.
func (p *Process) Finish() { _ = p.in.Close() } // it may have ended by itself, which its error tells

// Kill ends it without warning.
func (p *Process) Kill() { _ = p.command.Process.Kill() } // likewise

// Ended is closed when all that it said was heard and nothing is left of it.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Killed reports whether a signal ended it, once it has ended.
func (p *Process) Killed() bool { return p.command.ProcessState.ExitCode() == -1 }

// Err is how it ended, once it has.
func (p *Process) Err() error { return p.err }

// Stop tells it to stop in order, and waits for that. One that does not is killed, which is an error.
func (p *Process) Stop() error {
	p.Finish()
	late := time.AfterFunc(Patience, p.Kill)
	defer late.Stop()
	<-p.ended
	return p.err
}
