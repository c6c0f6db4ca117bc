package httpapi

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/marquee-events/marquee/core/catalogue"
	"github.com/marquee-events/marquee/core/event"
	"github.com/marquee-events/marquee/core/fault"
	"github.com/marquee-events/marquee/core/search"
)

const (
	defaultPageSize = 20
	maxPageSize     = 200
	maxPageNumber   = 1_000_000_000 // times the size, it fits every store
)

// listQuestion is what /events is asked.
type listQuestion struct {
	search.PageRequest
	given  parameters
	cursor string // empty for none
}

// readList reads the parameters of /events. Its errors are fault.Invalid and name the parameter.
func readList(p ListEventsParams, clock func() time.Time) (listQuestion, error) {
	var q listQuestion
	r := reading{given: make(parameters, 0, 4)}
	q.Criteria = catalogue.Criteria{
		Range:     r.bounds(p.StartsAt, p.EndsAt),
		Match:     catalogue.Match(r.oneOf("match", p.Match, string(catalogue.Within), string(catalogue.Overlaps))),
		Words:     r.words("q", p.Q),
		MinPrice:  r.price("min_price", p.MinPrice),
		MaxPrice:  r.price("max_price", p.MaxPrice),
		Currency:  r.currency("currency", p.Currency),
		Provider:  r.text("provider", p.Provider),
		Organizer: r.text("organizer", p.Organizer),
		Category:  r.text("category", p.Category),
		City:      r.text("city", p.City),
		OnSale:    r.flag("on_sale", p.OnSale),
		SoldOut:   r.flag("sold_out", p.SoldOut),
		Available: r.flag("available", p.Available),
	}
	q.Order = catalogue.Order{
		By:   catalogue.SortBy(r.oneOf("sortBy", p.SortBy, sorts...)),
		Desc: r.oneOf("sortDir", p.SortDir, "asc", "desc") == "desc",
	}
	q.Number = r.number("page", p.Page, 1, maxPageNumber, 1)
	q.Size = r.number("pageSize", p.PageSize, 1, maxPageSize, defaultPageSize)
	if r.err == nil {
		r.err = q.Criteria.Validate()
	}
	if r.err != nil {
		return q, r.err
	}
	if q.Criteria.OnSale != nil {
		q.Criteria.Now = clock().Truncate(time.Minute)
	}
	q.given = r.given
	err := q.readCursor(p)
	return q, err
}

// readCursor takes the place of the page from the cursor, if there is one.
func (q *listQuestion) readCursor(p ListEventsParams) error {
	switch {
	case p.Cursor == nil:
		return nil
	case p.Page != nil:
		return fault.InvalidField("page", "page %s does not go with a cursor, which has a page of its own; leave one of them out", quote(*p.Page))
	case *p.Cursor == "":
		return fault.InvalidField("cursor", "cursor is empty; leave it out, or take it from next in the Link header of a page")
	}
	at, err := decodeCursor(*p.Cursor, q.appendQuestion(nil))
	if err != nil {
		return err
	}
	q.cursor, q.Behind = *p.Cursor, &at.mark
	if q.Criteria.OnSale != nil {
		q.Criteria.Now = at.now
	}
	return nil
}

var sorts = func() (names []string) {
	for _, by := range catalogue.Sorts() {
		names = append(names, string(by))
	}
	return names
}()

// reading reads parameters, until the first that is wrong.
type reading struct {
	given parameters
	err   error
}

// value is what a parameter was given, if it was. It must not be empty: an empty filter that finds everything, or
// nothing, is not what was meant.
func (r *reading) value(name string, value *string, wanted string) (string, bool) {
	if value == nil || r.err != nil {
		return "", false
	}
	if *value == "" {
		r.err = fault.InvalidField(name, "%s is empty; leave it out, or give %s", name, wanted)
		return "", false
	}
	r.given = r.given.with(name, *value)
	return *value, true
}

func (r *reading) refuse(name, value, wanted string) {
	r.err = fault.InvalidField(name, "%s %s is not %s", name, quote(value), wanted)
}

func (r *reading) bounds(from, to string) event.TimeRange {
	for i, value := range [...]string{from, to} {
		if value == "" {
			r.err = missingBound(bounds[i])
			return event.TimeRange{}
		}
		r.given = r.given.with(bounds[i], value)
	}
	var within event.TimeRange
	within, r.err = timeRange(&from, &to)
	return within
}

// oneOf is the first of the values unless another is given.
func (r *reading) oneOf(name string, value *string, values ...string) string {
	if value == nil {
		return values[0]
	}
	last := len(values) - 1
	wanted := strings.Join(values[:last], ", ") + " or " + values[last]
	given, ok := r.value(name, value, wanted)
	if !ok {
		return values[0]
	}
	for _, v := range values {
		if given == v {
			return v
		}
	}
	r.refuse(name, given, wanted)
	return ""
}

func (r *reading) number(name string, value *string, least, most, unset int) int {
	if value == nil {
		return unset
	}
	if n, err := strconv.ParseUint(*value, 10, 31); err == nil && r.err == nil && int(n) >= least && int(n) <= most {
		r.given = r.given.with(name, *value)
		return int(n)
	}
	wanted := "a whole number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most)
	if given, ok := r.value(name, value, wanted); ok {
		r.refuse(name, given, wanted)
	}
	return unset
}

func (r *reading) flag(name string, value *string) *bool {
	const wanted = "true or false"
	given, ok := r.value(name, value, wanted)
	if !ok {
		return nil
	}
	if given != "true" && given != "false" {
		r.refuse(name, given, wanted)
	}
	return new(given == "true")
}

func (r *reading) price(name string, value *string) *event.Price {
	given, ok := r.value(name, value, "a price like 20 or 19.90")
	if !ok {
		return nil
	}
	price, err := event.ParsePrice(given)
	if err != nil {
		r.err = &fault.Error{Kind: fault.Invalid, Field: name, Message: name + " " + err.Error()}
	}
	return &price
}

func (r *reading) currency(name string, value *string) string {
	const wanted = "a currency of ISO 4217 like EUR"
	given, ok := r.value(name, value, wanted)
	if ok && (len(given) != 3 || strings.Trim(given, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		r.refuse(name, given, wanted)
	}
	return given
}

// storable tells what a store can be asked for: not every one knows NUL, or what is no UTF-8.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (r *reading) text(name string, value *string) string {
	const wanted = "text in UTF-8 without NUL"
	given, ok := r.value(name, value, wanted)
	if ok && !storable(given) {
		r.refuse(name, given, wanted)
	}
	return given
}

func (r *reading) words(name string, value *string) []string {
	given := r.text(name, value)
	words := catalogue.WordsOf(given)
	if r.err == nil && given != "" && len(words) == 0 {
		r.refuse(name, given, "a word of a title")
	}
	return words
}
