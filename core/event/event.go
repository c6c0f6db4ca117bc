package event

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strconv"
	"time"
)

// Online is the sell mode that brings an event into the catalogue.
const Online = "online"

// Facts are what a provider says of an event, except for its zones one by one. They compare with ==.
type Facts struct {
	Title     string
	Organizer string // the organizer's id at the provider; empty when the feed has none
	SellMode  string // "online", "offline", or whatever else the feed says, in lower case

	Start, End         Moment
	TimeZone           string // IANA name of the zone of the wall clocks
	SaleStart, SaleEnd Moment // unknown when the feed does not say

	SoldOut  bool // as the provider says; capacity may tell another story
	Prices   PriceRange
	Capacity int64 // tickets left in all zones
	Currency string

	Category, City, Venue, URL, Image string
}

// Listing is an event as one reading of the feed has it.
type Listing struct {
	Identity Identity
	Facts    Facts
	Zones    []Zone
}

// Event is what the catalogue knows of an event and what is searched. Its zones are kept beside it.
type Event struct {
	ID       ID
	Identity Identity
	Facts    Facts

	FirstSeen time.Time // start of the run that first brought it, UTC
	Available bool      // in the provider's feed, as far as the last concluded run tells
	Revision  int64     // 1 when added, one more with each change
}

// Fingerprint tells two listings apart: equal ones have changed nothing.
type Fingerprint [16]byte

// Fingerprint covers everything that the provider says of the event, zones in their order included.
func (l Listing) Fingerprint() Fingerprint {
	d := digest{hash: sha256.New(), buf: make([]byte, 0, 512)}
	f := l.Facts
	d.texts(f.Title, f.Organizer, f.SellMode, f.TimeZone, f.Currency, f.Category, f.City, f.Venue, f.URL, f.Image)
	for _, m := range [...]Moment{f.Start, f.End, f.SaleStart, f.SaleEnd} {
		d.flag(m.known)
		d.number(m.unix)
		d.number(int64(m.offset))
	}
	d.flag(f.SoldOut)
	d.number(int64(len(l.Zones)))
	for _, z := range l.Zones {
		d.texts(z.ID, z.Name)
		d.number(z.Capacity)
		d.number(int64(z.Price))
		d.flag(z.Numbered)
	}
	return d.sum()
}

// digest feeds a hash with fields that cannot run into each other.
type digest struct {
	hash hash.Hash
	buf  []byte
}

func (d *digest) number(n int64) {
	d.buf = binary.AppendVarint(d.buf, n)
	if len(d.buf) > 400 {
		d.flush()
	}
}

func (d *digest) texts(texts ...string) {
	for _, s := range texts {
		d.number(int64(len(s)))
		d.buf = append(d.buf, s...)
	}
}

func (d *digest) flag(b bool) {
	d.buf = strconv.AppendBool(d.buf, b)
}

func (d *digest) flush() {
	d.hash.Write(d.buf)
	d.buf = d.buf[:0]
}

func (d *digest) sum() Fingerprint {
	d.flush()
	var f Fingerprint
	copy(f[:], d.hash.Sum(nil))
	return f
}
