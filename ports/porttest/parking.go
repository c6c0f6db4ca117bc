package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
)

// Parking is what every ports.Parking promises.
func Parking(t *testing.T, open OpenStore) {
	c := newClock()
	store := open(t, c.Now)

	t.Run("what is parked stays as it came", func(t *testing.T) {
		d := ports.Delivery{
			Message: ports.Message{ID: "p/1/0", Kind: ports.KindChunk, Header: map[string]string{"traceparent": "00-1-2-01"}, Body: []byte{0, 1, 0xff}},
			Attempt: 3,
		}
		run := catalogue.RunRef{Provider: "p", Number: 1}
		require.NoError(t, store.Park(t.Context(), d, &run, "it is damaged"))
		require.NoError(t, store.Park(t.Context(), d, &run, "parked again"))
		c.Advance(time.Second)
		require.NoError(t, store.Park(t.Context(), ports.Delivery{Message: ports.Message{ID: "nobody's"}, Attempt: 1}, nil, "no kind"))
		got, err := store.Parked(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, got, 2)
		assert.Equal(t, "nobody's", got[0].ID, "the latest first")
		assert.Equal(t, catalogue.Parked{
			ID: d.ID, Kind: d.Kind, Run: run, Reason: "it is damaged", Attempts: 3, Header: d.Header, Bytes: 3, ParkedAt: c.Now().Add(-time.Second),
		}, got[1], "a list has no bodies")
		n, err := store.CountParked(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2, n)
	})

	t.Run("suspicion counts and fades", func(t *testing.T) {
		for want := 1; want <= 3; want++ {
			times, err := store.Suspect(t.Context(), "m")
			require.NoError(t, err)
			assert.Equal(t, want, times)
		}
		times, err := store.Suspect(t.Context(), "another")
		require.NoError(t, err)
		assert.Equal(t, 1, times)
		require.NoError(t, store.Absolve(t.Context(), "another"))
		require.NoError(t, store.Absolve(t.Context(), "unknown"))
		times, err = store.Suspect(t.Context(), "another")
		require.NoError(t, err)
		assert.Equal(t, 1, times)
		times, err = store.Suspect(t.Context(), "m")
		require.NoError(t, err)
		assert.Equal(t, 4, times, "only the one")
		c.Advance(25 * time.Hour)
		times, err = store.Suspect(t.Context(), "m")
		require.NoError(t, err)
		assert.Equal(t, 1, times)
	})
}
