package postgres_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) { porttest.Store(t, open) }
