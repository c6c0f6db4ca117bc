package httpapi

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/search"
)

func TestACursorComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := cursor{
			now: time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "now"), 0).UTC(),
			mark: search.Mark{
				Number: rapid.IntRange(2, maxPageNumber).Draw(t, "page"), Total: rapid.IntRange(1, maxPageNumber).Draw(t, "total"),
				AsOf:  catalogue.Version{Number: rapid.Int64().Draw(t, "version"), Tag: rapid.Uint64().Draw(t, "tag")},
				After: catalogue.Position{None: rapid.Bool().Draw(t, "none"), Number: rapid.Int64().Draw(t, "number")},
			},
		}
		want.mark.After.Text = rapid.StringMatching(`[a-zé漢 ]*`).Draw(t, "text")
		copy(want.mark.After.ID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		question := rapid.SliceOf(rapid.Byte()).Draw(t, "question")
		text := string(want.append(nil, question))
		got, err := decodeCursor(text, question)
		if err != nil || got != want {
			t.Fatalf("%v: %+v, want %+v", err, got, want)
		}
		if _, err := decodeCursor(text, append(question, 0)); err == nil {
			t.Fatalf("it was taken for another question")
		}
	})
}

// Who knows how a cursor is held together can make one up. What is taken of it is something that every store can be asked.
func TestACursorThatIsMadeUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		got, err := decodeCursor(string(sealed(nil, body, nil)), nil)
		if err != nil {
			return
		}
		if m := got.mark; m.Number < 2 || m.Number > maxPageNumber || m.Total < 1 || !storable(m.After.Text) {
			t.Fatalf("%+v", m)
		}
	})
	for text, taken := range map[string]bool{"opera": true, "op\x00ra": false, "op\xffra": false} {
		c := cursor{mark: search.Mark{Number: 2, Total: 2, After: catalogue.Position{Text: text}}}
		_, err := decodeCursor(string(c.append(nil, nil)), nil)
		assert.Equal(t, taken, err == nil, "%q", text)
	}
	for page, taken := range map[int]bool{1: false, 2: true, maxPageNumber + 1: false} {
		_, err := decodeCursor(string(cursor{mark: search.Mark{Number: page, Total: 2}}.append(nil, nil)), nil)
		assert.Equal(t, taken, err == nil, "page %d", page)
	}
}

// A field that is forgotten would have one answer served for another.
func TestEveryCriterionIsPartOfTheKey(t *testing.T) {
	plain := listQuestion{PageRequest: search.PageRequest{Number: 1, Size: 20}}
	full := catalogue.Criteria{
		Range: event.During(event.MomentAt(0, 0), event.MomentAt(1, 0)), Match: catalogue.Overlaps, Words: []string{"a"}, MinPrice: new(event.Price(0)), MaxPrice: new(event.Price(0)),
		Currency: "EUR", Provider: "EUR", Organizer: "EUR", Category: "EUR", City: "EUR",
		OnSale: new(false), Now: time.Unix(60, 0), SoldOut: new(false), Available: new(false),
	}
	keys := map[[32]byte]string{plain.key(): "none"}
	for i := range reflect.TypeFor[catalogue.Criteria]().NumField() {
		field := reflect.TypeFor[catalogue.Criteria]().Field(i).Name
		require.False(t, reflect.ValueOf(full).Field(i).IsZero(), "%s is not tested", field)
		q := plain
		reflect.ValueOf(&q.Criteria).Elem().Field(i).Set(reflect.ValueOf(full).Field(i))
		other, taken := keys[q.key()]
		assert.False(t, taken, "%s has the key of %s", field, other)
		keys[q.key()] = field
	}
	for name, change := range map[string]func(*listQuestion){
		"order": func(q *listQuestion) { q.Order.By = catalogue.ByTitle }, "direction": func(q *listQuestion) { q.Order.Desc = true },
		"page": func(q *listQuestion) { q.Number = 2 }, "size": func(q *listQuestion) { q.Size = 21 }, "cursor": func(q *listQuestion) { q.cursor = "x" },
		"words": func(q *listQuestion) { q.Criteria.Words = []string{"a", "b"} }, "other words": func(q *listQuestion) { q.Criteria.Words = []string{"ab"} },
		"true": func(q *listQuestion) { q.Criteria.SoldOut = new(true) }, "price": func(q *listQuestion) { q.Criteria.MinPrice = new(event.Price(1)) },
	} {
		q := plain
		change(&q)
		other, taken := keys[q.key()]
		assert.False(t, taken, "%s has the key of %s", name, other)
		keys[q.key()] = name
	}
}

func TestInstantsAreThoseOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := event.MomentAt(rapid.Int64Range(-70_000_000_000, 300_000_000_000).Draw(t, "unix"), rapid.Int32Range(-16*60, 16*60).Draw(t, "offset")*60)
		require.Equal(t, m.String(), string(appendInstant(m, nil)))
	})
}

// RFC 3339 has offsets of whole minutes. Madrid was 14 minutes and 44 seconds behind UTC until 1901.
func TestInstantsOfOldClocks(t *testing.T) {
	for want, m := range map[string]event.Moment{
		"2021-06-30T21:00:00+02:00": event.MomentAt(1625079600, 7200),
		"1900-01-01T00:00:00Z":      event.MomentAt(-2208988800, -884),
		"1970-01-01T00:00:00Z":      event.MomentAt(0, 0),
	} {
		got := string(appendInstant(m, nil))
		assert.Equal(t, want, got)
		read, err := time.Parse(time.RFC3339, got)
		require.NoError(t, err)
		assert.Equal(t, m.Unix(), read.Unix())
	}
}
