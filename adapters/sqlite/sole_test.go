package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/sqlite"
)

// A process that was killed cannot give its lease back. The only one that can open the database need not wait for it.
func TestLeasesOfProcessesThatAreGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "marquee.db")
	for _, sole := range []bool{false, true} {
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: time.Now, Sole: sole})
		require.NoError(t, err)
		_, held, err := s.Acquire(t.Context(), "fetch:default", map[bool]string{false: "killed", true: "restarted"}[sole], time.Hour)
		require.NoError(t, err)
		assert.True(t, held)
		require.NoError(t, s.Close())
	}
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Clock: time.Now})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, held, err := s.Acquire(t.Context(), "fetch:default", "beside it", time.Hour)
	require.NoError(t, err)
	assert.False(t, held, "a process beside others respects them")
}
