package postgres_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

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
