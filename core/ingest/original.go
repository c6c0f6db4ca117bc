package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/fault"
)

// original is the record as JSON with its fields in the order of the feed, cut at catalogue.MaxOriginal.
func original(r catalogue.Record) []byte {
	b := append(make([]byte, 0, 1024), `{"base_event":`...)
	b = appendFields(b, r.Base)
	b = append(b, `,"event":`...)
	b = appendFields(b, r.Event)
	b = append(b, `,"zones":[`...)
	for i, zone := range r.Zones {
		if len(b) > catalogue.MaxOriginal {
			break
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = appendFields(b, zone)
	}
	b = append(b, "]}"...)
	return b[:min(len(b), catalogue.MaxOriginal)]
}

func appendFields(b []byte, fields catalogue.Fields) []byte {
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, f.Name)
		b = append(b, ':')
		b = appendString(b, f.Value)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // no string fails to be encoded
		return append(b, `""`...)
	}
	return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte{'\n'})...)
}

// readOriginal is the record that original made text of. One that was cut, or is damaged, is fault.Invalid.
func readOriginal(text []byte) (catalogue.Record, error) {
	var parts struct {
		Base  orderedFields   `json:"base_event"`
		Event orderedFields   `json:"event"`
		Zones []orderedFields `json:"zones"`
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		if len(text) >= catalogue.MaxOriginal {
			return catalogue.Record{}, fault.New(fault.Invalid, "its original is longer than the %d bytes that are kept, so only the feed can bring it again", catalogue.MaxOriginal)
		}
		return catalogue.Record{}, &fault.Error{Kind: fault.Invalid, Message: "read the original", Cause: err}
	}
	r := catalogue.Record{Base: catalogue.Fields(parts.Base), Event: catalogue.Fields(parts.Event)}
	for _, zone := range parts.Zones {
		r.Zones = append(r.Zones, catalogue.Fields(zone))
	}
	return r, nil
}

// orderedFields reads a JSON object without losing its order, nor a name that occurs twice.
type orderedFields catalogue.Fields

func (f *orderedFields) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("%.20q is no object", text)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		value, err := d.Token()
		if err != nil {
			return err
		}
		label, named := name.(string)
		text, ok := value.(string)
		if !named || !ok {
			return fmt.Errorf("field %v has the value %v; a string would be right", name, value)
		}
		*f = append(*f, catalogue.Field{Name: label, Value: text})
	}
	return nil
}
