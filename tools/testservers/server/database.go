package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Database makes a database of the test's own on a PostgreSQL, an empty one or a copy of template where that is not
// empty, and returns its URL for the role that at is for. The database is dropped when the test ends, whoever is
// still connected.
func Database(tb testing.TB, at, template string) string {
	tb.Helper()
	if template == "" {
		template = "template1"
	}
	u, err := url.Parse(at)
	if err != nil {
		tb.Fatal("the URL of PostgreSQL cannot be read")
	}
	name := fmt.Sprintf("marquee_test_%d", rand.Uint64())
	administer(tb, at, "CREATE DATABASE "+name+" TEMPLATE "+template)
	tb.Cleanup(func() { administer(tb, at, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

func administer(tb testing.TB, at, statement string) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}
