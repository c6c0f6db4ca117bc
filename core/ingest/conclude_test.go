package ingest

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/marquee-events/marquee/core/catalogue"
)

func TestWhetherMissingEventsHaveLeft(t *testing.T) {
	const gone, wait = true, false
	tests := map[string]struct {
		census   catalogue.Census
		withdraw bool
		held     int // runs in a row
		note     string
	}{
		"nothing is missing":            {catalogue.Census{Seen: 100, Available: 100}, gone, 0, ""},
		"the first run":                 {catalogue.Census{Seen: 100}, gone, 0, ""},
		"the first run of an empty one": {catalogue.Census{}, gone, 0, ""},
		"one of a hundred":              {catalogue.Census{Seen: 99, Available: 100, Leaving: 1}, gone, 0, ""},
		"all but one of a small feed":   {catalogue.Census{Seen: 1, Available: 50, Leaving: 49}, gone, 0, ""},
		"fifty of a small feed":         {catalogue.Census{Seen: 50, Available: 100, Leaving: 50}, wait, 1, "50 of 100 events would leave at once; run 1 of 3 that have to agree"},
		"many, not more than 30%":       {catalogue.Census{Seen: 700, Available: 1000, Leaving: 300}, gone, 0, ""},
		"one more than 30%":             {catalogue.Census{Seen: 699, Available: 1000, Leaving: 301}, wait, 1, "301 of 1000 events would leave at once; run 1 of 3 that have to agree"},
		"new ones make up for nothing":  {catalogue.Census{Seen: 5000, Available: 1000, Leaving: 900}, wait, 1, "900 of 1000 events would leave at once; run 1 of 3 that have to agree"},

		"an empty feed":                  {catalogue.Census{Available: 10, Leaving: 10}, wait, 0, "the feed was empty; 10 events stay available"},
		"an empty feed the third time":   {catalogue.Census{Available: 100, Leaving: 100, HeldRuns: 2, HeldLeaving: 100}, wait, 0, "the feed was empty; 100 events stay available"},
		"a record nobody can name":       {catalogue.Census{Seen: 99, Available: 100, Leaving: 1, Nameless: 1}, wait, 0, "1 records had no identity, so nobody knows whether the 1 missing events left"},
		"nameless, with nothing missing": {catalogue.Census{Seen: 100, Available: 100, Nameless: 3}, gone, 0, ""},
		"not modified":                   {catalogue.Census{NotModified: true, Available: 100}, wait, 0, ""},
		"not modified, although held":    {catalogue.Census{NotModified: true, Available: 100, HeldRuns: 2, HeldLeaving: 90}, wait, 0, ""},

		"the second that agrees":        {catalogue.Census{Seen: 10, Available: 100, Leaving: 90, HeldRuns: 1, HeldLeaving: 90, Again: 90}, wait, 2, "90 of 100 events would leave at once; run 2 of 3 that have to agree"},
		"the third that agrees":         {catalogue.Census{Seen: 10, Available: 100, Leaving: 90, HeldRuns: 2, HeldLeaving: 90, Again: 90}, gone, 3, "3 complete runs agree that 90 of 100 events left"},
		"a tenth fewer agrees":          {catalogue.Census{Seen: 19, Available: 100, Leaving: 81, HeldRuns: 2, HeldLeaving: 90, Again: 81}, gone, 3, "3 complete runs agree that 81 of 100 events left"},
		"a tenth more agrees":           {catalogue.Census{Available: 101, Seen: 1, Leaving: 100, HeldRuns: 2, HeldLeaving: 90, Again: 90}, gone, 3, "3 complete runs agree that 90 of 101 events left"},
		"fewer than that begins anew":   {catalogue.Census{Seen: 20, Available: 100, Leaving: 80, HeldRuns: 2, HeldLeaving: 90, Again: 80}, wait, 1, "80 of 100 events would leave at once; run 1 of 3 that have to agree"},
		"more than that begins anew":    {catalogue.Census{Seen: 1, Available: 102, Leaving: 101, HeldRuns: 2, HeldLeaving: 90, Again: 90}, wait, 1, "101 of 102 events would leave at once; run 1 of 3 that have to agree"},
		"as many others begin anew":     {catalogue.Census{Seen: 50, Available: 140, Leaving: 90, HeldRuns: 2, HeldLeaving: 90, Again: 50}, wait, 1, "90 of 140 events would leave at once; run 1 of 3 that have to agree"},
		"a few, after many were held":   {catalogue.Census{Seen: 98, Available: 100, Leaving: 2, HeldRuns: 2, HeldLeaving: 90}, gone, 0, ""},
		"all are back after being held": {catalogue.Census{Seen: 100, Available: 100, HeldRuns: 2, HeldLeaving: 90}, gone, 0, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := judge(tt.census)
			assert.Equal(t, tt.withdraw, v.Withdraw)
			assert.Equal(t, tt.held, v.HeldRuns)
			assert.Equal(t, tt.held > 0 && !tt.withdraw, v.Held)
			assert.Equal(t, tt.note, v.Note)
		})
	}
}
