package feedxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/marquee-events/marquee/core/catalogue"
)

// oracle decodes a list by way of encoding/xml and a tree, with none of the scanner's code. ok is
// false for what is no judge of ours: a document that encoding/xml refuses, or that it accepts and should not.
func oracle(document []byte) (records []catalogue.Record, ok bool) {
	root, ok := tree(document)
	if !ok || (root.local != "eventList" && root.local != "planList") {
		return nil, false
	}
	outputs := root.named("output")
	for _, output := range outputs {
		for _, base := range output.named("base_event", "base_plan") {
			for _, event := range base.named("event", "plan") {
				r := catalogue.Record{Position: len(records) + 1, Base: base.fields, Event: event.fields}
				for _, zone := range event.named("zone") {
					r.Zones = append(r.Zones, zone.fields)
				}
				records = append(records, r)
			}
		}
	}
	return records, len(outputs) > 0
}

type node struct {
	raw, local string
	fields     catalogue.Fields
	children   []*node
}

func (n *node) named(names ...string) (found []*node) {
	for _, child := range n.children {
		for _, name := range names {
			if child.local == name {
				found = append(found, child)
			}
		}
	}
	return found
}

func tree(document []byte) (root *node, ok bool) {
	document = bytes.TrimPrefix(document, []byte("\xEF\xBB\xBF"))
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var open []*node
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return root, root != nil && len(open) == 0
		}
		if err != nil {
			return nil, false
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{raw: rawName(t.Name), local: t.Name.Local}
			for _, a := range t.Attr {
				n.fields = append(n.fields, catalogue.Field{Name: eventDialect(rawName(a.Name)), Value: a.Value})
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, false // encoding/xml accepts a second root
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].raw != rawName(t.Name) {
				return nil, false // RawToken leaves nesting to us
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 && strings.Trim(string(t), " \t\r\n") != "" {
				return nil, false // encoding/xml accepts text around the root
			}
		case xml.Directive:
			return nil, false // its notion of a document type is its own
		}
	}
}

func rawName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func eventDialect(attribute string) string {
	switch {
	case strings.HasPrefix(attribute, "plan_"):
		return strings.Replace(attribute, "plan_", "event_", 1)
	case strings.HasPrefix(attribute, "base_plan_"):
		return strings.Replace(attribute, "base_plan_", "base_event_", 1)
	}
	return attribute
}
