package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
)

func TestSearchAnswer(t *testing.T) {
	got := serve(t, service{}).get(t, "/search")
	golden(t, "search.json", got.body)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=1, stale-if-error=60", got.Header.Get("Cache-Control"))
	assert.EqualValues(t, len(got.body), got.ContentLength)
	assert.Empty(t, got.Header.Get("RateLimit-Limit"), "nothing is limited here")
}

// The eight fields of the published contract, each there and of its type.
func TestSearchContract(t *testing.T) {
	endless := listed("1", "1", "No end", "2021-06-30T20:00:00", "2021-06-30T22:00:00")
	endless.Facts.End = event.Moment{}
	s := serve(t, service{events: search.NewEvents(append(shelf{endless}, summer...), 10)})

	var got struct {
		Data  map[string][]map[string]any
		Error any
	}
	decoder := json.NewDecoder(strings.NewReader(s.get(t, "/search").body))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&got))
	assert.Nil(t, got.Error)
	require.Len(t, got.Data, 1)
	require.Len(t, got.Data["events"], 5)
	for _, e := range got.Data["events"] {
		require.Len(t, e, 8)
		assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, e["id"])
		assert.IsType(t, "", e["title"])
		assert.Regexp(t, `^\d{4}-\d\d-\d\d$`, e["start_date"])
		assert.Regexp(t, `^\d\d:\d\d:\d\d$`, e["start_time"])
	}
	first := got.Data["events"][0]
	for _, field := range []string{"end_date", "end_time", "min_price", "max_price"} {
		value, there := first[field]
		assert.True(t, there && value == nil, "%s is %v, want null", field, value)
	}
	prices := func(i int) [2]any {
		return [2]any{got.Data["events"][i]["min_price"], got.Data["events"][i]["max_price"]}
	}
	assert.Equal(t, [2]any{json.Number("15"), json.Number("30")}, prices(1))
	assert.Equal(t, [2]any{json.Number("0"), json.Number("55.5")}, prices(2), "a free event has a price")
	assert.Equal(t, [2]any{json.Number("19.9999"), json.Number("19.9999")}, prices(3))
	assert.Equal(t, [2]any{nil, nil}, prices(4), "an event without zones has none")
}

func TestAnAnswerTellsItsLength(t *testing.T) {
	got := serve(t, service{events: many(100)}).get(t, "/search")
	assert.Greater(t, len(got.body), 10_000)
	assert.EqualValues(t, len(got.body), got.ContentLength)
	assert.EqualValues(t, -1, serve(t, service{events: many(10_000)}).get(t, "/search").ContentLength, "one that is too long to be kept is streamed")
}

func TestNothingFoundIsAnEmptyList(t *testing.T) {
	got := serve(t, service{}).get(t, "/search?starts_at=2030-01-01T00:00:00Z")
	assert.JSONEq(t, `{"data":{"events":[]},"error":null}`, got.body)
}

// Madrid is two hours ahead of UTC in summer: Camela plays from 19:00 to 20:00 UTC.
func TestBounds(t *testing.T) {
	s := serve(t, service{})
	c, p, l, m := camela.Facts.Title, pantomima.Facts.Title, morancos.Facts.Title, museum.Facts.Title
	tests := map[string]struct {
		query string
		want  []string
	}{
		"none":                             {"", []string{c, p, l, m}},
		"start is included":                {"starts_at=2021-06-30T19:00:00Z&ends_at=2021-06-30T20:00:00Z", []string{c}},
		"a second after the start":         {"starts_at=2021-06-30T19:00:01Z", []string{p, l, m}},
		"a nanosecond after the start":     {"starts_at=2021-06-30T19:00:00.000000001Z", []string{p, l, m}},
		"a second before the end":          {"ends_at=2021-06-30T19:59:59Z", []string{}},
		"a part of a second after the end": {"ends_at=2021-06-30T20:00:00.999Z", []string{c}},
		"offset east, encoded":             {"starts_at=2021-06-30T21:00:00%2B02:00&ends_at=2021-06-30T22:00:00%2B02:00", []string{c}},
		"offset east, its plus decoded":    {"starts_at=2021-06-30T21:00:00+02:00&ends_at=2021-06-30T22:00:00+02:00", []string{c}},
		"offset west":                      {"starts_at=2021-06-30T14:00:01-05:00&ends_at=2021-07-01T19:30:00Z", []string{p}},
		"naive is UTC":                     {"starts_at=2021-06-30T19:00:00&ends_at=2021-06-30T20:00:00", []string{c}},
		"only a start":                     {"starts_at=2021-07-31T00:00:00Z", []string{l, m}},
		"only an end":                      {"ends_at=2021-07-31T23:20:00Z", []string{c, p, l}},
		"begins before, ends inside":       {"starts_at=2021-07-31T19:00:00Z&ends_at=2021-08-02T00:00:00Z", []string{}},
		"both the same moment":             {"starts_at=2021-06-30T19:00:00Z&ends_at=2021-06-30T19:00:00Z", []string{}},
		"colons encoded":                   {"starts_at=2021-07-31T00%3A00%3A00Z", []string{l, m}},
		"name encoded":                     {"starts%5Fat=2021-07-31T00:00:00Z", []string{l, m}},
		"unknown parameters are ignored":   {"starts_at=2021-07-31T00:00:00Z&page=2&starts_At=x&page=3", []string{l, m}},
		"garbage in them as well":          {"starts_at=2021-07-31T00:00:00Z&utm=100%&a;b=%zz&%zz=1&&=", []string{l, m}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, s.get(t, "/search?"+tt.query).titles(t))
		})
	}
}

