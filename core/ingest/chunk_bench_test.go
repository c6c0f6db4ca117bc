package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/marquee-events/marquee/core/catalogue"
)

// The floor in the same run: the same chunk as gzipped JSON.
func BenchmarkChunk(b *testing.B) {
	c := Chunk{Run: catalogue.RunRef{Provider: "default", Number: 1}, TimeZone: "Europe/Madrid", Records: make([]catalogue.Record, maxRecords)}
	for i := range c.Records {
		c.Records[i] = catalogue.Record{
			Position: i,
			Base:     catalogue.Fields{{Name: catalogue.BaseID, Value: fmt.Sprint(i)}, {Name: catalogue.BaseSellMode, Value: "online"}, {Name: catalogue.BaseTitle, Value: fmt.Sprintf("Concert number %d", i)}},
			Event:    catalogue.Fields{{Name: catalogue.EventID, Value: fmt.Sprint(i)}, {Name: catalogue.EventStart, Value: "2027-06-30T21:00:00"}, {Name: catalogue.EventEnd, Value: "2027-06-30T22:00:00"}},
		}
		for z := range 3 {
			c.Records[i].Zones = append(c.Records[i].Zones, catalogue.Fields{
				{Name: catalogue.ZoneID, Value: fmt.Sprint(z)}, {Name: catalogue.ZoneCapacity, Value: fmt.Sprint(i * z)}, {Name: catalogue.ZonePrice, Value: "20.00"},
				{Name: catalogue.ZoneName, Value: "Platea"}, {Name: catalogue.ZoneNumbered, Value: "true"},
			})
		}
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			EncodeChunk(c)
		}
	})
	body := EncodeChunk(c)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := DecodeChunk(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	asJSON := func() []byte {
		var packed bytes.Buffer
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		if err := json.NewEncoder(w).Encode(c); err != nil {
			b.Fatal(err)
		}
		_ = w.Close()
		return packed.Bytes()
	}
	b.Run("encode as JSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			asJSON()
		}
	})
	packed := asJSON()
	b.Run("decode as JSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := gzip.NewReader(bytes.NewReader(packed))
			if err != nil {
				b.Fatal(err)
			}
			var back Chunk
			if err := json.NewDecoder(r).Decode(&back); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Logf("%d bytes, as JSON %d", len(body), len(packed))
}
