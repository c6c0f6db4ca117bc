package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// What a test run hands on to the processes that it consists of.
const (
	postgresVariable = "MARQUEE_TEST_POSTGRES_URL"
	redisVariable    = "MARQUEE_TEST_REDIS_URL"
	serversVariable  = "MARQUEE_TEST_SERVERS"
	required         = "required"
)

// SharedPostgres returns the URL of the PostgreSQL that the whole test run shares: a superuser's, of the database
// "postgres", which is for maintenance. A test creates a database of its own there and drops it; other packages do the
// same at this time. The server takes 300 connections, all packages together.
//
// The test is skipped or fails where there is no such server, as the package says.
func SharedPostgres(tb testing.TB) string {
	tb.Helper()
	return shared(tb, "PostgreSQL", postgresVariable)
}

// SharedRedis returns the URL of the Redis that the whole test run shares, redis://127.0.0.1:PORT. It has 16 databases
// and belongs to nobody: a test keeps to keys with a prefix of its own, and to channels likewise, and never flushes
// what others use. Packages that need a whole database agree on its number, or start a Redis of their own.
//
// The test is skipped or fails where there is no such server, as the package says.
func SharedRedis(tb testing.TB) string {
	tb.Helper()
	return shared(tb, "Redis", redisVariable)
}

func shared(tb testing.TB, name, variable string) string {
	tb.Helper()
	skipIfShort(tb)
	url := os.Getenv(variable)
	if url == "" {
		absent(tb, fmt.Sprintf("this test needs %s, and %s is not set: run make test, or make test-servers beside it", name, variable))
	}
	return url
}

func skipIfShort(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("servers are left out of -short")
	}
}

// absent ends a test that cannot have its server.
func absent(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv(serversVariable) == required {
		tb.Fatal(why)
	}
	tb.Skip(why)
}

// Shared are the servers of a test run, and the browser that its tests may start.
type Shared struct {
	postgres, redis *server
	browser         string
}

// StartShared starts both servers and returns once they answer. Where there is neither Docker nor a binary, or no browser, but
// root and Debian's package manager, it installs what is missing first and says so on news. It leaves nothing running when it
// fails or ctx ends.
func StartShared(ctx context.Context, news io.Writer) (*Shared, error) {
	here, browser := find(ctx), findBrowser()
	missing := here.packages()
	if browser == "" {
		missing = append(missing, browserPackage)
	}
	if len(missing) > 0 && canInstall() {
		fmt.Fprintln(news, "installing for the tests:", strings.Join(missing, ", "))
		if err := install(ctx, missing...); err != nil {
			return nil, err
		}
		here, browser = find(ctx), findBrowser()
	}
	if lack := here.lack(); lack != "" {
		return nil, errors.New(lack)
	}
	if browser == "" {
		return nil, errNoBrowser
	}

	ctx, cancel := context.WithTimeout(ctx, arrival)
	defer cancel()
	s := Shared{browser: browser}
	var noPostgres, noRedis error
	var starting sync.WaitGroup
	starting.Go(func() {
		s.postgres, noPostgres = newPostgres(ctx, here, true, "max_connections=300", "shared_buffers=256MB")
	})
	starting.Go(func() { s.redis, noRedis = newRedis(ctx, here, true) })
	starting.Wait()
	if err := errors.Join(noPostgres, noRedis); err != nil {
		return nil, errors.Join(err, s.End())
	}
	return &s, nil
}

// Environ is what a process needs in its environment for [SharedPostgres], [SharedRedis] and [Browser] to find them, and for one
// that is missing to be a failure.
func (s *Shared) Environ() []string {
	return []string{postgresVariable + "=" + s.postgres.url, redisVariable + "=" + s.redis.url, browserVariable + "=" + s.browser, serversVariable + "=" + required}
}

// End ends the servers at once and removes what they kept.
func (s *Shared) End() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var errs []error
	for _, started := range []*server{s.postgres, s.redis} {
		if started != nil {
			errs = append(errs, started.at.end(ctx))
		}
	}
	return errors.Join(errs...)
}

const (
	// patience is for a server to do what it is asked to, on a machine that has other things to do.
	patience = time.Minute
	// arrival is for a server that is not there yet: an image may have to be fetched.
	arrival = 5 * time.Minute
)