func TestBadBounds(t *testing.T) {
	s := serve(t, service{events: search.NewEvents(summer, 3)})
	tests := map[string]struct {
		query         string
		code, message string
	}{
		"a month that does not read": {"starts_at=2021-13-01", "no_date_time", `starts_at "2021-13-01" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"a word":                     {"ends_at=tomorrow", "no_date_time", `ends_at "tomorrow" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"a date alone":               {"starts_at=2021-06-30", "no_date_time", `starts_at "2021-06-30" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"seconds since the epoch":    {"starts_at=1625086800", "no_date_time", `starts_at "1625086800" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"empty":                      {"starts_at=", "no_date_time", "starts_at is empty; leave it out, or give a date-time like 2021-06-30T21:00:00Z"},
		"without a value":            {"ends_at", "no_date_time", "ends_at is empty; leave it out, or give a date-time like 2021-06-30T21:00:00Z"},
		"a day that does not exist":  {"starts_at=2021-09-31T10:00:00Z", "does_not_exist", `starts_at "2021-09-31T10:00:00Z" does not exist; no calendar or clock has it`},
		"29 February of no leap year": {"ends_at=2021-02-29T10:00:00Z", "does_not_exist",
			`ends_at "2021-02-29T10:00:00Z" does not exist; no calendar or clock has it`},
		"an hour that does not exist": {"starts_at=2021-06-30T24:30:00Z", "does_not_exist", `starts_at "2021-06-30T24:30:00Z" does not exist; no calendar or clock has it`},
		"start after end": {"starts_at=2021-07-01T00:00:00Z&ends_at=2021-06-30T00:00:00Z", "invalid_parameter",
			"starts_at 2021-07-01T00:00:00Z is after ends_at 2021-06-30T00:00:00Z; swap them"},
		"twice":                   {"starts_at=2021-06-30T21:00:00Z&starts_at=2021-06-30T21:00:00Z", "invalid_parameter", "starts_at is given more than once; give it once"},
		"the other one twice":     {"ends_at=2021-06-30T21:00:00Z&ends%5fat=", "invalid_parameter", "ends_at is given more than once; give it once"},
		"not decodable":           {"starts_at=2021-06-30T21:00:00%2", "invalid_parameter", `starts_at="2021-06-30T21:00:00%2" cannot be decoded; percent-encode its value`},
		"with a semicolon":        {"ends_at=2021-06-30T21:00:00Z;x", "invalid_parameter", `ends_at="2021-06-30T21:00:00Z;x" cannot be decoded; percent-encode its value`},
		"control characters":      {"starts_at=%00%0a%ff", "no_date_time", `starts_at "\x00\n\xff" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"long, shown in part":     {"starts_at=x" + strings.Repeat("é", 1000), "no_date_time", `starts_at "x` + strings.Repeat("é", 31) + `…" is no date-time; one looks like 2021-06-30T21:00:00Z`},
		"more than an answer has": {"", "too_many_results", "4 events match, more than the 3 that one answer may hold; narrow starts_at and ends_at"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.get(t, "/search?"+tt.query)
			code, message := got.problem(t)
			assert.Equal(t, http.StatusBadRequest, got.StatusCode)
			assert.Equal(t, tt.code, code)
			assert.Equal(t, tt.message, message)
		})
	}
}

// Whatever is sent as a bound is answered 200 or 400 that names it, never anything else.
func FuzzBound(f *testing.F) {
	for _, seed := range []string{"2021-06-30T21:00:00Z", "", "2021-09-31T10:00:00+02:00", "\x00", "9999-12-31T23:59:59.999999999-23:59", "0000-01-01T00:00:00Z", "٢٠٢١"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = value[:min(len(value), 1000)]
		s := handled(t)
		got := s("/search?starts_at=" + url.QueryEscape(value))
		switch got.StatusCode {
		case http.StatusOK:
			got.titles(t)
		case http.StatusBadRequest:
			if _, message := got.problem(t); !strings.HasPrefix(message, "starts_at ") {
				t.Errorf("%q does not name the parameter", message)
			}
		default:
			t.Errorf("status %d", got.StatusCode)
		}
	})
}

func TestHead(t *testing.T) {
	s := serve(t, service{})
	for _, target := range []string{"/search", "/status", "/search?starts_at=x", "/nowhere"} {
		get, head := s.get(t, target), s.ask(t, http.MethodHead, target)
		assert.Equal(t, get.StatusCode, head.StatusCode, target)
		assert.Empty(t, head.body, target)
		assert.Equal(t, get.Header.Get("Content-Type"), head.Header.Get("Content-Type"), target)
		assert.Equal(t, get.Header.Get("Cache-Control"), head.Header.Get("Cache-Control"), target)
	}
}
