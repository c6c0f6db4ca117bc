package event

import (
	"crypto/sha1" //nolint:gosec // RFC 9562 defines version 5 over SHA-1; nothing here is a secret
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/marquee-events/marquee/core/fault"
)

// Identity is what makes an event the same event from one fetch to the next. The event's own id
// is not enough: providers reuse it under other base events.
type Identity struct {
	Provider string // the provider's configured id, neither its display name nor its URL
	Base     string // id of the base event, as the feed has it
	Event    string // id of the event, as the feed has it
}

// ID is the public identifier of an event: a version 5 UUID (RFC 9562, section 5.5) over its
// Identity. It is the same on every machine, for ever. IDs order by their bytes.
type ID [16]byte

// Namespace is the UUID under which all IDs are derived: the version 5 UUID of the name
// "https://github.com/marquee-events/marquee/event" in the URL namespace of RFC 9562.
var Namespace = ID{0x26, 0x60, 0x17, 0x05, 0x25, 0x14, 0x52, 0x83, 0xbe, 0x40, 0xb9, 0x7b, 0xeb, 0xd5, 0x12, 0x51}

// ID derives the public identifier. The hashed name is provider, base and event, in this order, each
// as its length in bytes (unsigned, 32 bits, big-endian) followed by its bytes, so that no two
// identities share a name whatever characters they contain.
func (i Identity) ID() ID {
	h := sha1.New() //nolint:gosec // as above
	h.Write(Namespace[:])
	var length [4]byte
	for _, field := range [...]string{i.Provider, i.Base, i.Event} {
		binary.BigEndian.PutUint32(length[:], uint32(len(field))) //nolint:gosec // fields are bounded far below 4 GiB
		h.Write(length[:])
		h.Write([]byte(field))
	}
	var id ID
	copy(id[:], h.Sum(nil))
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}

// String is the canonical lower-case form, 36 characters.
func (id ID) String() string {
	return string(id.Append(make([]byte, 0, 36)))
}

// Append appends the canonical form to b.
func (id ID) Append(b []byte) []byte {
	b = append(b, "00000000-0000-0000-0000-000000000000"...)
	text := b[len(b)-36:]
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:16])
	return b
}

// ParseID reads the canonical form, in either case. The error is fault.Invalid.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		plain := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
		if _, err := hex.Decode(id[:], []byte(plain)); err == nil {
			return id, nil
		}
	}
	return ID{}, fault.InvalidField("id", "id %s is no UUID; one looks like 26601705-2514-5283-be40-b97bebd51251", quote(s))
}

// quote shows input in a message, bounded.
func quote(s string) string { return strconv.Quote(clip(s)) }

// clip bounds input that is repeated in a message. It may end in the middle of a character, which quoting shows as such.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
