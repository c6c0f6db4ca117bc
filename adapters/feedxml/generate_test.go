package feedxml

import (
	"bytes"
	"fmt"
	"io"
)

// generated is a list made while it is read, so that its size costs no memory.
type generated struct {
	events, zones int // how many events, and zones in each
	made          int
	pending       bytes.Buffer
	state         int
}

func (g *generated) Read(p []byte) (int, error) {
	for g.pending.Len() == 0 {
		switch {
		case g.state == 0:
			g.pending.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<eventList version=\"1.0\">\n<script/>\n<output>\n")
			g.state = 1
		case g.state == 1 && g.made < g.events:
			writeEvent(&g.pending, g.made, g.zones)
			g.made++
		case g.state == 1:
			g.pending.WriteString("</output>\n</eventList>\n")
			g.state = 2
		default:
			return 0, io.EOF
		}
	}
	return g.pending.Read(p)
}

// writeEvent writes the n-th base event with its one event.
func writeEvent(w io.Writer, n, zones int) {
	fmt.Fprintf(w, `  <base_event base_event_id="%d" sell_mode="online" title="Los Morancos en concierto, función %d" organizer_company_id="1">
    <event event_start_date="2021-07-31T20:00:00" event_end_date="2021-07-31T21:20:00" event_id="%d" sell_from="2021-06-26T00:00:00" sell_to="2021-07-31T19:50:00" sold_out="false">
`, n, n, n)
	for z := range zones {
		fmt.Fprintf(w, "      <zone zone_id=\"%d\" capacity=\"%d\" price=\"%d.00\" name=\"Amfiteatre &amp; %d\" numbered=\"true\"/>\n", z, z%300, z%90+10, z)
	}
	_, _ = io.WriteString(w, "    </event>\n  </base_event>\n")
}

func generatedFeed(events, zones int) []byte {
	all, err := io.ReadAll(&generated{events: events, zones: zones})
	if err != nil {
		panic(err)
	}
	return all
}
