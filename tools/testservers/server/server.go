package server

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server is one that was started at least once.
type server struct {
	name string
	url  string // known once it has a port
	port int
	at   machine

	data, copied string // folders, as the server sees them
	// answers asks the server something and compares what shows that it is this one: another that happens to listen
	// on the port would answer too.
	answers func(context.Context, *server) error
	// saves is the command that copies the data of a running server, nil when it has no such thing.
	saves func() []string
}

// machine is where a server runs.
type machine interface {
	// start starts the server on a port of 127.0.0.1. It may end soon after, for reasons that are in its log, or
	// return errPortTaken.
	start(ctx context.Context, port int) error
	running(ctx context.Context) bool
	stop(ctx context.Context) error
	kill(ctx context.Context) error
	freeze(ctx context.Context) error
	thaw(ctx context.Context) error
	// run runs a command as the server's user, where it can see the server's folders and, if the server runs, its port.
	run(ctx context.Context, command ...string) error
	// log is the server's, since its start.
	log(ctx context.Context) string
	// end kills the server, if it runs, and removes all that it left.
	end(ctx context.Context) error
}

var errPortTaken = errors.New("the port is taken")

// launch starts a new server on a port that is free, or ends what there is of it.
func (s *server) launch(ctx context.Context, urlFor func(address string) string) (*server, error) {
	err := errPortTaken
	for range 10 {
		if !errors.Is(err, errPortTaken) {
			break
		}
		if s.port, err = freePort(ctx); err != nil {
			break
		}
		s.url = urlFor(net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
		err = s.start(ctx)
	}
	if err == nil {
		return s, nil
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return nil, errors.Join(fmt.Errorf("start %s: %w", s.name, err), s.at.end(ending))
}

// start returns once the server answers.
func (s *server) start(ctx context.Context) error {
	if err := s.at.start(ctx, s.port); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := s.asked(ctx)
		switch {
		case err == nil:
			return nil
		case !s.at.running(ctx):
			log := s.at.log(ctx)
			if strings.Contains(log, "ddress already in use") { // both servers put it so
				return errPortTaken
			}
			return fmt.Errorf("it ended and its log has: %s", tail(log))
		case ctx.Err() != nil:
			return fmt.Errorf("it does not answer: %w; its log has: %s", err, tail(s.at.log(context.WithoutCancel(ctx))))
		}
		pause(ctx)
	}
}

func (s *server) asked(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return s.answers(ctx, s)
}

// again starts a server that does not run. While it did not, somebody else may have had its port for a moment.
func (s *server) again(ctx context.Context) error {
	if s.at.running(ctx) {
		return errors.New("it is running")
	}
	for {
		err := s.start(ctx)
		if !errors.Is(err, errPortTaken) || ctx.Err() != nil {
			return err
		}
		pause(ctx)
	}
}

func (s *server) backup(ctx context.Context) error {
	if s.saves == nil {
		return errors.New("it has no backups")
	}
	if err := s.at.run(ctx, "rm", "-rf", s.copied); err != nil {
		return err
	}
	return s.at.run(ctx, s.saves()...)
}

func (s *server) restore(ctx context.Context) error {
	if s.saves == nil {
		return errors.New("it has no backups")
	}
	if s.at.running(ctx) {
		if err := s.at.kill(ctx); err != nil {
			return err
		}
	}
	// The folder itself stays: by its inode PostgreSQL finds the shared memory that its killed predecessor left, and
	// removes it.
	if err := s.at.run(ctx, "sh", "-c", `[ -d "$1" ] && rm -rf "$2"/* && cp -Rp "$1"/. "$2"`, "sh", s.copied, s.data); err != nil {
		return fmt.Errorf("put the copy in place, if there is one: %w", err)
	}
	return s.again(ctx)
}

func (s *server) ifRunning(f func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if !s.at.running(ctx) {
			return errors.New("it is not running")
		}
		return f(ctx)
	}
}

// givenPorts are those that this process was given, whose listeners may not be there yet.
var givenPorts sync.Map

// freePort chooses below what systems give away by themselves, so that while a server is down neither a connection of
// somebody's nor a test's listener takes its place.
func freePort(ctx context.Context) (int, error) {
	const lowest, highest = 15000, 32000
	var err error
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		var l net.Listener
		if l, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// pause is between two looks at something that comes about outside of this process.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// tail is the end of a text that may be long.
func tail(text string) string {
	const lines = 20
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
