package postgres_test

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/postgres"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if template.drop != nil {
			template.drop()
		}
		os.Exit(code)
	}))
}

// The service's own role keeps every promise of a store: it needs no more rights.
func TestStore(t *testing.T) { porttest.Store(t, open) }

// A pooler that gives each transaction another connection bears no prepared statements, so operators switch them off.
func TestStoreWithoutPreparedStatements(t *testing.T) {
	open := func(t *testing.T, clock func() time.Time) porttest.EventStore {
		t.Helper()
		return openAt(t, postgres.Options{URL: with(t, as(t, database(t), service, ""), "default_query_exec_mode", "cache_describe"), Clock: clock})
	}
	t.Run("Ingester", func(t *testing.T) { porttest.Ingester(t, open) })
	t.Run("ChangeReader", func(t *testing.T) { porttest.ChangeReader(t, open) })
	t.Run("Reapplying", func(t *testing.T) { porttest.Reapplying(t, open) })
}
