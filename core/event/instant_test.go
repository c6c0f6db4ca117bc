package event_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

func TestBoundsOfAQuery(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"Z":                              {"2021-06-30T21:00:00Z", "2021-06-30T21:00:00Z"},
		"a small z and t":                {"2021-06-30t21:00:00z", "2021-06-30T21:00:00Z"},
		"east of Greenwich":              {"2021-06-30T21:00:00+02:00", "2021-06-30T19:00:00Z"},
		"west of it":                     {"2021-06-30T21:00:00-05:30", "2021-07-01T02:30:00Z"},
		"a blank where a plus was":       {"2021-06-30T21:00:00 02:00", "2021-06-30T19:00:00Z"},
		"two blanks":                     {"2021-06-30 21:00:00 02:00", "2021-06-30T19:00:00Z"},
		"naive is UTC":                   {"2021-06-30T21:00:00", "2021-06-30T21:00:00Z"},
		"naive and without seconds":      {"2021-06-30T21:00", "2021-06-30T21:00:00Z"},
		"milliseconds, as browsers have": {"2021-06-30T21:00:00.123Z", "2021-06-30T21:00:00.123Z"},
		"finer than anyone needs":        {"2021-06-30T21:00:00.12345678999Z", "2021-06-30T21:00:00.123456789Z"},
		"a fraction and a blank":         {"2021-06-30T21:00:00.5 02:00", "2021-06-30T19:00:00.5Z"},
		"unknown local offset":           {"2021-06-30T21:00:00-00:00", "2021-06-30T21:00:00Z"},
		"the first year":                 {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"},
		"the last year":                  {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := event.ParseInstant(tt.text)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.Format(time.RFC3339Nano))
			assert.Equal(t, time.UTC, got.Location())
		})
	}
}

func TestBoundsThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"decoded twice":    "2021-06-30T21:00:00%2B02:00",
		"two offsets":      "2021-06-30T21:00:00+02:00+02:00",
		"Z and an offset":  "2021-06-30T21:00:00Z+02:00",
		"a zone's name":    "2021-06-30T21:00:00 CET",
		"an IANA name":     "2021-06-30T21:00:00[Europe/Madrid]",
		"another language": "30 juin 2021",
		"a NUL":            "2021-06-30T21:00:00\x00",
		"no text":          "\xff\xfe",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := event.ParseInstant(text)
			assertCode(t, err, event.CodeNoDateTime)
		})
	}
}

func TestWhatIsRFC3339IsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "unix"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		want = want.In(time.FixedZone("", 60*rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "offset")))
		got, err := event.ParseInstant(want.Format(time.RFC3339Nano))
		require.NoError(t, err)
		require.True(t, want.Equal(got), "%s became %s", want, got)
	})
}
