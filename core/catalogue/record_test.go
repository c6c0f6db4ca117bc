package catalogue_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

func TestANameThatOccursTwiceCountsTheFirstTime(t *testing.T) {
	named := fields("name", "Platea", "capacity", "", "name", "Grada")
	tests := map[string]struct {
		value string
		there bool
	}{
		"name": {"Platea", true}, "capacity": {"", true}, "price": {"", false}, "Name": {"", false},
	}
	for name, want := range tests {
		value, there := named.Get(name)
		assert.Equal(t, want.value, value, name)
		assert.Equal(t, want.there, there, name)
	}
	_, there := catalogue.Fields(nil).Get("name")
	assert.False(t, there)
}

func TestAnIdentityIsWholeWithBothIDs(t *testing.T) {
	tests := map[string]struct {
		record catalogue.Record
		want   event.Identity
		whole  bool
	}{
		"both":     {record("291", "1642"), event.Identity{Provider: "p", Base: "291", Event: "1642"}, true},
		"no base":  {record("", "1642"), event.Identity{Provider: "p", Event: "1642"}, false},
		"no event": {record("291", ""), event.Identity{Provider: "p", Base: "291"}, false},
		"neither":  {catalogue.Record{}, event.Identity{Provider: "p"}, false},
		"the event's id on its base": {
			catalogue.Record{Base: fields(catalogue.BaseID, "291", catalogue.EventID, "1642")},
			event.Identity{Provider: "p", Base: "291"}, false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, whole := tt.record.Identity("p")
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.whole, whole)
		})
	}
}

func record(base, own string) catalogue.Record {
	return catalogue.Record{Base: fields(catalogue.BaseID, base), Event: fields(catalogue.EventID, own)}
}

func TestReasonsAreCompleteAndDiffer(t *testing.T) {
	seen := map[catalogue.Reason]bool{}
	for _, r := range catalogue.Reasons() {
		assert.NotEmpty(t, r)
		assert.False(t, seen[r], "%s is there twice", r)
		seen[r] = true
	}
	assert.Len(t, seen, 12)
}

// fields are pairs of name and value.
func fields(pairs ...string) catalogue.Fields {
	var f catalogue.Fields
	for pair := range slices.Chunk(pairs, 2) {
		f = append(f, catalogue.Field{Name: pair[0], Value: pair[1]})
	}
	return f
}
