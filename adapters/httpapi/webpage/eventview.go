package webpage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// eventView is what the page of an event shows.
type eventView struct {
	Back    string
	Request request
	Stale   bool

	Card     card
	URL      string
	Facts    []fact
	Zones    []zoneView
	History  []stepView
	Complete bool
	Prices   *chart
	Capacity *chart
}

// fact is a line of what is known.
type fact struct{ Name, Text, Time string }

type zoneView struct {
	Name, Price, Left string
	Numbered          bool
}

// stepView is a change, in words.
type stepView struct {
	Time, At string
	What     string
	Changes  []string
}

func newEventView(d eventDetail, zone *time.Location) *eventView {
	v := &eventView{Card: newCard(&d.listedEvent, "", zone), URL: d.URL, Complete: d.Complete}
	v.facts(&d)
	for _, z := range d.Zones {
		name := z.Name
		if name == "" {
			name = "Zone " + z.ID
		}
		v.Zones = append(v.Zones, zoneView{name, amount(z.Price, d.Currency), grouped(z.Capacity), z.Numbered})
	}
	for _, s := range slices.Backward(d.History) {
		v.History = append(v.History, newStepView(&s, &d))
	}
	v.Prices, v.Capacity = charts(&d)
	return v
}

func (v *eventView) facts(d *eventDetail) {
	add := func(name, text string) {
		if text != "" {
			v.Facts = append(v.Facts, fact{Name: name, Text: text})
		}
	}
	moment := func(name string, at *time.Time) {
		if at != nil {
			v.Facts = append(v.Facts, fact{name, at.Format(dayForm + ", " + clockForm), at.Format(time.RFC3339)})
		}
	}
	moment("Starts", d.StartsAt)
	moment("Ends", d.EndsAt)
	if d.StartsAt != nil {
		add("Time zone", zoneText(d.TimeZone, *d.StartsAt))
	}
	if d.StartsAtUTC != nil && d.EndsAtUTC != nil {
		add("In UTC", whenText(d.StartsAtUTC, d.EndsAtUTC))
	}
	moment("On sale from", d.SaleStartsAt)
	moment("On sale until", d.SaleEndsAt)
	add("Tickets left", grouped(d.Capacity))
	add("Venue", d.Venue)
	add("City", d.City)
	add("Category", d.Category)
	add("Organizer", d.Organizer)
	if d.SellMode != "online" {
		add("Sold", d.SellMode)
	}
	add("Provider", d.Provider)
	add("Numbers at the provider", d.BaseID+" / "+d.EventID)
	first, last := d.there(d.FirstSeen), d.there(d.LastSeen)
	moment("First seen", &first)
	moment("Last seen", &last)
	if d.Available {
		add("In the feed", "Yes")
	} else {
		add("In the feed", "No longer")
	}
	add("Changes", grouped(max(d.Revision-1, 0)))
}

// there is a time by the clocks where the event takes place, as they stand when it begins.
func (d *eventDetail) there(at time.Time) time.Time {
	if d.StartsAt == nil {
		return at
	}
	return at.In(d.StartsAt.Location())
}

var kinds = map[string]string{"added": "Put on sale", "updated": "Changed", "withdrawn": "Left the feed", "returned": "Back in the feed"}

// names of fields, for people.
var names = map[string]string{
	"title": "Title", "starts_at": "Start", "ends_at": "End", "time_zone": "Time zone", "min_price": "Lowest price", "max_price": "Highest price",
	"currency": "Currency", "capacity": "Tickets left", "sold_out": "Sold out", "url": "Link", "city": "City", "category": "Category", "organizer": "Organizer",
	"sell_mode": "Sold", "venue": "Venue", "image": "Picture", "sale_starts_at": "On sale from", "sale_ends_at": "On sale until", "zones": "Zones",
}

func newStepView(s *step, d *eventDetail) stepView {
	v := stepView{Time: s.At.Format(time.RFC3339), At: d.there(s.At).Format(dayForm + ", " + clockForm), What: s.Kind}
	if what, known := kinds[s.Kind]; known {
		v.What = what
	}
	for _, c := range s.Changes {
		if c.Field == "available" {
			continue // which is what happened
		}
		name := c.Field
		if known, ok := names[c.Field]; ok {
			name = known
		}
		if c.Field == "zones" {
			v.Changes = append(v.Changes, "Zones were rearranged")
			continue
		}
		v.Changes = append(v.Changes, fmt.Sprintf("%s: %s → %s", name, valueText(c.Field, c.From, d.Currency), valueText(c.Field, c.To, d.Currency)))
	}
	return v
}

// valueText is a value of a field, for people.
func valueText(field string, value any, currency string) string {
	switch value := value.(type) {
	case nil:
		return "none"
	case bool:
		if value {
			return "yes"
		}
		return "no"
	case json.Number:
		if strings.HasSuffix(field, "_price") {
			return amount(value, currency)
		}
		if n, err := value.Int64(); err == nil {
			return grouped(n)
		}
		return value.String()
	case string:
		if at, err := time.Parse(time.RFC3339, value); err == nil && strings.HasSuffix(field, "_at") {
			return at.Format(dayForm + ", " + clockForm)
		}
		return value
	}
	return fmt.Sprint(value)
}
