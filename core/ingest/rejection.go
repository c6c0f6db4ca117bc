package ingest

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/marquee-events/marquee/core/catalogue"
)

// reject keeps what a person needs to see why a record was not taken. Its key does not cover the whole
// record, so that a record whose capacity moves while its date stays wrong is one rejection, not
// one a run.
func reject(r catalogue.Record, t terms, why *misunderstanding) catalogue.Rejection {
	provider := t.provider
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
		Reason: why.reason, Detail: why.detail, Original: original(r), TimeZone: t.timeZone, Currency: t.currency,
	}
	copy(rejection.Key[:], h.Sum(nil))
	return rejection
}
