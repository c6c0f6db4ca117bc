package traces

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/feedsim"
	"github.com/marquee-events/marquee/app/proof/prooftest"
	"github.com/marquee-events/marquee/tools/testservers/server"
)

// until waits for something that happens sooner or later.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(prooftest.Patience); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// brokerLife is what this test binary does when it is started again: it is a broker, in the folder that it is told.
func brokerLife(orders []byte) error {
	return prooftest.ServeBroker(strings.Trim(string(orders), `"`), func(address string) { fmt.Println(address) })
}

// startBroker starts a NATS server of its own and returns its URL.
func startBroker(t *testing.T) string {
	t.Helper()
	said := make(chan string, 1)
	var log prooftest.Tail
	p := prooftest.Start(t, t.TempDir(), &log, func(line []byte) { said <- strings.TrimSpace(string(line)) })
	t.Cleanup(func() { _ = p.Stop() })
	select {
	case address := <-said:
		return address
	case <-p.Ended():
		t.Fatalf("the broker ended: %v %s", p.Err(), log.String())
		return ""
	}
}

// newDatabase makes an empty database and returns its URL. It is dropped when the test ends.
func newDatabase(t *testing.T) string {
	t.Helper()
	maintenance := server.SharedPostgres(t)
	name := fmt.Sprintf("marquee_traces_%d", rand.Uint64())
	run(t, maintenance, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, maintenance, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(maintenance)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

func run(t *testing.T, database, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, database)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err, statement)
}

// startProvider is a made-up one with as many events as told, whose feed sets no traps. It returns the URL of the feed.
func startProvider(t *testing.T, events int) string {
	t.Helper()
	sim, err := feedsim.New(feedsim.Options{Seed: 7, Events: events, Clean: true})
	require.NoError(t, err)
	s := httptest.NewServer(feedsim.Handler(sim))
	t.Cleanup(s.Close)
	return s.URL
}

// freeAddress is one that systems do not give away by themselves.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(17000))
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	t.Fatal("there is no free port")
	return ""
}
