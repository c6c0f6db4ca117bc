package httpapi

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestAQueryIsTakenApartAsNetURLDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query := rapid.StringMatching(`[ab%+=&;2c]{0,24}`).Draw(t, "query")
		want, _ := url.ParseQuery(query) // which tells of what it passes over
		got := url.Values{}
		for _, p := range textsOf(query).given {
			got.Add(p.name, p.value)
		}
		assert.Equal(t, want, got)
		for name, values := range want {
			texts := textsOf(query)
			var value *string
			texts.optional(name, &value)
			assert.Equal(t, len(values) > 1, texts.err != nil)
			assert.Equal(t, values[0], *value)
		}
	})
}
