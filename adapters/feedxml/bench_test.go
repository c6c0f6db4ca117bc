package feedxml

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/marquee-events/marquee/core/catalogue"
)

var shapes = []struct{ events, zones int }{{20_000, 3}, {200, 3_000}}

func BenchmarkDecode(b *testing.B) {
	for _, shape := range shapes {
		feed := generatedFeed(shape.events, shape.zones)
		b.Run(fmt.Sprintf("zones=%d", shape.zones), func(b *testing.B) {
			b.SetBytes(int64(len(feed)))
			b.ReportAllocs()
			for b.Loop() {
				if err := Decode(bytes.NewReader(feed), Limits{}, func(catalogue.Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(shape.events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkDecodeGzip(b *testing.B) {
	for _, shape := range shapes {
		feed := generatedFeed(shape.events, shape.zones)
		zipped := gzipped(feed)
		b.Run(fmt.Sprintf("zones=%d", shape.zones), func(b *testing.B) {
			b.SetBytes(int64(len(feed)))
			for b.Loop() {
				plain, err := decompress(bytes.NewReader(zipped), "gzip")
				if err != nil {
					b.Fatal(err)
				}
				if err := Decode(plain, Limits{}, func(catalogue.Record) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEncodingXML is what the scanner is measured against: DecodeElement of each base event.
func BenchmarkEncodingXML(b *testing.B) {
	type element struct {
		Attributes []xml.Attr `xml:",any,attr"`
	}
	type event struct {
		element
		Zones []element `xml:"zone"`
	}
	type base struct {
		element
		Events []event `xml:"event"`
	}
	for _, shape := range shapes {
		feed := generatedFeed(shape.events, shape.zones)
		b.Run(fmt.Sprintf("zones=%d", shape.zones), func(b *testing.B) {
			b.SetBytes(int64(len(feed)))
			b.ReportAllocs()
			for b.Loop() {
				decoder := xml.NewDecoder(bytes.NewReader(feed))
				for {
					token, err := decoder.Token()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					if start, ok := token.(xml.StartElement); ok && start.Name.Local == "base_event" {
						var read base
						if err := decoder.DecodeElement(&read, &start); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			b.ReportMetric(float64(shape.events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func gzipped(plain []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(plain)
	_ = w.Close()
	return out.Bytes()
}
