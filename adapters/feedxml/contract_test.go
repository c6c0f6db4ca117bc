package feedxml

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/ports"
	"github.com/marquee-events/marquee/ports/porttest"
)

func TestFeed(t *testing.T) {
	for name, dialect := range map[string]*strings.Replacer{
		"eventList": strings.NewReplacer(),
		"planList":  strings.NewReplacer("<event", "<plan", "</event", "</plan", "base_event", "base_plan", " event_", " plan_"),
	} {
		t.Run(name, func(t *testing.T) {
			porttest.Feed(t, porttest.FeedUnderTest{Open: openFeed, Render: func(records []catalogue.Record) []byte {
				return render(records, dialect)
			}})
		})
	}
}

func openFeed(t *testing.T) ports.Feed {
	feed := New(Options{Retries: Retries{Wait: time.Millisecond}})
	t.Cleanup(feed.Close)
	return feed
}

// render writes records as a list. The dialect applies to markup only.
func render(records []catalogue.Record, dialect *strings.Replacer) []byte {
	var out bytes.Buffer
	tag := func(open, element string, fields catalogue.Fields, end string) {
		var names []string
		for _, f := range fields {
			names = append(names, f.Name)
		}
		markup := open + element
		for _, name := range names {
			markup += " " + name + "=\x00"
		}
		parts := strings.Split(dialect.Replace(markup), "\x00")
		for i, f := range fields {
			out.WriteString(parts[i] + `"`)
			_ = xml.EscapeText(&out, []byte(f.Value)) // white space as references, so that no reader may touch it
			out.WriteString(`"`)
		}
		out.WriteString(parts[len(fields)] + end + "\n")
	}
	out.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	tag("<", "eventList", nil, ">")
	out.WriteString("<output>\n")
	for i, r := range records {
		if i == 0 || !slices.Equal(records[i-1].Base, r.Base) {
			if i > 0 {
				tag("</", "base_event", nil, ">")
			}
			tag("<", "base_event", r.Base, ">")
		}
		tag("<", "event", r.Event, ">")
		for _, zone := range r.Zones {
			tag("<", "zone", zone, "/>")
		}
		tag("</", "event", nil, ">")
	}
	if len(records) > 0 {
		tag("</", "base_event", nil, ">")
	}
	out.WriteString("</output>\n")
	tag("</", "eventList", nil, ">")
	return out.Bytes()
}
