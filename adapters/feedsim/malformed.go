package feedsim

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// MalformedRecord is a base event with one mistake, otherwise like any other. RecordsMalformed puts each
// of them between the good ones once in every answer.
type MalformedRecord struct {
	// Name says what is wrong; it is stable.
	Name string
	// BaseID is "malformed-" and the name, EventID is "1", unless they are what is wrong. They are as in
	// the XML, empty where missing.
	BaseID, EventID string
	// Title is recognisable too: "Malformed: " and the name, unless it is what is wrong.
	Title string
	// Field is the attribute that is wrong, by its name in the dialect EventList; where there are too many zones, their
	// id. It is empty where there is nothing to reject: the event has to be taken, what is damaged replaced.
	Field string
	// XML is the base event's element, in the dialect EventList.
	XML string
}

// MalformedRecords are all of them. Some have a megabyte or two.
func MalformedRecords() []MalformedRecord { return slices.Clone(malformed()) }

// Each mistake is made to a record that is right. Values are written as they are, so that they can hold what
// XML cannot.
var malformed = sync.OnceValue(func() []MalformedRecord {
	type mistakes = []struct {
		name, field string
		make        func(*recordDraft)
	}
	base := func(name, value string) func(*recordDraft) {
		return func(d *recordDraft) { d.base = d.base.with(name, value) }
	}
	event := func(name, value string) func(*recordDraft) {
		return func(d *recordDraft) { d.event = d.event.with(name, value) }
	}
	zone := func(name, value string) func(*recordDraft) {
		return func(d *recordDraft) { d.zones[0] = d.zones[0].with(name, value) }
	}
	const (
		baseID, eventID, start, end = "base_event_id", "event_id", "event_start_date", "event_end_date"
		harmless                    = ""
	)
	var records []MalformedRecord
	for _, m := range (mistakes{
		{"missing-base-id", baseID, base(baseID, missing)},
		{"missing-event-id", eventID, event(eventID, missing)},
		{"missing-title", "title", base("title", missing)},
		{"missing-sell-mode", "sell_mode", base("sell_mode", missing)},
		{"missing-start", start, event(start, missing)},
		{"missing-end", end, event(end, missing)},
		{"missing-price", "price", zone("price", missing)},
		{"missing-capacity", "capacity", zone("capacity", missing)},

		{"price-abc", "price", zone("price", "abc")},
		{"price-negative", "price", zone("price", "-12.50")},
		{"price-with-exponent", "price", zone("price", "1e30")},
		{"price-of-twenty-digits", "price", zone("price", "12345678901234567890")},
		{"price-with-five-decimals", "price", zone("price", "12.34567")},
		{"price-with-comma", "price", zone("price", "12,50")},

		{"capacity-negative", "capacity", zone("capacity", "-1")},
		{"capacity-of-twenty-digits", "capacity", zone("capacity", "12345678901234567890")},
		{"capacity-with-decimals", "capacity", zone("capacity", "1.5")},

		{"date-that-does-not-exist", start, event(start, "2030-02-30T21:00:00")},
		{"date-that-is-none", start, event(start, "next Friday")},
		{"end-before-start", end, event(end, "2030-06-30T20:59:59")},
		{"sold-out-maybe", "sold_out", event("sold_out", "maybe")},
		{"currency-euro", "currency", base("currency", "EURO")},

		{"event-id-of-ten-kilobytes", eventID, event(eventID, strings.Repeat("1234567890", 1024))},
		{"title-of-one-megabyte", "title", base("title", megabyte)},
		{"too-many-zones", "zone_id", func(d *recordDraft) {
			for id := len(d.zones) + 1; len(d.zones) <= 20_000; id++ {
				d.zones = append(d.zones, d.zones[0].with("zone_id", strconv.Itoa(id)))
			}
		}},

		{"title-with-nul", harmless, base("title", "Malformed: title-with-nul \x00 inside")},
		{"title-with-nul-reference", harmless, base("title", "Malformed: title-with-nul-reference &#0;")},
		{"title-of-invalid-utf8", harmless, base("title", "Malformed: title-of-invalid-utf8 Caf\xe9 \xc3\x28")},
		{"title-with-unknown-entity", harmless, base("title", "Malformed: title-with-unknown-entity caf&eacute; & co")},
		{"unknown-elements-and-attributes", harmless, func(d *recordDraft) {
			d.base = d.base.with("loyalty_points", "5")
			d.event = d.event.with("weather", "fine")
			d.zones[0] = d.zones[0].with("colour", "red")
			d.inside = "<sponsor><name>Nobody</name></sponsor><zones><zone/></zones>"
		}},
		{"price-with-trailing-zeros", harmless, zone("price", "12.5000000")},
		{"attribute-twice", harmless, func(d *recordDraft) { d.event = append(d.event, attribute{"sold_out", "maybe"}) }},
	}) {
		d := soundRecord(m.name)
		m.make(&d)
		records = append(records, MalformedRecord{
			Name: m.name, Field: m.field, XML: d.xml(),
			BaseID: d.base.get(baseID), EventID: d.event.get(eventID), Title: d.base.get("title"),
		})
	}
	return records
})

// recordDraft is a base event with one event, still to be spoilt.
type recordDraft struct {
	base, event attributes
	inside      string // of the event, before its zones
	zones       []attributes
}

func soundRecord(name string) recordDraft {
	return recordDraft{
		base: attributes{{"base_event_id", "malformed-" + name}, {"sell_mode", "online"}, {"organizer_company_id", "1"}, {"title", "Malformed: " + name}},
		event: attributes{
			{"event_start_date", "2030-06-30T21:00:00"}, {"event_end_date", "2030-06-30T22:00:00"}, {"event_id", "1"},
			{"sell_from", "2025-01-01T00:00:00"}, {"sell_to", "2030-06-30T20:00:00"}, {"sold_out", "false"},
		},
		zones: []attributes{{{"zone_id", "1"}, {"capacity", "100"}, {"price", "12.50"}, {"name", "General"}, {"numbered", "false"}}},
	}
}

func (d *recordDraft) xml() string {
	var out strings.Builder
	out.WriteString("<base_event" + d.base.String() + ">\n      <event" + d.event.String() + ">" + d.inside)
	for _, z := range d.zones {
		out.WriteString("\n        <zone" + z.String() + "/>")
	}
	out.WriteString("\n      </event>\n    </base_event>")
	return out.String()
}

// in is the record's XML in a dialect.
func (r MalformedRecord) in(d Dialect) string {
	if d == PlanList {
		return inPlanList.Replace(r.XML)
	}
	return r.XML
}

var inPlanList = strings.NewReplacer("base_event", "base_plan", " event_", " plan_", "<event", "<plan", "</event>", "</plan>")

type (
	attributes []attribute
	attribute  struct{ name, value string }
)

// missing is a value that takes the attribute away.
const missing = ""

// with is a copy in which the attribute has that value.
func (a attributes) with(name, value string) attributes {
	i := slices.IndexFunc(a, func(b attribute) bool { return b.name == name })
	if i < 0 {
		i = len(a)
	}
	changed := slices.Clone(a[:i])
	if value != missing {
		changed = append(changed, attribute{name, value})
	}
	return append(changed, a[min(i+1, len(a)):]...)
}

func (a attributes) get(name string) string {
	for _, b := range a {
		if b.name == name {
			return b.value
		}
	}
	return missing
}

func (a attributes) String() string {
	var out strings.Builder
	for _, b := range a {
		out.WriteString(" " + b.name + `="` + b.value + `"`)
	}
	return out.String()
}
