package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
)

// What an event may hold at most. A record beyond it is a feed's mistake, not an event.
const (
	maxText     = 4 << 10 // bytes of a title, name or URL
	maxZones    = 20_000
	maxCapacity = 1_000_000_000
)

// Terms are what a record is read by: facts about its feed that the feed itself leaves unsaid.
type terms struct {
	provider string
	location *time.Location
	timeZone string // its name
	currency string
}

// misunderstanding says why a record is no event.
type misunderstanding struct {
	reason catalogue.Reason
	detail string
}

// understand turns the strings of a record into an event, or says what is wrong with the first field that is: of the base event, of the event,
// of its zones.
// A field that is there has to be right, also where it could be missing.
func understand(r catalogue.Record, t terms) (event.Listing, *misunderstanding) {
	identity, whole := r.Identity(t.provider)
	if r.Flaw != "" {
		return event.Listing{}, &misunderstanding{r.Flaw, flawDetail(r)}
	}
	if !whole {
		missing := catalogue.BaseID
		if identity.Base != "" {
			missing = catalogue.EventID
		}
		return event.Listing{}, &misunderstanding{catalogue.MissingField, missing + " is missing"}
	}
	if len(r.Zones) > maxZones {
		return event.Listing{}, &misunderstanding{catalogue.TooManyZones, fmt.Sprintf("%d zones, more than %d", len(r.Zones), maxZones)}
	}

	base, own := form{fields: r.Base}, form{fields: r.Event}
	zones, wrongZone := understandZones(r.Zones)
	f := event.Facts{
		Title:     base.need(catalogue.BaseTitle),
		Organizer: base.text(catalogue.BaseOrganizer),
		SellMode:  strings.ToLower(base.need(catalogue.BaseSellMode)),
		TimeZone:  t.timeZone,
		SoldOut:   own.flag(catalogue.EventSoldOut),
		Category:  either(catalogue.FieldCategory, &own, &base),
		City:      either(catalogue.FieldCity, &own, &base),
		Venue:     either(catalogue.FieldVenue, &own, &base),
		URL:       either(catalogue.FieldURL, &own, &base),
		Image:     either(catalogue.FieldImage, &own, &base),
		Currency:  cmp.Or(own.currency(), base.currency(), t.currency),
		Prices:    event.Prices(zones),
		Capacity:  event.Capacity(zones),
	}
	f.Start = own.moment(catalogue.EventStart, own.need(catalogue.EventStart), t.location)
	f.End = own.end(catalogue.EventEnd, own.need(catalogue.EventEnd), t.location, f.Start)
	if s := own.text(catalogue.EventSaleStart); s != "" {
		f.SaleStart = own.moment(catalogue.EventSaleStart, s, t.location)
	}
	if s := own.text(catalogue.EventSaleEnd); s != "" {
		f.SaleEnd = own.moment(catalogue.EventSaleEnd, s, t.location)
	}
	for _, wrong := range [...]*misunderstanding{base.wrong, own.wrong, wrongZone} {
		if wrong != nil {
			return event.Listing{}, wrong
		}
	}
	return event.Listing{Identity: identity, Facts: f, Zones: zones}, nil
}

func flawDetail(r catalogue.Record) string {
	if r.Flaw == catalogue.TextTooLong {
		return cmp.Or(r.FlawedField, "an attribute") + " is longer than any event needs"
	}
	return flawDetails[r.Flaw]
}

var flawDetails = map[catalogue.Reason]string{
	catalogue.TooLarge:     "the event does not fit into a message, even compressed",
	catalogue.Duplicate:    "the feed has this event a second time; the first one counts",
	catalogue.TooManyZones: "the event has more zones than any event needs",
}

func understandZones(raw []catalogue.Fields) ([]event.Zone, *misunderstanding) {
	if len(raw) == 0 {
		return nil, nil
	}
	zones := make([]event.Zone, len(raw))
	for i, fields := range raw {
		z := form{fields: fields}
		zones[i] = event.Zone{
			ID:       z.text(catalogue.ZoneID),
			Name:     z.text(catalogue.ZoneName),
			Capacity: z.count(catalogue.ZoneCapacity),
			Price:    z.price(catalogue.ZonePrice),
			Numbered: z.flag(catalogue.ZoneNumbered),
		}
		if z.wrong != nil {
			return nil, &misunderstanding{z.wrong.reason, fmt.Sprintf("zone %d of %d: %s", i+1, len(raw), z.wrong.detail)}
		}
	}
	return zones, nil
}

// form reads fields and remembers the first that is wrong.
type form struct {
	fields catalogue.Fields
	wrong  *misunderstanding
}

func (f *form) reject(reason catalogue.Reason, format string, args ...any) {
	if f.wrong == nil {
		f.wrong = &misunderstanding{reason, fmt.Sprintf(format, args...)}
	}
}

func (f *form) text(name string) string {
	value, _ := f.fields.Get(name)
	if len(value) > maxText {
		f.reject(catalogue.TextTooLong, "%s has %d bytes, more than %d", name, len(value), maxText)
		return ""
	}
	return strings.TrimSpace(value)
}

// clip bounds what a rejection repeats of a value.
func clip(value string) string {
	const most = 64
	if len(value) > most {
		return value[:most] + "…"
	}
	return value
}

func (f *form) need(name string) string {
	value := f.text(name)
	if value == "" {
		f.reject(catalogue.MissingField, "%s is missing", name)
	}
	return value
}

// either is the text of the first form that has one.
func either(name string, forms ...*form) string {
	for _, f := range forms {
		if value := f.text(name); value != "" {
			return value
		}
	}
	return ""
}

func (f *form) flag(name string) bool {
	switch value := f.text(name); strings.ToLower(value) {
	case "true", "1":
		return true
	case "", "false", "0":
		return false
	default:
		f.reject(catalogue.BadFlag, "%s %q is neither true nor false", name, clip(value))
		return false
	}
}

func (f *form) count(name string) int64 {
	value := f.need(name)
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n > maxCapacity {
		f.reject(catalogue.BadCapacity, "%s %q is no number of tickets from 0 to %d", name, clip(value), maxCapacity)
		return 0
	}
	return int64(n)
}

func (f *form) price(name string) event.Price {
	p, err := event.ParsePrice(f.need(name))
	if err != nil {
		f.reject(catalogue.BadPrice, "%s: %s", name, err)
	}
	return p
}

func (f *form) currency() string {
	const name = catalogue.FieldCurrency
	value := f.text(name)
	if value == "" {
		return ""
	}
	if len(value) != 3 || strings.Trim(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		f.reject(catalogue.BadCurrency, "%s %q is no ISO 4217 code such as EUR", name, clip(value))
	}
	return value
}

func (f *form) moment(name, value string, loc *time.Location) event.Moment {
	m, err := event.ParseMoment(value, loc)
	f.date(name, err)
	return m
}

func (f *form) end(name, value string, loc *time.Location, start event.Moment) event.Moment {
	m, err := event.ParseEnd(value, loc, start)
	f.date(name, err)
	return m
}

func (f *form) date(name string, err error) {
	if err == nil {
		return
	}
	reason := catalogue.BadDate
	if fe, ok := errors.AsType[*fault.Error](err); ok {
		switch fe.Code {
		case event.CodeNoSuchTime:
			reason = catalogue.NoSuchDate
		case event.CodeEndsBeforeStart:
			reason = catalogue.EndBeforeStart
		}
	}
	f.reject(reason, "%s: %s", name, err)
}
