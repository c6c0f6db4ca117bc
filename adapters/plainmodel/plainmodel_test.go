package plainmodel_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/plainmodel"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadModel(t *testing.T) {
	open := func(o plainmodel.Options) func(*testing.T) ports.ReadModel {
		return func(*testing.T) ports.ReadModel { return plainmodel.New(o) }
	}
	porttest.ReadModel(t, porttest.ReadModels{
		Open:  open(plainmodel.Options{}),
		Tight: open(plainmodel.Options{MaxEvents: 1000}),
		Damage: func(t *testing.T, m ports.ReadModel, id event.ID) {
			plain, ok := m.(*plainmodel.Model)
			require.True(t, ok)
			require.True(t, plain.Damage(id))
		},
		Store: func(t *testing.T, clock func() time.Time) porttest.EventStore {
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "store.db"), Clock: clock})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		},
	})
}
