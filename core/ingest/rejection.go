package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"github.com/marquee-events/marquee/core/catalogue"
)

// reject keeps what a person needs to see why a record was not taken. Its key does not cover the whole
// record, so that a record whose capacity moves while its date stays wrong is one rejection, not
// one a run.
func reject(r catalogue.Record, provider string, why *misunderstanding) catalogue.Rejection {
	identity, whole := r.Identity(provider)
	h := sha256.New()
	var length [4]byte
	field := func(s string) {
		binary.BigEndian.PutUint32(length[:], uint32(len(s))) //nolint:gosec // fields are bounded far below 4 GiB
		h.Write(length[:])
		h.Write([]byte(s))
	}
	for _, s := range [...]string{provider, identity.Base, identity.Event, string(why.reason), why.detail} {
		field(s)
	}
	if !whole {
		h.Write(binary.AppendVarint(nil, int64(r.Position)))
	}
	rejection := catalogue.Rejection{
		Provider: provider, Identity: identity, Whole: whole, Position: r.Position,
		Reason: why.reason, Detail: why.detail, Original: original(r),
	}
	copy(rejection.Key[:], h.Sum(nil))
	return rejection
}

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
	quoted, err := json.Marshal(s)
	if err != nil { // no string fails to marshal
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
