package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/adapters/internal/sqlstore"
	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

func TestAFullParkingGivesUpWhatALaterRunBroughtAgain(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "marquee.db"), Clock: time.Now})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.engine.write.ExecContext(t.Context(), `INSERT INTO runs (provider, number, state, begun_at) VALUES ('p', 1, 'reading', 1);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO parked (id, kind, provider, run, reason, attempts, header, body, parked_at) SELECT 'm' || i, 'chunk', 'p', 1, 'it panics', 1, '{}', x'', i FROM n`, sqlstore.MaxParked)
	require.NoError(t, err)
	run := catalogue.RunRef{Provider: "p", Number: 1}
	park := func() error {
		return s.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: "one more", Kind: ports.KindChunk}, Attempt: 1}, &run, "it panics")
	}
	require.True(t, fault.Is(park(), fault.Unavailable), "the feed may not come again, so nothing is dropped")

	_, err = s.engine.write.ExecContext(t.Context(), "UPDATE runs SET state = 'superseded'")
	require.NoError(t, err)
	require.NoError(t, park())
	parked, err := s.Parked(t.Context(), 2*sqlstore.MaxParked)
	require.NoError(t, err)
	assert.Len(t, parked, sqlstore.MaxParked)
	assert.Equal(t, "one more", parked[0].ID)
	assert.Equal(t, "m2", parked[len(parked)-1].ID, "the oldest went")
}
