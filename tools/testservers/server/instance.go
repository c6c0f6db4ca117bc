package server

import (
	"context"
	"testing"
)

// Instance is a server of a test's own, which ends with the test. What it is told, it has done when the method returns;
// what it cannot do fails the test. Like that of testing.TB's Fatal, the methods are for the goroutine of the test, one
// at a time; URL is for any.
type Instance struct {
	tb     testing.TB
	server *server
}

// StartPostgres starts a PostgreSQL with settings such as "max_connections=10", and returns once it answers. What is
// not set is as PostgreSQL has it, 100 connections for one thing, but that nothing is forced to disk.
//
// The test is skipped or fails where there is no such server, as the package says.
func StartPostgres(tb testing.TB, settings ...string) *Instance {
	tb.Helper()
	return begin(tb, func(ctx context.Context, here places) (*server, error) {
		return newPostgres(ctx, here, false, settings...)
	})
}

// StartRedis starts a Redis with arguments such as "--maxmemory", "4mb", and returns once it answers. It keeps nothing
// over a restart, unless an argument makes it.
//
// The test is skipped or fails where there is no such server, as the package says.
func StartRedis(tb testing.TB, args ...string) *Instance {
	tb.Helper()
	return begin(tb, func(ctx context.Context, here places) (*server, error) {
		return newRedis(ctx, here, false, args...)
	})
}

func begin(tb testing.TB, start func(context.Context, places) (*server, error)) *Instance {
	tb.Helper()
	skipIfShort(tb)
	// Not the test's own context: that has ended when the server is to be.
	ctx, cancel := context.WithTimeout(context.Background(), arrival)
	defer cancel()
	here := find(ctx)
	if lack := here.lack(); lack != "" {
		absent(tb, lack)
	}
	s, err := start(ctx, here)
	if err != nil {
		tb.Fatal(err)
	}
	i := &Instance{tb: tb, server: s}
	tb.Cleanup(func() { i.do("end", s.at.end) })
	return i
}

// URL is where the server answers: the same for all of its life, over restarts too. For PostgreSQL it is a superuser's
// and names the database "postgres".
func (i *Instance) URL() string { return i.server.url }

// Log is what the server has said since its last start.
func (i *Instance) Log() string { return i.server.at.log(context.Background()) }

// Freeze stops the clock for the server: it holds its connections, and the kernel even takes new ones for it, but
// nothing is answered. This is what a machine looks like that hangs.
func (i *Instance) Freeze() {
	i.tb.Helper()
	i.do("freeze", i.server.ifRunning(i.server.at.freeze))
}

// Thaw lets a frozen server go on where it was.
func (i *Instance) Thaw() {
	i.tb.Helper()
	i.do("thaw", i.server.ifRunning(i.server.at.thaw))
}

// Kill ends the server at once, frozen or not. It has no time to say so to anybody or to write anything down.
func (i *Instance) Kill() {
	i.tb.Helper()
	i.do("kill", i.server.ifRunning(i.server.at.kill))
}

// Stop ends the server in order: connections are told and closed, and what has to be written is.
func (i *Instance) Stop() {
	i.tb.Helper()
	i.do("stop", i.server.ifRunning(i.server.at.stop))
}

// Start starts the server again after Kill or Stop, at the same URL and with the data that it had, and returns once it
// answers.
func (i *Instance) Start() {
	i.tb.Helper()
	i.do("start", i.server.again)
}

// Backup copies the data of a PostgreSQL as it is now, while it is at work. The copy takes the place of an earlier one.
func (i *Instance) Backup() {
	i.tb.Helper()
	i.do("back up", i.server.ifRunning(i.server.backup))
}

// Restore puts the copy that Backup made in the place of the data, and starts the server on it; it is killed before if
// it runs. The copy remains.
func (i *Instance) Restore() {
	i.tb.Helper()
	i.do("restore", i.server.restore)
}

func (i *Instance) do(what string, f func(context.Context) error) {
	i.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f(ctx); err != nil {
		i.tb.Fatalf("%s %s: %v", what, i.server.name, err)
	}
}
