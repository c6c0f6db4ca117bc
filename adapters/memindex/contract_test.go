package memindex_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/adapters/memindex"
	"github.com/marquee-events/marquee/adapters/sqlite"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestContract brings what changed into the base now and then, so that there are changes in the base, in the delta and in both.
func TestContract(t *testing.T) {
	open := func(budget int64) func(t *testing.T) ports.ReadModel {
		return func(t *testing.T) ports.ReadModel {
			t.Helper()
			x := memindex.New(memindex.Options{Budget: budget, MergeAt: 40})
			t.Cleanup(x.Close)
			return x
		}
	}
	porttest.ReadModel(t, porttest.ReadModels{
		Open:  open(0),
		Tight: open(3 << 20),
		Damage: func(t *testing.T, m ports.ReadModel, id event.ID) {
			t.Helper()
			x, ours := m.(*memindex.Index)
			require.True(t, ours)
			require.True(t, x.Damage(id))
		},
		Store: func(t *testing.T, clock func() time.Time) porttest.EventStore {
			t.Helper()
			store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "marquee.db"), Clock: clock, Sole: true})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, store.Close()) })
			return store
		},
	})
}
