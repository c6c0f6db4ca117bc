package httpapi

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/event"
)

// asEncodingJSON is what the standard library makes of v without escaping for HTML.
func asEncodingJSON(t interface{ Fatalf(string, ...any) }, v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatalf("encode %v: %v", v, err)
	}
	return b.String()
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "plain", `"\/`, "\x00\x01\b\t\n\v\f\r\x1b\x1f\x7f", "<script>&amp;", "\u2028 \u2029 \u2027 \u202a", "\xff\xfe", "a\xc3", "\xed\xa0\x80", "\xe2\x80",
		"\ufffd", "𝄞\xf0\x9d\x84", "naïve", "\xc0\x80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := string(appendText(nil, s))+"\n", asEncodingJSON(t, s); got != want {
			t.Errorf("%q is written %s, encoding/json has %s", s, got, want)
		}
	})
}

// Each byte at each place of texts around eight bytes, and two of them where one may hide the other.
func TestPlainLength(t *testing.T) {
	const text = "abcdefghijklmnopqrstuvw"
	for length := range len(text) {
		for at := range length {
			for c := range 256 {
				for behind := at; behind < min(at+9, length); behind++ {
					s := []byte(text[:length])
					s[behind] = '"'
					s[at] = byte(c)
					want := 0
					for want < length && plain[s[want]] {
						want++
					}
					if got := plainLength(string(s)); got != want {
						t.Fatalf("%d bytes of %q are plain, not %d", want, s, got)
					}
				}
			}
		}
		if got := plainLength(text[:length]); got != length {
			t.Fatalf("all of %q is plain, not %d", text[:length], got)
		}
	}
}

// The hand-written answer is byte for byte what encoding/json makes of the same facts.
func TestSearchAnswerAsEncodingJSON(t *testing.T) {
	type summary struct {
		ID        string       `json:"id"`
		Title     string       `json:"title"`
		StartDate *string      `json:"start_date"`
		StartTime *string      `json:"start_time"`
		EndDate   *string      `json:"end_date"`
		EndTime   *string      `json:"end_time"`
		MinPrice  *json.Number `json:"min_price"`
		MaxPrice  *json.Number `json:"max_price"`
	}
	wall := func(m event.Moment, layout string) *string {
		if !m.Known() {
			return nil
		}
		return new(m.Time().Format(layout))
	}
	price := func(known bool, p event.Price) *json.Number {
		if !known {
			return nil
		}
		return new(json.Number(p.String()))
	}
	moment := rapid.Custom(func(t *rapid.T) event.Moment {
		if rapid.IntRange(0, 9).Draw(t, "unknown") == 0 {
			return event.Moment{}
		}
		return event.MomentAt(rapid.Int64Range(-62135596800+86400, 253402300799-86400).Draw(t, "unix"), rapid.Int32Range(-57600, 57600).Draw(t, "offset"))
	})
	rapid.Check(t, func(t *rapid.T) {
		var events []event.Event
		want := struct {
			Data struct {
				Events []summary `json:"events"`
			} `json:"data"`
			Error *string `json:"error"`
		}{}
		want.Data.Events = []summary{}
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			e := event.Event{Facts: event.Facts{
				Title: rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "title"),
				Start: moment.Draw(t, "start"), End: moment.Draw(t, "end"),
				Prices: event.PriceRange{
					Min:   event.Price(rapid.Int64Range(0, int64(event.MaxPrice)).Draw(t, "min")),
					Max:   event.Price(rapid.Int64Range(0, int64(event.MaxPrice)).Draw(t, "max")),
					Known: rapid.Bool().Draw(t, "prices"),
				},
			}}
			copy(e.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
			events = append(events, e)
			f := e.Facts
			want.Data.Events = append(want.Data.Events, summary{
				e.ID.String(), f.Title, wall(f.Start, "2006-01-02"), wall(f.Start, "15:04:05"), wall(f.End, "2006-01-02"), wall(f.End, "15:04:05"),
				price(f.Prices.Known, f.Prices.Min), price(f.Prices.Known, f.Prices.Max),
			})
		}
		got, err := appendSearch(nil, events, inPieces(nil))
		if err != nil || string(got) != asEncodingJSON(t, want) {
			t.Fatalf("%v, got\n%s\nwant\n%s", err, got, asEncodingJSON(t, want))
		}
	})
}
