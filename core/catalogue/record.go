package catalogue

import (
	"time"

	"github.com/marquee-events/marquee/core/event"
)

// Source is a provider and what its feed leaves unsaid.
type Source struct {
	ID       string // set once; part of every event's identity
	URL      string
	Location *time.Location // of the feed's wall clocks
	Currency string         // ISO 4217, for feeds that name none; may be empty
}

// Field is a named value exactly as the feed has it.
type Field struct{ Name, Value string }

// Fields are in the order of the feed. A name that occurs twice counts the first time.
type Fields []Field

// Get returns the value of the first field of that name, and whether there is one.
func (f Fields) Get(name string) (string, bool) {
	for i := range f {
		if f[i].Name == name {
			return f[i].Value, true
		}
	}
	return "", false
}

// The names of fields. Whatever a feed's dialect calls them, a feed adapter uses these; other
// fields keep the name that the feed gives them.
const (
	BaseID         = "base_event_id"
	BaseTitle      = "title"
	BaseSellMode   = "sell_mode"
	BaseOrganizer  = "organizer_company_id"
	EventID        = "event_id"
	EventStart     = "event_start_date"
	EventEnd       = "event_end_date"
	EventSaleStart = "sell_from"
	EventSaleEnd   = "sell_to"
	EventSoldOut   = "sold_out"
	ZoneID         = "zone_id"
	ZoneName       = "name"
	ZoneCapacity   = "capacity"
	ZonePrice      = "price"
	ZoneNumbered   = "numbered"

	// On the base event or the event, the event's counting first.
	FieldCategory = "category"
	FieldCity     = "city"
	FieldVenue    = "venue"
	FieldURL      = "url"
	FieldImage    = "image"
	FieldCurrency = "currency"
)

// Record is one event of a feed, not yet understood: its base event's fields, its own and those of its zones.
//
// Records of one base event share its fields, so these are not to be changed; and the texts of a record may share
// memory, so one that is kept for long is better cloned.
type Record struct {
	Position int // its place among the events of the feed, from 1
	Base     Fields
	Event    Fields
	Zones    []Fields
	// Flaw is why the record cannot be taken as it is, found before anyone tried to understand it;
	// empty for a sound one.
	Flaw Reason
	// FlawedField is the name of the field that the flaw is about, empty where it is about the whole.
	FlawedField string
	// Damaged tells that something was not well formed and had to be read with indulgence: bytes that are
	// no valid text were replaced by U+FFFD, or a stray sign was taken literally.
	Damaged bool
}

// Identity is the record's identity at the provider; whole only where both ids are there.
func (r Record) Identity(provider string) (id event.Identity, whole bool) {
	base, _ := r.Base.Get(BaseID)
	own, _ := r.Event.Get(EventID)
	return event.Identity{Provider: provider, Base: base, Event: own}, base != "" && own != ""
}

// Validators let a provider answer that nothing changed (RFC 9110, section 13.1). The zero value asks for everything.
type Validators struct {
	ETag         string
	LastModified string
}

// Receipt tells how a reading of a feed ended without an error.
type Receipt struct {
	NotModified bool       // the feed is what it was when the validators were given
	Validators  Validators // for the next reading
	Bytes       int64      // read from the body, after decompression
}
