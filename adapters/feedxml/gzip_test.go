package feedxml

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// members is a compressed file that has the same part so many times, each for itself as gzip allows.
func members(part []byte, times int) []byte { return bytes.Repeat(gzipped(part), times) }

func TestWhatIsABomb(t *testing.T) {
	const (
		part = 1 << 20
		much = unsuspected/part + 8
	)
	blanks := bytes.Repeat([]byte(" "), part)
	zone := `      <zone zone_id="186" capacity="0" price="75.00" name="Amfiteatre" numbered="true" />` + "\n"
	tests := map[string]struct {
		body io.Reader
		bomb bool
	}{
		"blanks":                           {bytes.NewReader(members(blanks, much)), true},
		"blanks, twice compressed":         {bytes.NewReader(gzipped(members(blanks, much))), true},
		"few blanks":                       {bytes.NewReader(members(blanks, unsuspected/part)), false},
		"zones that are equal to the byte": {bytes.NewReader(members([]byte(strings.Repeat(zone, part/len(zone))), much)), false},
		"what is not compressed":           {io.LimitReader(&repeated{part: func(int) string { return string(blanks) }, left: much * part}, much*part), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			plain, err := decompress(tt.body, "")
			require.NoError(t, err)
			n, err := io.Copy(io.Discard, plain)
			if !tt.bomb {
				assert.NoError(t, err)
				return
			}
			assert.ErrorIs(t, err, errInflated)
			assert.InDelta(t, unsuspected, n, part, "it ends as soon as it is found out")
		})
	}
	t.Run("is no feed", func(t *testing.T) {
		_, err := ask(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(gzipped([]byte("<eventList><output>")))
			_, _ = w.Write(members(blanks, much))
		})
		requireCode(t, CodeTooLarge, err)
		assert.ErrorContains(t, err, "more than 500 times its size")
	})
}
