package feedxml

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// FuzzDecode holds the decoder to what it promises of any bytes at all, and equal to encoding/xml on every
// document that encoding/xml takes for one.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
		f.Add(document[:len(document)/2])
	}
	for _, seed := range []string{
		one(`event_id="2" venue="a &amp; b &#x41; &quot;"`),
		one(`event_id="2" venue="Rock & Roll"`),
		one("a='\r\n\t\x00\xff' b=\"<3\""),
		"<!DOCTYPE html><html><body>",
		"<!DOCTYPE a [<!ENTITY b 'c'>]><planList><output/></planList>",
		"<planList><output><base_plan><plan><zone/><zone a=''></zone></plan></base_plan></output></planList><!-- --><?x?>",
		"<a:eventList xmlns:a='b'><a:output><![CDATA[<base_event>]]></a:output></a:eventList>",
		"\xFF\xFE<\x00e\x00",
		"<?xml version='1.0' encoding='windows-1252'?><eventList>",
		"{}", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		limits := Limits{Zones: 50, ValueBytes: 100, Attributes: 10, Events: 100, Bytes: 1 << 20}
		got, err := read(bytes.NewReader(document), limits)
		if err != nil && fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("kind %v: %v", fault.KindOf(err), err)
		}
		for i, r := range got {
			check(t, r, i+1, limits)
		}
		drip, err2 := read(iotest.HalfReader(bytes.NewReader(document)), limits)
		if (err == nil) != (err2 == nil) || !slices.EqualFunc(got, drip, equalRecords) {
			t.Fatalf("read in other pieces: %v and %v\n%+v\n%+v", err, err2, got, drip)
		}

		want, ok := oracle(document)
		if !ok || len(document) > 1<<20 {
			return
		}
		got, err = read(bytes.NewReader(document), Limits{ValueBytes: 1 << 20, Attributes: 1 << 20, Zones: 1 << 20})
		if err != nil {
			if e, ok := errors.AsType[*fault.Error](err); ok && e.Code == CodeTooLarge || longName(document) {
				return // too deep, or a name too long
			}
			t.Fatalf("encoding/xml reads it, we do not: %v", err)
		}
		if !slices.EqualFunc(got, want, equalRecords) {
			t.Fatalf("encoding/xml reads\n%+v\nwe read\n%+v", want, got)
		}
		for _, r := range got {
			if r.Damaged && !bytes.Contains(document, []byte("&#")) { // it takes references to surrogates for text
				t.Fatalf("%+v is called damaged", r)
			}
		}
	})
}

func check(t *testing.T, r catalogue.Record, position int, l Limits) {
	if r.Position != position || len(r.Zones) > l.Zones {
		t.Fatalf("record %d has position %d and %d zones", position, r.Position, len(r.Zones))
	}
	for _, fields := range append([]catalogue.Fields{r.Base, r.Event}, r.Zones...) {
		if len(fields) > l.Attributes {
			t.Fatalf("record %d has %d attributes in an element", position, len(fields))
		}
		for _, f := range fields {
			if len(f.Value) > l.ValueBytes || f.Name == "" || !utf8.ValidString(f.Value) || !utf8.ValidString(f.Name) {
				t.Fatalf("record %d has the field %q", position, f)
			}
		}
	}
}

func equalRecords(a, b catalogue.Record) bool {
	return a.Position == b.Position && slices.Equal(a.Base, b.Base) && slices.Equal(a.Event, b.Event) &&
		slices.EqualFunc(a.Zones, b.Zones, slices.Equal)
}

// longName reports whether a run of bytes may be a name that we refuse for its length.
func longName(document []byte) bool {
	run := 0
	for _, c := range document {
		if run++; endsName[c] {
			run = 0
		}
		if run > maxNameBytes {
			return true
		}
	}
	return false
}
