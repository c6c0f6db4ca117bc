package ingest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
)

func rejected(t *testing.T, edits ...func(*catalogue.Record)) catalogue.Rejection {
	t.Helper()
	r := camela(edits...)
	_, why := understand(r, inMadrid(t))
	require.NotNil(t, why)
	return reject(r, inMadrid(t), why)
}

func TestARejectionTellsWhatAPersonNeeds(t *testing.T) {
	got := rejected(t, onEvent("event_end_date", "2021-09-31T20:00:00"), at(7))
	assert.Equal(t, "default", got.Provider)
	assert.Equal(t, event.Identity{Provider: "default", Base: "291", Event: "292"}, got.Identity)
	assert.True(t, got.Whole)
	assert.Equal(t, 7, got.Position)
	assert.Equal(t, catalogue.NoSuchDate, got.Reason)
	assert.Contains(t, got.Detail, "2021-09-31")
	assert.False(t, rejected(t, without("event_id")).Whole)
}

func TestTheSameMistakeIsOneRejection(t *testing.T) {
	bad := onEvent("event_end_date", "2021-09-31T20:00:00")
	first := rejected(t, bad)
	same := map[string][]func(*catalogue.Record){
		"again":                      {bad},
		"while its capacity falls":   {bad, onZone(0, "capacity", "12")},
		"at another place":           {bad, at(99)},
		"with a bad zone behind it":  {bad, onZone(0, "price", "free")},
		"under a corrected title":    {bad, onBase("title", "Camela")},
		"with bytes that do not fit": {bad, func(r *catalogue.Record) { r.Damaged = true }},
	}
	for name, edits := range same {
		assert.Equal(t, first.Key, rejected(t, edits...).Key, name)
	}
	other := map[string][]func(*catalogue.Record){
		"another wrong date":        {onEvent("event_end_date", "2021-02-30T20:00:00")},
		"another field":             {onEvent("event_start_date", "2021-09-31T20:00:00")},
		"another event":             {bad, onEvent("event_id", "293")},
		"another base":              {bad, onBase("base_event_id", "292")},
		"ids that read on":          {bad, onBase("base_event_id", "2912"), onEvent("event_id", "92")},
		"another reason":            {bad, flawed(catalogue.Duplicate)},
		"its title is missing, too": {bad, without("title")},
	}
	for name, edits := range other {
		assert.NotEqual(t, first.Key, rejected(t, edits...).Key, name)
	}
	r := camela(bad)
	_, why := understand(r, inMadrid(t))
	assert.NotEqual(t, first.Key, reject(r, terms{provider: "another"}, why).Key, "another provider")
}

func TestRecordsWithoutAnIdentityAreToldApartByTheirPlace(t *testing.T) {
	first := rejected(t, without("event_id"), at(1))
	assert.Equal(t, first.Key, rejected(t, without("event_id"), at(1), onZone(0, "capacity", "1")).Key)
	assert.NotEqual(t, first.Key, rejected(t, without("event_id"), at(2)).Key)
}

func TestTheOriginalIsTheRecordAsJSON(t *testing.T) {
	r := catalogue.Record{
		Base:  fields("title", `"Pantomima" \ Full`, "base_event_id", "322"),
		Event: fields("event_id", "", "event_id", "second\n"),
		Zones: []catalogue.Fields{fields("name", "Málaga 🎭"), nil, fields("price", "20", "capacity", "2")},
	}
	//nolint:testifylint // the order of the fields is what this is about
	assert.Equal(t, `{"base_event":{"title":"\"Pantomima\" \\ Full","base_event_id":"322"},`+
		`"event":{"event_id":"","event_id":"second\n"},`+
		`"zones":[{"name":"Málaga 🎭"},{},{"price":"20","capacity":"2"}]}`, string(original(r)), "in the order of the feed")
	assert.JSONEq(t, `{"base_event":{},"event":{},"zones":[]}`, string(original(catalogue.Record{})))
	assert.True(t, json.Valid(original(camela())))
}

func TestALongOriginalIsCut(t *testing.T) {
	for name, r := range map[string]catalogue.Record{
		"a long text":       camela(onBase("title", strings.Repeat("x", 2*catalogue.MaxOriginal))),
		"a text of escapes": camela(onBase("title", strings.Repeat("\x00", catalogue.MaxOriginal/2))),
		"many zones":        camela(func(r *catalogue.Record) { r.Zones = make([]catalogue.Fields, 100_000) }),
		"a byte beyond":     camela(onBase("title", strings.Repeat("x", catalogue.MaxOriginal-len(original(camela(onBase("title", ""))))+1))),
	} {
		assert.Len(t, original(r), catalogue.MaxOriginal, name)
	}
}
