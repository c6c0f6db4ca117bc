package jetstream

import (
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/ports"
)

// The names of headers on the wire. A message's own header gets a prefix, because some names mean something
// to server and client: "Status" makes an empty message a report of the protocol.
const (
	headerID     = jetstream.MsgIDHeader // repetitions are recognised by it
	headerKind   = "Marquee-Kind"
	headerPrefix = "Marquee-Header-"
)

func encode(subject string, m ports.Message) (*nats.Msg, error) {
	if len(m.Body) > ports.MaxBody {
		return nil, fault.InvalidField("body", "message %q has %d bytes, at most %d are allowed", m.ID, len(m.Body), ports.MaxBody)
	}
	header := make(nats.Header, 2+len(m.Header))
	if m.ID != "" {
		header.Set(headerID, m.ID)
	}
	header.Set(headerKind, m.Kind)
	for name, value := range m.Header {
		header.Set(headerPrefix+name, value)
	}
	size := len("NATS/1.0\r\n\r\n")
	for name, values := range header {
		size += len(name) + len(values[0]) + len(": \r\n")
		if strings.ContainsAny(name, ": \r\n") || strings.ContainsAny(values[0], "\r\n") || strings.TrimSpace(values[0]) != values[0] {
			return nil, fault.InvalidField("header", "message %q has %q: %q, but names are without blanks and colons, values without blanks around them and line breaks", m.ID, name, values[0])
		}
	}
	if size > maxHeader {
		return nil, fault.InvalidField("header", "message %q has a header of %d bytes, at most %d are allowed", m.ID, size, maxHeader)
	}
	return &nats.Msg{Subject: subject, Header: header, Data: m.Body}, nil
}

func decode(msg jetstream.Msg) ports.Delivery {
	d := ports.Delivery{Message: ports.Message{Body: msg.Data()}, Attempt: 1}
	for name, values := range msg.Headers() {
		switch own, ok := strings.CutPrefix(name, headerPrefix); {
		case ok:
			if d.Header == nil {
				d.Header = map[string]string{}
			}
			d.Header[own] = values[0]
		case name == headerID:
			d.ID = values[0]
		case name == headerKind:
			d.Kind = values[0]
		}
	}
	if meta, err := msg.Metadata(); err == nil { // whatever comes from a stream has it
		d.Attempt = int(meta.NumDelivered) //nolint:gosec // nobody lives to see that many
		d.Published = meta.Timestamp
	}
	return d
}
