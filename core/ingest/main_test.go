package ingest

import (
	"slices"
	"testing"
	_ "time/tzdata" // chunks name zones, which the test needs everywhere

	"go.uber.org/goleak"

	"github.com/marquee-events/marquee/core/catalogue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// camela is a record as the real feed has it, and nothing is wrong with it. What edits say is changed.
func camela(edits ...func(*catalogue.Record)) catalogue.Record {
	r := catalogue.Record{
		Position: 1,
		Base:     fields("base_event_id", "291", "sell_mode", "online", "title", "Camela en concierto"),
		Event: fields(
			"event_start_date", "2021-06-30T21:00:00", "event_end_date", "2021-06-30T22:00:00", "event_id", "292",
			"sell_from", "2020-07-01T00:00:00", "sell_to", "2021-06-30T20:00:00", "sold_out", "false"),
		Zones: []catalogue.Fields{
			fields("zone_id", "40", "capacity", "243", "price", "20.00", "name", "Platea", "numbered", "true"),
			fields("zone_id", "38", "capacity", "100", "price", "15.00", "name", "Grada 2", "numbered", "false"),
		},
	}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

func set(fields catalogue.Fields, name, value string) catalogue.Fields {
	for i := range fields {
		if fields[i].Name == name {
			fields[i].Value = value
			return fields
		}
	}
	return append(fields, catalogue.Field{Name: name, Value: value})
}

func drop(fields catalogue.Fields, name string) catalogue.Fields {
	var kept catalogue.Fields
	for _, f := range fields {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	return kept
}

func onBase(name, value string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Base = set(r.Base, name, value) }
}

func onEvent(name, value string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Event = set(r.Event, name, value) }
}

func onZone(i int, name, value string) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Zones[i] = set(r.Zones[i], name, value) }
}

func without(name string) func(*catalogue.Record) {
	return func(r *catalogue.Record) {
		r.Base, r.Event = drop(r.Base, name), drop(r.Event, name)
		for i := range r.Zones {
			r.Zones[i] = drop(r.Zones[i], name)
		}
	}
}

func at(position int) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Position = position }
}

func flawed(flaw catalogue.Reason) func(*catalogue.Record) {
	return func(r *catalogue.Record) { r.Flaw = flaw }
}

// fields are pairs of name and value.
func fields(pairs ...string) catalogue.Fields {
	var f catalogue.Fields
	for pair := range slices.Chunk(pairs, 2) {
		f = append(f, catalogue.Field{Name: pair[0], Value: pair[1]})
	}
	return f
}
