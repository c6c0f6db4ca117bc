package event_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// The IDs were computed by another implementation (Python's uuid and hashlib). Clients keep them: whoever
// has to change this table breaks every one of them.
func TestIDsStayTheSameForEver(t *testing.T) {
	tests := map[string]struct{ provider, base, own, want string }{
		"an event with its base's id":           {"default", "291", "291", "abcdfc34-c903-5320-869c-84dfa0ca6913"},
		"one event id under one base event":     {"default", "322", "1642", "a6fdc462-6a0d-5e19-ad72-893db798ace0"},
		"the same event id under another":       {"default", "1591", "1642", "81b8fe34-7de9-5940-b9c0-6935bc972eb5"},
		"the same characters, cut elsewhere":    {"default", "29", "1291", "55506442-4806-51c3-ac7e-22b9ff4fdfc3"},
		"lengths are those of bytes, not runes": {"ticketmaster-es", "años", "été", "56fa7c00-2f14-5e0d-b98f-f13f30465c71"},
		"nothing at all":                        {"", "", "", "35e9b35c-f31f-5b11-9e8e-f98973b60ff0"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, event.Identity{Provider: tt.provider, Base: tt.base, Event: tt.own}.ID().String())
		})
	}
	assert.Equal(t, "26601705-2514-5283-be40-b97bebd51251", event.Namespace.String())
}

func TestIdentitiesThatDifferHaveDifferentIDs(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("012/\x00é")), 0, 4, -1)
	identity := rapid.Custom(func(t *rapid.T) event.Identity {
		return event.Identity{Provider: text.Draw(t, "provider"), Base: text.Draw(t, "base"), Event: text.Draw(t, "event")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := identity.Draw(t, "a"), identity.Draw(t, "b")
		assert.Equal(t, a == b, a.ID() == b.ID())
	})
}

func TestAnIDReadsAsItPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := event.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		for _, s := range []string{id.String(), strings.ToUpper(id.String())} {
			got, err := event.ParseID(s)
			require.NoError(t, err)
			require.Equal(t, id, got)
		}
		require.Equal(t, "id="+id.String(), string(id.Append([]byte("id="))))
	})
}

func TestWhatIsNoID(t *testing.T) {
	const id = "26601705-2514-5283-be40-b97bebd51251"
	for name, s := range map[string]string{
		"empty":               "",
		"a number":            "291",
		"a digit short":       id[:35],
		"a digit long":        id + "0",
		"no dashes":           strings.ReplaceAll(id, "-", ""),
		"in braces":           "{" + id + "}",
		"a urn":               "urn:uuid:" + id,
		"a dash out of place": "266017052-514-5283-be40-b97bebd51251",
		"no hexadecimal":      "g" + id[1:],
		"a sign":              "+" + id[1:],
		"a dash too many":     "-" + id[1:],
		"a blank before":      " " + id[:35],
	} {
		t.Run(name, func(t *testing.T) {
			got, err := event.ParseID(s)
			assert.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
			assert.Zero(t, got)
		})
	}
}

func TestALongWrongIDIsNotRepeatedWhole(t *testing.T) {
	_, err := event.ParseID(strings.Repeat("x", 1<<20))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 300)
}
