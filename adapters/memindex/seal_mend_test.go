package memindex

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/ports/porttest"
)

// TestWhatTheSealFindsIsMended flips what only the seal tells of. Once found, it is mended, and not found again.
func TestWhatTheSealFindsIsMended(t *testing.T) {
	for name, flip := range map[string]func(v *version){
		"a seal": func(v *version) { v.seal[3] ^= 1 },
		"a sum":  func(v *version) { v.sum[3] ^= 1 },
		"a record's length": func(v *version) {
			piece, at := v.record[3]>>32, uint32(v.record[3])
			*unsafe.StringData(v.texts.pieces[piece][at:]) ^= 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := New(Options{})
			defer x.Close()
			require.NoError(t, x.Fill(t.Context(), porttest.Programme(50)))
			var all []event.Event
			at, err := x.Snapshot(t.Context(), event.TimeRange{}, func(e *event.Event) error { all = append(all, *e); return nil })
			require.NoError(t, err)
			flip(x.current.Load())
			found, err := x.Damaged(t.Context())
			require.NoError(t, err)
			require.Len(t, found, 1)
			_, err = x.Reconcile(t.Context(), event.TimeRange{}, at, all)
			require.NoError(t, err)
			x.Settle()
			found, err = x.Damaged(t.Context())
			require.NoError(t, err)
			require.Empty(t, found)
		})
	}
}
